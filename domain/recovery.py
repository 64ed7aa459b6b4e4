"""What operators do again, give up or let through: which events, how fast, and why. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RecoveryKind = Literal["retry", "drop", "replay"]
JobKind = Literal["bulk", "retry", "drop", "replay"]

MOST_SELECTED = 1_000
MOST_COUNTED_EVENTS = 1_000_000
LONGEST_REASON = 500
EVENTS_PER_SECOND = 500
MOST_EVENTS_PER_SECOND = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSelection:
    """Which dead letters or events are meant: those named, or all that match. None matches all.

    `since` is inclusive and `until` is not: when a dead letter was given up, and when an event
    was received. `error_class` is for dead letters alone.
    """

    ids: tuple[str, ...] | None = None
    error_class: str | None = None
    provider: str | None = None
    channel_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many match; `is_capped` says that there may be more."""

    count: int
    is_capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Why an operator wants it, in their words, and how many events may be queued in a second."""

    reason: str | None = None
    events_per_second: int = EVENTS_PER_SECOND
