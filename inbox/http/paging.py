"""Pages of lists: the query that every list takes, where a page begins, and its envelope.

Knows no list.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from inbox.http.call import Answer, Call, NoBody
from inbox.http.cursor import IdPlace, NamePlace, Place, decode_cursor, encode_cursor, fingerprint
from inbox.http.query import Query
from inbox.http.values import Reads, number_up_to

ROWS_PER_PAGE = 50  # of the API unless a request names its limit, and of the pages
MOST_ROWS = 200

T = TypeVar("T")
R = TypeVar("R")
P = TypeVar("P", bound=Place)

ListOrder = Literal["newest", "oldest"]
Limit = Annotated[int, Meta(ge=1, le=MOST_ROWS), Reads(number_up_to(MOST_ROWS))]


class ListQuery(Query, frozen=True, kw_only=True):
    limit: Limit = ROWS_PER_PAGE
    cursor: str | None = None

    def filters(self) -> Query:
        """Return what a cursor belongs to: everything but the place and the length of a page."""
        return msgspec.structs.replace(self, limit=ROWS_PER_PAGE, cursor=None)


class OrderedQuery(ListQuery, frozen=True, kw_only=True):
    order: ListOrder = "newest"


L = TypeVar("L", bound=ListQuery)


class Page(msgspec.Struct, frozen=True):
    limit: int
    has_more: bool
    next_cursor: str | None
    partial: bool | msgspec.UnsetType = msgspec.UNSET


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """The envelope of every list."""

    items: list[T]
    page: Page


def place_after(call: Call[L, NoBody], kind: type[P]) -> P | None:
    """Return the place after which a page begins; None for the first page.

    Raises: InvalidCursor.
    """
    cursor = call.query.cursor
    return None if cursor is None else decode_cursor(cursor, kind, _belongs_to(call))


def id_after(call: Call[L, NoBody]) -> str | None:
    """Return the id after which a page begins; None for the first page.

    Raises: InvalidCursor.
    """
    place = place_after(call, IdPlace)
    return place.id if place else None


def name_after(call: Call[L, NoBody]) -> str | None:
    """Return the name after which a page begins; None for the first page.

    Raises: InvalidCursor.
    """
    place = place_after(call, NamePlace)
    return place.name if place else None


def answer_rows(
    call: Call[L, NoBody],
    rows: Sequence[R],
    show: Callable[[R], T],
    place_of: Callable[[R], Place],
) -> Answer:
    """Answer with a page, given its rows and the one too many."""
    kept, following = cut(rows, call.query.limit, place_of)
    return answer_items(call, [show(row) for row in kept], following)


def cut(rows: Sequence[R], limit: int, place_of: Callable[[R], P]) -> tuple[Sequence[R], P | None]:
    """Take the one too many off a page's rows, and say where the next page begins."""
    kept = rows[:limit]
    return kept, place_of(kept[-1]) if len(rows) > limit else None


def answer_items(
    call: Call[L, NoBody],
    items: list[T],
    following: Place | None,
    *,
    partial: bool | msgspec.UnsetType = msgspec.UNSET,
) -> Answer:
    """Answer with a page; `following` is where the next one begins, None on the last."""
    cursor = encode_cursor(following, _belongs_to(call)) if following else None
    page = Page(call.query.limit, cursor is not None, cursor, partial)
    return Answer(value=Listing[T](items, page), headers=_next_link(call, cursor))


def _belongs_to(call: Call[L, NoBody]) -> bytes:
    """Hash the list, the customer and every filter."""
    path = call.request.url.path.lower()
    return fingerprint(path, call.key.customer_id, call.query.filters())


def _next_link(call: Call[L, NoBody], cursor: str | None) -> dict[str, str]:
    """Make the header that leads to the next page; there is none on the last one."""
    if cursor is None:
        return {}
    pairs = [pair for pair in call.request.query_params.multi_items() if pair[0] != "cursor"]
    query = urlencode([*pairs, ("cursor", cursor)])
    return {"Link": f'<{call.request.url.path}?{query}>; rel="next"'}
