"""Reading conversations over HTTP: the list, the search, the counts, one conversation."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial

import msgspec
from starlette.routing import BaseRoute

from domain.errors import NotFound, Unavailable
from domain.search_query import SearchQuery
from inbox.conversations.present import Conversation, Listing, Page
from inbox.conversations.queries import (
    ConversationQuery,
    parse_conversation_query,
    parse_count_query,
)
from inbox.conversations.reading import list_page, search_page, show_conversations
from inbox.http.call import Answer, Call, Endpoint, Handler, resource
from inbox.http.cursor import (
    decode_cursor,
    decode_number,
    encode_cursor,
    encode_number,
    fingerprint,
)
from inbox.http.ids import id_in_path
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from store.counts import count_views
from store.database import Connection
from store.inbox import resolve_conversation

_MOST_SEARCHES = 4  # at a time and process, so that the rest of the pool is left to the rest


class Count(msgspec.Struct, frozen=True):
    """How many conversations a view has; `capped` says that there may be more."""

    count: int
    capped: bool


class Counts(msgspec.Struct, frozen=True):
    counts: dict[str, Count]


class _Searches:
    """Lets a few searches run at once."""

    def __init__(self, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self._running = 0

    @contextmanager
    def turn(self) -> Generator[None]:
        """Run one search.

        Raises: Unavailable.
        """
        if self._running >= _MOST_SEARCHES:
            raise Unavailable("too many searches at once")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1


def conversation_routes(
    shared: Shared, *, change: Endpoint, search_timeout_seconds: float
) -> list[BaseRoute]:
    """Make the routes that read conversations; `change` is the PATCH of one."""
    searches = _Searches(search_timeout_seconds)
    listing = _reading(
        "list_conversations", partial(_list_conversations, searches), takes_query=True
    )
    counts = _reading("count_conversations", _count_conversations, takes_query=True)
    one = {"GET": _reading("get_conversation", _get_conversation), "PATCH": change}
    return [
        resource(shared, "/conversations", {"GET": listing}),
        resource(shared, "/conversations/counts", {"GET": counts}),
        resource(shared, "/conversations/{id}", one),
    ]


async def load_conversation(conn: Connection, call: Call, named: str) -> Conversation:
    """Show a conversation to whoever calls.

    Raises: NotFound; another customer's conversation does not exist.
    """
    customer_id = call.key.customer_id
    found = await resolve_conversation(conn, customer_id, named)
    ids = [found] if found else []
    items = await show_conversations(conn, customer_id, ids, call.key.agent_id)
    if not items:
        raise NotFound("there is no such conversation")
    return items[0]


def _reading(name: str, handler: Handler, *, takes_query: bool = False) -> Endpoint:
    return Endpoint(name=name, scope="conversations:read", handler=handler, takes_query=takes_query)


async def _list_conversations(searches: _Searches, conn: Connection, call: Call) -> Answer:
    query = parse_conversation_query(call.query_pairs(), call.key.agent_id)
    belongs_to = fingerprint("conversations", call.key.customer_id, query.wanted, query.search)
    if query.search:
        return await _search(searches, conn, call, query, query.search, belongs_to)
    after = decode_cursor(query.cursor, belongs_to) if query.cursor is not None else None
    page = await list_page(conn, call.key.customer_id, query.wanted, after=after, limit=query.limit)
    cursor = encode_cursor(page.next, belongs_to) if page.next else None
    return _page(call, page.items, Page(query.limit, cursor is not None, cursor))


async def _search(
    searches: _Searches,
    conn: Connection,
    call: Call,
    query: ConversationQuery,
    search: SearchQuery,
    belongs_to: bytes,
) -> Answer:
    before = decode_number(query.cursor, belongs_to) if query.cursor is not None else None
    now = call.shared.clock().timestamp()
    limits = call.shared.limits.charge(call.key.id, "search", now)
    with searches.turn():
        found = await search_page(
            conn,
            call.key.customer_id,
            search,
            query.wanted,
            cursor=before,
            limit=query.limit,
            timeout_seconds=searches.timeout_seconds,
        )
    cursor = encode_number(found.next, belongs_to) if found.next is not None else None
    page = Page(query.limit, cursor is not None, cursor, found.is_partial)
    answer = _page(call, found.items, page)
    return Answer(value=answer.value, headers={**answer.headers, **limits})


async def _count_conversations(conn: Connection, call: Call) -> Answer:
    views = parse_count_query(call.query_pairs())
    counted = await count_views(conn, call.key.customer_id, call.key.agent_id, views)
    counts = {view: Count(one.number, one.is_capped) for view, one in counted.items()}
    return Answer(value=Counts(counts))


async def _get_conversation(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    return Answer(value=await load_conversation(conn, call, named))


def _page(call: Call, items: list[Conversation], page: Page) -> Answer:
    listing = Listing[Conversation](items, page)
    return Answer(value=listing, headers=next_link(call, page.next_cursor))
