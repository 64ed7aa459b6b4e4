"""When a failed attempt is due again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.retry import LONGEST_WAIT, RetryPolicy, wait_before_next

POLICY = RetryPolicy(max_retries=5, backoff_base_ms=1_000)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)])
def test_waits_double_and_random_numbers_spread_them(attempt: int, seconds: int) -> None:
    assert wait_before_next(POLICY, attempt, 0.0) == timedelta(seconds=seconds / 2)
    assert wait_before_next(POLICY, attempt, 0.5) == timedelta(seconds=seconds * 0.75)


def test_after_the_last_retry_comes_none() -> None:
    assert wait_before_next(POLICY, 5, 0.0) is not None
    assert wait_before_next(POLICY, 6, 0.0) is None
    assert wait_before_next(RetryPolicy(max_retries=0, backoff_base_ms=1), 1, 0.0) is None


@given(
    attempt=st.integers(1, 10**9),
    base=st.integers(0, 10**9),
    random=st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_longer_than_an_hour(attempt: int, base: int, random: float) -> None:
    policy = RetryPolicy(max_retries=10**9, backoff_base_ms=base)
    wait = wait_before_next(policy, attempt, random)
    assert wait is not None
    assert timedelta(0) <= wait <= LONGEST_WAIT
