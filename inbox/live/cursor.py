"""The text of a change cursor, the same in `/api/changes` and as the id of a streamed event.

It names a place in the outbox and no customer: whoever forges one only moves about in what the key
may see anyway.
"""

from contextlib import suppress
from typing import Annotated

from msgspec import Meta

from domain.errors import InvalidCursor
from inbox.http.cursor import Place, decode_cursor, encode_cursor
from store.changes import ChangeCursor

_Counter = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class _ChangePlace(Place, frozen=True):
    xid: _Counter
    seq: _Counter


class _LaterPlace(Place, frozen=True):
    """After the outbox came to another server; cursors of before have no epoch."""

    xid: _Counter
    seq: _Counter
    epoch: _Counter


def write_cursor(cursor: ChangeCursor) -> str:
    """Write a place as text for the client to hand back."""
    if cursor.epoch:
        return encode_cursor(_LaterPlace(*cursor))
    return encode_cursor(_ChangePlace(cursor.xid, cursor.seq))


def read_cursor(text: str) -> ChangeCursor:
    """Read a place back.

    Raises: InvalidCursor.
    """
    with suppress(InvalidCursor):
        later = decode_cursor(text, _LaterPlace)
        return ChangeCursor(later.xid, later.seq, later.epoch)
    place = decode_cursor(text, _ChangePlace)
    return ChangeCursor(place.xid, place.seq)
