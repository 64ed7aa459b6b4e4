"""A customer's business calendar: a time zone, opening hours of each weekday, and holidays. Pure.

Which zones there are is the database's to say. Hours are minutes of a day by the zone's clocks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, get_args

from domain.errors import ValidationFailed, invalid_field
from domain.text import clean_text, is_one_line

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

LONGEST_NAME = 100
MOST_SPANS = 70
MOST_HOLIDAYS = 1000
_MOST_OF_A_DAY = 10
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_NO_ZONES = ("posix/", "right/", "localtime", "posixrules", "Factory")


@dataclass(frozen=True, slots=True, order=True)
class OpeningHours:
    """From when to when somebody is at work on a weekday: 1 is Monday; minutes of the day."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A day on which nobody is at work; the name may be empty."""

    day: date
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a customer is at work. Without hours, business time is clock time."""

    time_zone: str
    hours: Sequence[OpeningHours] = ()
    holidays: Sequence[Holiday] = ()


NO_CALENDAR = Calendar(time_zone="UTC")


def checked_calendar(wanted: Calendar) -> Calendar:
    """Put a calendar into order.

    Raises: ValidationFailed.
    """
    if not _ZONE.fullmatch(wanted.time_zone) or wanted.time_zone.startswith(_NO_ZONES):
        raise no_such_zone()
    return Calendar(
        time_zone=wanted.time_zone,
        hours=_checked_hours(wanted.hours),
        holidays=_checked_holidays(wanted.holidays),
    )


def no_such_zone() -> ValidationFailed:
    """Refuse a time zone that nobody knows."""
    return invalid_field(
        "time_zone", "not_a_time_zone", "the IANA name of a time zone, as Europe/Berlin"
    )


def read_minute(text: str) -> int | None:
    """Read `HH:MM` as a minute of the day, 24:00 being the last; None where it is none."""
    if not _TIME.fullmatch(text):
        return None
    return int(text[:2]) * 60 + int(text[3:])


def write_minute(minute: int) -> str:
    """Write a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _checked_hours(hours: Sequence[OpeningHours]) -> list[OpeningHours]:
    if len(hours) > MOST_SPANS:
        raise invalid_field("hours", "too_many", f"at most {MOST_SPANS}")
    in_order = sorted(hours)
    for each in in_order:
        if each.opens >= each.closes:
            raise invalid_field("hours", "not_in_order", "from a time to a later one of that day")
    for before, after in pairwise(in_order):
        if before.weekday == after.weekday and after.opens < before.closes:
            raise invalid_field("hours", "overlapping", "without two that overlap on a weekday")
    return in_order


def _checked_holidays(holidays: Sequence[Holiday]) -> list[Holiday]:
    if len(holidays) > MOST_HOLIDAYS:
        raise invalid_field("holidays", "too_many", f"at most {MOST_HOLIDAYS}")
    if len({each.day for each in holidays}) < len(holidays):
        raise invalid_field("holidays", "repeated", "without a day that is there twice")
    cleaned = [Holiday(each.day, clean_text(each.name).strip()) for each in holidays]
    if any(each.name and not is_one_line(each.name, LONGEST_NAME) for each in cleaned):
        raise invalid_field(
            "holidays", "invalid", f"with names of one line, up to {LONGEST_NAME} characters"
        )
    return sorted(cleaned)
