"""A business calendar as people write it: `monday-friday 09:00-12:30, 13:30-17:00`. Pure.

Of the command line and of the page's form alike; a line that cannot be read is named by its number.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from domain.calendar import (
    WEEKDAYS,
    Holiday,
    OpeningHours,
    read_minute,
    write_minute,
)
from domain.errors import invalid_field

_FEWEST_LETTERS = 3


def read_hours(lines: Iterable[str]) -> list[OpeningHours]:
    """Read opening hours, one line for a weekday or for some that follow each other.

    Raises: ValidationFailed.
    """
    return [hours for number, line in _numbered(lines) for hours in _hours_of(number, line)]


def read_holidays(lines: Iterable[str]) -> list[Holiday]:
    """Read holidays, one a line: the day, and what it is called, if anything.

    Raises: ValidationFailed.
    """
    return [_holiday_of(number, line) for number, line in _numbered(lines)]


def write_hours(hours: Sequence[OpeningHours]) -> list[str]:
    """Write opening hours, with weekdays that follow each other and are alike in one line."""
    spans = [
        ", ".join(
            f"{write_minute(each.opens)}-{write_minute(each.closes)}"
            for each in hours
            if each.weekday == weekday
        )
        for weekday in range(1, 8)
    ]
    lines: list[str] = []
    first = 0
    for last in range(7):
        if last < 6 and spans[last + 1] == spans[first]:
            continue
        if spans[first]:
            days = WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}-{WEEKDAYS[last]}"
            lines.append(f"{days} {spans[first]}")
        first = last + 1
    return lines


def write_holidays(holidays: Sequence[Holiday]) -> list[str]:
    """Write holidays, one a line."""
    return [f"{each.day.isoformat()} {each.name}".strip() for each in holidays]


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((number, line.strip()) for number, line in enumerate(lines, 1) if line.strip())


def _hours_of(number: int, line: str) -> list[OpeningHours]:
    days, _, written = line.partition(" ")
    weekdays = _weekdays_of(days.lower())
    spans = [_span_of(span) for span in written.split(",")]
    if not weekdays or None in spans:
        raise invalid_field(
            "hours", "invalid", f"as `monday-friday 09:00-12:30, 13:30-17:00`: see line {number}"
        )
    return [OpeningHours(weekday, *span) for weekday in weekdays for span in spans if span]


def _weekdays_of(written: str) -> Sequence[int]:
    first, dash, last = written.partition("-")
    begin, end = _weekday_of(first), _weekday_of(last if dash else first)
    return () if begin is None or end is None else range(begin, end + 1)


def _span_of(written: str) -> tuple[int, int] | None:
    opens, _, closes = written.partition("-")
    minutes = read_minute(opens.strip()), read_minute(closes.strip())
    return (minutes[0], minutes[1]) if minutes[0] is not None and minutes[1] is not None else None


def _weekday_of(written: str) -> int | None:
    for number, weekday in enumerate(WEEKDAYS, 1):
        if len(written) >= _FEWEST_LETTERS and weekday.startswith(written):
            return number
    return None


def _holiday_of(number: int, line: str) -> Holiday:
    day, _, name = line.partition(" ")
    try:
        return Holiday(date.fromisoformat(day), name.strip())
    except ValueError:
        raise invalid_field(
            "holidays", "invalid", f"as `2026-12-25 Christmas Day`: see line {number}"
        ) from None
