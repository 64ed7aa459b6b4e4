"""When the silence of a channel is an alarm. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WEEK = timedelta(days=7)
FEWEST_EVENTS = 20
GAPS = 12
SHORTEST_ALARM = timedelta(minutes=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How long a channel has been silent, against what is usual there.

    `usual_gap` is None where too little was heard to say; without `alarm_after` there is no alarm.
    """

    silent_for: timedelta | None
    usual_gap: timedelta | None
    alarm_after: timedelta | None

    @property
    def is_alarm(self) -> bool:
        if self.silent_for is None or self.alarm_after is None:
            return False
        return self.silent_for > self.alarm_after


def judge_silence(
    *,
    now: datetime,
    last_event_at: datetime | None,
    events_in_week: int,
    silence_minutes: int | None,
) -> Silence:
    """Judge a channel by its own setting, or by twelve times its usual gap, at least an hour.

    A channel that was never heard of is being set up: no alarm.
    """
    usual_gap = WEEK / events_in_week if events_in_week >= FEWEST_EVENTS else None
    alarm_after = max(SHORTEST_ALARM, GAPS * usual_gap) if usual_gap else None
    if silence_minutes is not None:
        alarm_after = timedelta(minutes=silence_minutes)
    silent_for = max(now - last_event_at, timedelta()) if last_event_at else None
    return Silence(silent_for=silent_for, usual_gap=usual_gap, alarm_after=alarm_after)
