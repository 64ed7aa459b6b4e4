"""Counts what a search finds by status, channel, assignee, tag and day. Knows no HTTP."""

import msgspec

from domain.search_query import SearchQuery
from inbox.conversations.search import search
from store.conversation_filter import ConversationFilter
from store.database import Connection
from store.facets import CountedValue, Facet, count_facets

MOST_COUNTED = 1_000


class FacetValue(msgspec.Struct, frozen=True):
    """`name` is that of a channel or an agent; null where the value is a word."""

    value: str
    name: str | None
    count: int


class Facets(msgspec.Struct, frozen=True):
    """Of what was found, and counted; `capped` says that there may be more."""

    count: int
    capped: bool
    partial: bool
    status: list[FacetValue]
    channel: list[FacetValue]
    assignee: list[FacetValue]
    tag: list[FacetValue]
    day: list[FacetValue]


async def count_found(
    conn: Connection,
    customer_id: int,
    query: SearchQuery,
    wanted: ConversationFilter,
    *,
    timeout_seconds: float,
) -> Facets:
    """Count the conversations that a search finds, the latest ones as far as they are counted."""
    found = await search(
        conn,
        customer_id,
        query,
        wanted,
        cursor=None,
        limit=MOST_COUNTED,
        timeout_seconds=timeout_seconds,
    )
    counted = await count_facets(conn, customer_id, [hit.message_id for hit in found.hits])

    def values_of(facet: Facet) -> list[FacetValue]:
        return [_shown(value) for value in counted if value.facet == facet]

    return Facets(
        count=len(found.hits),
        capped=found.next is not None,
        partial=found.is_partial,
        status=values_of("status"),
        channel=values_of("channel"),
        assignee=values_of("assignee"),
        tag=values_of("tag"),
        day=values_of("day"),
    )


def _shown(value: CountedValue) -> FacetValue:
    return FacetValue(value=value.value, name=value.name, count=value.number)
