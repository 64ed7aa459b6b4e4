"""How often a key may ask."""

import pytest

from domain.errors import TooManyRequests
from inbox.http.rate_limits import RateLimits


def test_a_minute_is_used_up_and_begins_again() -> None:
    limits = RateLimits({"api": 2, "search": 1})
    assert limits.charge("key", "api", 0.0)["RateLimit-Remaining"] == "1"
    assert limits.charge("key", "api", 30.5) == {
        "RateLimit-Limit": "2",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "30",
    }
    with pytest.raises(TooManyRequests) as refused:
        limits.charge("key", "api", 59.9)
    assert refused.value.headers["Retry-After"] == "1"
    assert limits.charge("key", "api", 60.0)["RateLimit-Remaining"] == "1"


def test_keys_and_searches_are_counted_apart() -> None:
    limits = RateLimits({"api": 1, "search": 1})
    answers = [
        limits.charge("key", "api", 0.0),
        limits.charge("key", "search", 0.0),
        limits.charge("other", "api", 0.0),
    ]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["0", "0", "0"]


def test_no_limit_says_nothing() -> None:
    limits = RateLimits({"api": 0, "search": 0})
    assert [limits.charge("key", "api", 0.0) for _ in range(3)] == [{}, {}, {}]
