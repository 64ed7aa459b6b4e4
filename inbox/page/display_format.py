"""How times, people and sizes are written for a reader. Pure; the zone and the hour are given."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
from zoneinfo import ZoneInfo

from inbox.http.times import present_time

_HUES = 8
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Clock:
    """The reader's hour and zone."""

    now: datetime
    zone: tzinfo

    def moment(self, at: datetime) -> "Moment":
        return Moment(at, self)

    def today(self) -> datetime:
        return self.now.astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Moment:
    """One time in all the ways in which the page writes it."""

    at: datetime
    clock_of: Clock

    @property
    def iso(self) -> str:
        return self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"

    @property
    def sort(self) -> str:
        """Write it so that texts sort as the times do."""
        return present_time(self.at)

    @property
    def exact(self) -> str:
        local = self._local
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S %Z}"

    @property
    def clock(self) -> str:
        return f"{self._local:%H:%M}"

    @property
    def date(self) -> str:
        return f"{self._local:%Y-%m-%d}"

    @property
    def day(self) -> str:
        days = (self.clock_of.today().date() - self._local.date()).days
        if days == 0:
            return "Today"
        if days == 1:
            return "Yesterday"
        if days == -1:
            return "Tomorrow"
        local = self._local
        year = "" if local.year == self.clock_of.today().year else f" {local.year}"
        return f"{local:%A} {local.day} {local:%B}{year}"

    @property
    def clock_day(self) -> str:
        """Day and hour in short, such as `tomorrow 09:00` or `Mon 2 Nov, 09:00`."""
        local = self._local
        days = (local.date() - self.clock_of.today().date()).days
        if days == 0:
            return self.clock
        if days == 1:
            return f"tomorrow {self.clock}"
        return f"{local:%a} {local.day} {local:%b}, {self.clock}"

    @property
    def short(self) -> str:
        """How long ago, in the fewest letters: now, 5m, 3h, Tue, 2 Nov, 2 Nov 2023."""
        seconds = (self.clock_of.now - self.at).total_seconds()
        if seconds < _MINUTE:
            return "now"
        if seconds < _HOUR:
            return f"{int(seconds // _MINUTE)}m"
        if seconds < _DAY:
            return f"{int(seconds // _HOUR)}h"
        local = self._local
        if seconds < 6 * _DAY:
            return f"{local:%a}"
        year = "" if local.year == self.clock_of.today().year else f" {local.year}"
        return f"{local.day} {local:%b}{year}"

    @property
    def span(self) -> str:
        """How long since then: 12 min, 3 h, 2 d."""
        seconds = max(_MINUTE, (self.clock_of.now - self.at).total_seconds())
        if seconds < _HOUR:
            return f"{int(seconds // _MINUTE)} min"
        if seconds < 2 * _DAY:
            return f"{int(seconds // _HOUR)} h"
        return f"{int(seconds // _DAY)} d"

    @property
    def _local(self) -> datetime:
        return self.at.astimezone(self.clock_of.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What stands for a person where there is no picture."""

    initials: str
    hue: int
    id: str | None = None
    name: str = ""

    @property
    def short_name(self) -> str:
        return self.name.split()[0] if self.name.split() else self.name


def face(name: str, id: str | None = None, *, salt: str = "") -> Face:
    """Draw a face of a name or an address; one `salt` always has one colour."""
    digest = blake2b((salt or name).encode("utf-8", "replace"), digest_size=2).digest()
    return Face(initials=initials(name), hue=int.from_bytes(digest) % _HUES, id=id, name=name)


def initials(name: str) -> str:
    """Take two letters of a name; of a phone number, its last two digits."""
    words = [word for word in name.split() if any(char.isalnum() for char in word)]
    if not words:
        return "?"
    if name.startswith("+") and name[1:].isdigit():
        return name[-2:]
    letters = [next(char for char in word if char.isalnum()) for word in words]
    if len(letters) == 1:
        return letters[0].upper()
    return (letters[0] + letters[-1]).upper()


def zone_of(name: str | None) -> tzinfo:
    """Find the zone that a browser named; UTC where it named none that exists."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, LookupError):
        return UTC


def file_size(size_bytes: int | None) -> str:
    if size_bytes is None:
        return ""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.0f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"
