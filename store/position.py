"""A place in a list ordered by time, then id: where a page begins and ends. Knows no list."""

from dataclasses import dataclass
from datetime import UTC, datetime

FIRST_ID = "00000000-0000-0000-0000-000000000000"
FIRST_TIME = datetime.min.replace(tzinfo=UTC)
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_LAST_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list: rows are ordered by time, then id."""

    at: datetime
    id: str


START = Position(FIRST_TIME, FIRST_ID)
END = Position(_LAST_TIME, _LAST_ID)
