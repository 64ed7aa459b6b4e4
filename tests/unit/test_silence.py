"""When a channel is too quiet."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.silence import judge_silence

_NOW = datetime(2024, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("silent_minutes", "events_in_week", "silence_minutes", "is_alarm"),
    [
        (61, 10_000, None, True),  # a busy channel: never sooner than after an hour
        (59, 10_000, None, False),
        (12 * 60 + 1, 168, None, True),  # one an hour: twelve times that
        (12 * 60 - 1, 168, None, False),
        (100_000, 19, None, False),  # too little to say what is usual
        (31, 0, 30, True),  # its own setting counts alone
        (29, 10_000, 30, False),
        (61, 10_000, 90, False),
    ],
)
def test_silence_is_judged(
    silent_minutes: int, events_in_week: int, silence_minutes: int | None, is_alarm: bool
) -> None:
    silence = judge_silence(
        now=_NOW,
        last_event_at=_NOW - timedelta(minutes=silent_minutes),
        events_in_week=events_in_week,
        silence_minutes=silence_minutes,
    )
    assert silence.is_alarm == is_alarm


def test_a_channel_that_was_never_heard_of_is_no_alarm() -> None:
    silence = judge_silence(now=_NOW, last_event_at=None, events_in_week=0, silence_minutes=30)
    assert silence.silent_for is None
    assert not silence.is_alarm
