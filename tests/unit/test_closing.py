"""A closed conversation continues or is followed by another, as its channel decides."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.closing import CONTINUE, ClosedPolicy

_CLOSED = datetime(2024, 11, 1, 12, 0, tzinfo=UTC)
_LAST = _CLOSED - timedelta(hours=1)
_MOMENT = timedelta(microseconds=1)
_AFTER_CLOSE = ClosedPolicy(rule="new_after_close")
_AFTER_A_DAY = ClosedPolicy(rule="new_after_idle", idle_hours=24)


@pytest.mark.parametrize(
    ("policy", "sent_at", "begins"),
    [
        (CONTINUE, _CLOSED + timedelta(days=999), False),
        (_AFTER_CLOSE, _CLOSED - _MOMENT, False),
        (_AFTER_CLOSE, _CLOSED, False),
        (_AFTER_CLOSE, _CLOSED + _MOMENT, True),
        (_AFTER_A_DAY, _LAST + timedelta(hours=24) - _MOMENT, False),
        (_AFTER_A_DAY, _LAST + timedelta(hours=24), True),
    ],
)
def test_a_closed_conversation(policy: ClosedPolicy, sent_at: datetime, begins: bool) -> None:
    assert policy.begins_anew(sent_at, sent_at, _CLOSED, _LAST) is begins


@pytest.mark.parametrize("policy", [CONTINUE, _AFTER_CLOSE, _AFTER_A_DAY])
def test_an_open_conversation_continues(policy: ClosedPolicy) -> None:
    late = _CLOSED + timedelta(days=999)
    assert not policy.begins_anew(late, late, None, _LAST)
    assert policy.always_continues is (policy == CONTINUE)


def test_idle_is_counted_by_our_clock() -> None:
    slow_clock = _CLOSED + _MOMENT
    assert _AFTER_A_DAY.begins_anew(slow_clock, _LAST + timedelta(hours=24), _CLOSED, _LAST)
    assert not _AFTER_A_DAY.begins_anew(slow_clock, _CLOSED + _MOMENT, _CLOSED, _LAST)
