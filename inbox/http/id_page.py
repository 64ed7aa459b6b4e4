"""Pages of lists that are walked by id: ids sort by the time at which they were made.

Knows no list.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from inbox.conversations.present import Page
from inbox.http.cursor import decode_cursor, encode_cursor
from store.position import Position

R = TypeVar("R")


def id_after(cursor: str | None, belongs_to: bytes) -> str | None:
    """Return the id after which a page begins; None for the first page.

    Raises: InvalidCursor.
    """
    return decode_cursor(cursor, belongs_to).id if cursor is not None else None


def page_by_id(
    rows: Sequence[R], limit: int, place_of: Callable[[R], Position], belongs_to: bytes
) -> Page:
    """Say where the next page begins, given a page's rows and the one too many."""
    has_more = len(rows) > limit
    cursor = encode_cursor(place_of(rows[limit - 1]), belongs_to) if has_more else None
    return Page(limit=limit, has_more=has_more, next_cursor=cursor)
