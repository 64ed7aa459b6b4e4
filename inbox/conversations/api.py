"""Reading conversations over HTTP: the list, the search, the counts, one conversation."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from starlette.routing import BaseRoute

from domain.api_key import ApiKey
from domain.errors import NotFound, Unavailable
from domain.search_query import SearchQuery
from inbox.conversations.facets import Facets, count_found
from inbox.conversations.present import Conversation
from inbox.conversations.queries import (
    ConversationQuery,
    CountQuery,
    FacetQuery,
    conversation_filter,
)
from inbox.conversations.reading import list_page, search_page, show_conversations
from inbox.http.call import Answer, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import NumberPlace, TimePlace
from inbox.http.paging import Listing, answer_items, place_after
from inbox.http.query import Q
from inbox.http.shared import Shared
from store.conversation_filter import ConversationFilter
from store.conversation_rows import resolve_conversation
from store.counts import count_views
from store.database import Connection
from store.position import Position

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
    def slot(self) -> Generator[None]:
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
    shared: Shared, *, change: Endpoint[Any, Any], search_timeout_seconds: float
) -> list[BaseRoute]:
    """Make the routes that read conversations; `change` is the PATCH of one."""
    searches = _Searches(search_timeout_seconds)

    async def list_conversations(conn: Connection, call: QueryCall[ConversationQuery]) -> Answer:
        wanted = conversation_filter(call.query, call.key.agent_id)
        if call.query.q:
            return await _search(searches, conn, call, call.query.q, wanted)
        return await _list_conversations(conn, call, wanted)

    async def count_facets(conn: Connection, call: QueryCall[FacetQuery]) -> Answer:
        return await _count_facets(searches, conn, call)

    listing = Endpoint(
        "list_conversations",
        "conversations:read",
        list_conversations,
        query=ConversationQuery,
        response=Listing[Conversation],
    )
    counting = Endpoint(
        "count_conversations",
        "conversations:read",
        _count_conversations,
        query=CountQuery,
        response=Counts,
    )
    facets = Endpoint(
        "count_facets",
        "conversations:read",
        count_facets,
        query=FacetQuery,
        response=Facets,
    )
    get = Endpoint(
        "get_conversation",
        "conversations:read",
        _get_conversation,
        noun="conversation",
        response=Conversation,
    )
    return [
        resource(shared, "/conversations", {"GET": listing}),
        resource(shared, "/conversations/counts", {"GET": counting}),
        resource(shared, "/conversations/facets", {"GET": facets}),
        resource(shared, "/conversations/{id}", {"GET": get, "PATCH": change}),
    ]


async def load_conversation(conn: Connection, key: ApiKey, named: str) -> Conversation:
    """Show a conversation to whoever has a key.

    Raises: NotFound; another customer's conversation does not exist.
    """
    found = await resolve_conversation(conn, key.customer_id, named)
    ids = [found] if found else []
    items = await show_conversations(conn, key.customer_id, ids, key.agent_id)
    if not items:
        raise NotFound("there is no such conversation")
    return items[0]


async def _list_conversations(
    conn: Connection, call: QueryCall[ConversationQuery], wanted: ConversationFilter
) -> Answer:
    place = place_after(call, TimePlace)
    after = Position(place.at, place.id) if place else None
    limit = call.query.limit
    page = await list_page(conn, call.key.customer_id, wanted, after=after, limit=limit)
    following = TimePlace(page.next.at, page.next.id) if page.next else None
    return answer_items(call, page.items, following)


async def _search(
    searches: _Searches,
    conn: Connection,
    call: QueryCall[ConversationQuery],
    search: SearchQuery,
    wanted: ConversationFilter,
) -> Answer:
    before = place_after(call, NumberPlace)
    limits = _charge(call)
    with searches.slot():
        found = await search_page(
            conn,
            call.key.customer_id,
            search,
            wanted,
            cursor=before.number if before else None,
            limit=call.query.limit,
            timeout_seconds=searches.timeout_seconds,
        )
    following = NumberPlace(found.next) if found.next is not None else None
    answer = answer_items(call, found.items, following, partial=found.is_partial)
    return Answer(value=answer.value, headers={**answer.headers, **limits})


async def _count_facets(
    searches: _Searches, conn: Connection, call: QueryCall[FacetQuery]
) -> Answer:
    wanted = conversation_filter(call.query, call.key.agent_id)
    limits = _charge(call)
    with searches.slot():
        found = await count_found(
            conn,
            call.key.customer_id,
            call.query.q,
            wanted,
            timeout_seconds=searches.timeout_seconds,
        )
    return Answer(value=found, headers=limits)


def _charge(call: QueryCall[Q]) -> Mapping[str, str]:
    """Charge a search to the limit of searches."""
    now = call.shared.clock().timestamp()
    return call.shared.limits.charge(call.key.id, "search", now)


async def _count_conversations(conn: Connection, call: QueryCall[CountQuery]) -> Answer:
    views = call.query.views
    counted = await count_views(conn, call.key.customer_id, call.key.agent_id, views)
    counts = {
        view: Count(counted_view.number, counted_view.is_capped)
        for view, counted_view in counted.items()
    }
    return Answer(value=Counts(counts))


async def _get_conversation(conn: Connection, call: PlainCall) -> Answer:
    return Answer(value=await load_conversation(conn, call.key, call.id))
