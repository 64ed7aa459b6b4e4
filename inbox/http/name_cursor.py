"""The opaque cursor of lists in the order of names: the last name, bound to its list.

Checked, not secret. Knows no list.
"""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar

from domain.errors import InvalidCursor
from inbox.conversations.present import Page
from inbox.http.cursor import fingerprint

R = TypeVar("R")

_FINGERPRINT_BYTES = 8


def name_after(cursor: str | None, listing: str, customer_id: int) -> str | None:
    """Return the name after which a page begins; None for the first page.

    Raises: InvalidCursor.
    """
    if cursor is None:
        return None
    belongs_to = fingerprint(listing, customer_id)
    try:
        packed = b64decode(cursor, altchars=b"-_", validate=True)
        name = packed[_FINGERPRINT_BYTES:].decode()
    except ValueError as error:
        raise InvalidCursor("cursor was not made by this API") from error
    if packed[:_FINGERPRINT_BYTES] != belongs_to or not name or "\0" in name:
        raise InvalidCursor("cursor was not made for this list")
    return name


def page_by_name(
    rows: Sequence[R], limit: int, name_of: Callable[[R], str], listing: str, customer_id: int
) -> Page:
    """Say where the next page begins, given a page's rows and the one too many."""
    if len(rows) <= limit:
        return Page(limit=limit, has_more=False, next_cursor=None)
    packed = fingerprint(listing, customer_id) + name_of(rows[limit - 1]).encode()
    return Page(limit=limit, has_more=True, next_cursor=urlsafe_b64encode(packed).decode())
