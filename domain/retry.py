"""When a failed attempt is due again: a pure function of the attempt and a random number."""

from dataclasses import dataclass
from datetime import timedelta

LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`max_retries` counts attempts after the first; `backoff_base_ms` is the first wait."""

    max_retries: int
    backoff_base_ms: int


def wait_before_next(policy: RetryPolicy, attempt: int, random: float) -> timedelta | None:
    """Return how long attempt `attempt` (from 1) waits before the next, or None to give up.

    `random` in [0, 1) spreads the wait over the upper half of its range, so that events that failed
    together do not return together.
    """
    if attempt > policy.max_retries:
        return None
    milliseconds = policy.backoff_base_ms * 2.0 ** min(attempt - 1, 32)
    longest = min(milliseconds, LONGEST_WAIT.total_seconds() * 1000)
    return timedelta(milliseconds=longest * (0.5 + random / 2))
