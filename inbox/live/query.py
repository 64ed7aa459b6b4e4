"""Reads the queries of the change list and of the stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from inbox.http.parameters import Parameters, number_up_to, some_of
from inbox.live.cursor import read_cursor
from inbox.live.event import CHANGE_TYPES
from store.changes import BEGINNING, ChangeCursor

DEFAULT_LIMIT = 100
MOST_CHANGES = 500
_NOW = "now"
_TYPES = {name: name for name in sorted(CHANGE_TYPES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesQuery:
    """`after` is None for `now`; without `types` all are wanted."""

    after: ChangeCursor | None
    limit: int
    types: frozenset[str]


def parse_changes_query(pairs: Sequence[tuple[str, str]]) -> ChangesQuery:
    """Read the query of the change list.

    Raises: UnknownParameter, ValidationFailed, InvalidCursor.
    """
    given = Parameters(pairs, "after", "limit", "types")
    types = frozenset(given.read("types", some_of(_TYPES), ()))
    limit = given.read("limit", number_up_to(MOST_CHANGES), DEFAULT_LIMIT)
    after = given.read("after", str, None)
    given.finish()
    place = None if after == _NOW else BEGINNING if after is None else read_cursor(after)
    return ChangesQuery(after=place, limit=limit, types=types)


def parse_stream_query(pairs: Sequence[tuple[str, str]]) -> ChangeCursor | None:
    """Read where a stream begins; None for now.

    Raises: UnknownParameter, ValidationFailed, InvalidCursor.
    """
    given = Parameters(pairs, "after")
    after = given.read("after", str, None)
    given.finish()
    return None if after in (None, _NOW) else read_cursor(after)
