"""What a provider's error codes mean, in words for agents, and which of them pass.

Knows no provider: each brings its own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.outbound import Failed, Retry, not_accepted, retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorWords:
    """`reasons` by code, `http_STATUS` where an answer has none; others are named by `provider`.

    `opt_outs` are those by which a text is refused, since its recipient has opted out.
    """

    provider: str
    reasons: Mapping[str, str]
    passing: frozenset[str] = frozenset()
    opt_outs: frozenset[str] = frozenset()

    def explain(self, code: str | None) -> str:
        """Say what a code means where the provider's pages do, and name it where they do not."""
        unknown = f"{self.provider} did not deliver it (error {code or 'not given'})"
        return self.reasons.get(code or "", unknown)

    def refused(self, status: int, headers: Mapping[str, str], code: str | None) -> Retry | Failed:
        """Read an answer that is no success."""
        if code in self.passing:
            return Retry(
                after_seconds=retry_after(headers), code=code or "", detail=self.explain(code)
            )
        if code in self.opt_outs:
            return self.failed(code)
        return not_accepted(status, headers, code, self.explain(code or f"http_{status}"))

    def failed(self, code: str | None) -> Failed:
        """Say that a provider took a message and gave it up at once."""
        is_opt_out = code in self.opt_outs
        return Failed(code=code or "failed", reason=self.explain(code), is_opt_out=is_opt_out)
