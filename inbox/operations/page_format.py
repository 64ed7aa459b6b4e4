"""How ages, amounts, times and states are written for an operator. Pure."""

from dataclasses import dataclass
from datetime import datetime

from inbox.page.display_format import Clock, Moment

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_THIN = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Instant:
    """One time as operators read it: to the second, or as how long ago."""

    at: datetime
    clock: Clock

    @property
    def iso(self) -> str:
        return Moment(self.at, self.clock).iso

    @property
    def exact(self) -> str:
        return Moment(self.at, self.clock).exact

    @property
    def stamp(self) -> str:
        """Write it so that rows can be compared: 09:14:03, or 21 Nov, 09:14:03."""
        local = self.at.astimezone(self.clock.zone)
        today = self.clock.today()
        if local.date() == today.date():
            return f"{local:%H:%M:%S}"
        if local.year == today.year:
            return f"{local.day} {local:%b}, {local:%H:%M:%S}"
        return f"{local:%Y-%m-%d %H:%M}"

    @property
    def ago(self) -> str:
        """Say how long ago it was, or in how long it is due."""
        seconds = (self.clock.now - self.at).total_seconds()
        return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"


def instant(at: datetime, clock: Clock) -> Instant:
    return Instant(at, clock)


def instant_or_none(at: datetime | None, clock: Clock) -> Instant | None:
    return Instant(at, clock) if at else None


def span(seconds: float) -> str:
    """Write a length of time in its one or two largest parts: 0 s, 12 s, 3 min, 2 h 5 min, 4 d."""
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        minutes = whole % _HOUR // _MINUTE
        return f"{whole // _HOUR} h" + (f" {minutes} min" if minutes and whole < 10 * _HOUR else "")
    return f"{whole // _DAY} d"


def number(count: float) -> str:
    """Write a whole number in groups of three."""
    return f"{int(count):,}".replace(",", _THIN)


def counted(count: int, one: str, many: str = "") -> str:
    """Write a number with its noun: 1 event, 2 events."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def rate(per_second: float) -> str:
    """Write a rate with as many places as it deserves."""
    if per_second >= 100:
        return number(round(per_second))
    return f"{per_second:.1f}" if per_second else "0"


def milliseconds(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def plain_word(word: str) -> str:
    """Write a stable word as people read it: dead_letter becomes Dead letter."""
    text = word.replace("_", " ").replace(".", ": ")
    return text[:1].upper() + text[1:]


def short_id(id_text: str) -> str:
    """Shorten an id to what tells it from its neighbours: its last twelve digits."""
    return f"…{id_text[-12:]}"
