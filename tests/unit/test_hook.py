"""Where hooks may lead, and how long they are tried."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.hook import EVENT_OF_CHANGE, TRIED_FOR, may_be_posted_to, wait_after_failure

_NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://crm.example.com/inlet?key=1", True),
        ("https://crm.example.com:443/", True),
        ("http://crm.internal:8080/", True),
        ("https://crm.internal:8080/", True),
        ("http://crm.internal/", False),
        ("http://crm.example.com/", False),
        ("https://crm.example.com:444/", False),
        ("https://crm.example.com:x/", False),
        ("https://ann@crm.example.com/", False),
        ("https://crm.example.com/#a", False),
        ("https://crm.example.com/\n", False),
        ("https://crm.example.com/ä", False),
        ("file:///etc/passwd", False),
        ("https://" + "a" * 2_000, False),
        ("", False),
    ],
)
def test_it_is_posted_by_https_or_where_an_operator_says(url: str, is_allowed: bool) -> None:
    assert may_be_posted_to(url, {"crm.internal:8080"}) is is_allowed


def test_attempts_are_close_at_first_and_end_after_three_days() -> None:
    now, attempt = _NOW, 0
    waits: list[float] = []
    while (wait := wait_after_failure(attempt + 1, _NOW, now, 0.5)) is not None:
        waits.append(wait.total_seconds())
        attempt, now = attempt + 1, now + wait
    assert waits[:3] == [3.75, 7.5, 15.0]
    assert max(waits) <= 3600
    assert timedelta(0) <= TRIED_FOR - (now - _NOW) <= timedelta(hours=1)
    assert 72 < len(waits) < 120


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(0, 2.5, 5), (30, 30, 33), (86_400, 3_600, 3_960)]
)
def test_it_waits_as_long_as_it_is_asked_to_and_no_longer_than_an_hour_or_so(
    asked: int, least: float, most: float
) -> None:
    waits = [
        wait_after_failure(1, _NOW, _NOW, random, timedelta(seconds=asked))
        for random in (0.0, 0.999)
    ]
    assert all(wait and least <= wait.total_seconds() <= most for wait in waits)
    late = _NOW + TRIED_FOR - timedelta(seconds=20)
    is_over = wait_after_failure(1, _NOW, late, 0.0, timedelta(seconds=asked)) is None
    assert is_over is (asked > 20)


def test_an_event_has_the_name_of_its_change() -> None:
    assert EVENT_OF_CHANGE["message.received"] == "message.received.v1"
    assert "conversation.read" not in EVENT_OF_CHANGE
