"""A place in a list ordered by time, then id: where a page begins and ends. Knows no list."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

FIRST_ID = "00000000-0000-0000-0000-000000000000"
FIRST_TIME = datetime.min.replace(tzinfo=UTC)
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_LAST_TIME = datetime.max.replace(tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list: rows are ordered by time, then id."""

    at: datetime
    id: str


START = Position(FIRST_TIME, FIRST_ID)
END = Position(_LAST_TIME, LAST_ID)


def first_id_at(moment: datetime) -> str:
    """Return the smallest UUIDv7 of a moment, so that a range of times is a range of ids."""
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    return str(UUID(int=min(max(milliseconds, 0), (1 << 48) - 1) << 80))
