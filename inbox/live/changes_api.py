"""`GET /api/changes`: everything that happened to a customer, in order and without gaps."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.routing import BaseRoute

from domain.errors import CursorTooOld
from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.values import Reads, number_up_to
from inbox.live.cursor import read_cursor, write_cursor
from inbox.live.event import ChangeItem, ChangeType, present_change
from store.changes import BEGINNING, ChangeCursor, changes_of_customer, cursor_of_now
from store.database import Connection

# With `types` a page is filtered here, and so must not read without end for what is rare.
_MOST_READ = 2_000
_MOST_CHANGES = 500


class ChangesQuery(Query, frozen=True, kw_only=True):
    """`after` is a cursor or `now`; without `types` all are wanted."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST_CHANGES), Reads(number_up_to(_MOST_CHANGES))] = 100
    types: tuple[ChangeType, ...] = ()


class ChangesPage(msgspec.Struct, frozen=True):
    """`next_cursor` is always there: whoever has read all asks again with it."""

    limit: int
    has_more: bool
    next_cursor: str


class ChangeListing(msgspec.Struct, frozen=True):
    items: list[ChangeItem]
    page: ChangesPage


def changes_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the change list."""
    listing = Endpoint(
        "list_changes",
        "conversations:read",
        _list_changes,
        query=ChangesQuery,
        response=ChangeListing,
    )
    return [resource(shared, "/changes", {"GET": listing})]


async def _list_changes(conn: Connection, call: QueryCall[ChangesQuery]) -> Answer:
    query = call.query
    if query.after == "now":
        return _answer([], query, await cursor_of_now(conn), has_more=False)
    after = BEGINNING if query.after is None else read_cursor(query.after)
    read = _MOST_READ if query.types else query.limit
    found = await changes_of_customer(conn, call.key.customer_id, after, read)
    if found.misses(after):
        raise CursorTooOld("load what you follow anew, then begin with after=now")
    wanted = [row for row in found.rows if not query.types or row.type in query.types]
    items = [present_change(row) for row in wanted[: query.limit]]
    if len(wanted) > query.limit:
        return _answer(items, query, wanted[query.limit - 1].cursor, has_more=True)
    return _answer(items, query, found.read_to, has_more=found.has_more)


def _answer(
    items: list[ChangeItem], query: ChangesQuery, to: ChangeCursor, *, has_more: bool
) -> Answer:
    page = ChangesPage(limit=query.limit, has_more=has_more, next_cursor=write_cursor(to))
    return Answer(value=ChangeListing(items, page))
