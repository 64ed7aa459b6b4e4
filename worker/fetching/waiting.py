"""How long a fetch that failed waits: its deadline ends the attempts, not their number. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain.fetching_provider import NotFetched
from domain.retry import LONGEST_WAIT, wait_before_next
from worker.fetching.config import FetcherConfig

_TIME_TO_FETCH = timedelta(seconds=30)


def wait_before_end(
    config: FetcherConfig, attempt: int, failed: NotFetched, ends_at: datetime
) -> float | None:
    """Say how long to wait; None where it ends before. The last attempt is just before the end."""
    policy = replace(config.retry, max_retries=attempt)
    wait = wait_before_next(policy, attempt, config.random())
    if failed.after_seconds is not None:
        wait = timedelta(seconds=failed.after_seconds)
    last_try = ends_at - config.clock() - _TIME_TO_FETCH
    if last_try <= timedelta(0):
        return None
    return min(wait or LONGEST_WAIT, LONGEST_WAIT, last_try).total_seconds()
