"""A delivery: one webhook HTTP request, byte for byte. Knows no web framework and no provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One webhook request as received.

    `url` is the public URL, query included, as the provider was told it: several providers sign
    it, and behind a proxy it cannot be guessed from the request. Header names are lower-case.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a provider counts as success, word for word."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a delivery is authentic; `reason` is a stable word for logs, metrics and people."""

    is_authentic: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCheck:
    """How a verdict came about, for the eyes of operators alone: `base` holds what was sent.

    `is_match` says that a received signature is an expected one, whatever its age. `base` is what
    was signed, as text; `expected` has one signature for each secret and way of spelling the URL.
    """

    verdict: Verdict
    is_match: bool
    base: str
    expected: tuple[str, ...]
    received: tuple[str, ...]


AUTHENTIC = Verdict(is_authentic=True, reason="verified")
