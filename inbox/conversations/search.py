"""Searches conversations by what was said in them, newest first, within a deadline.

Blocks of the index are read from the newest back, in growing groups, until there is a page. What
the deadline cuts off is said to be partial. Knows no HTTP.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from domain.search_query import SearchQuery
from store.conversation_filter import ConversationFilter
from store.conversation_listing import keep_matching
from store.database import Connection
from store.search import (
    Hit,
    PreparedSearch,
    TimedOut,
    block_of,
    find_matches,
    find_shown_before,
    first_of,
    limit_time,
    prepare_search,
)

_FIRST_GROUP = 1
_GROWTH = 4
_WIDEST_GROUP = 256
_MOST_HITS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of hits. `next` is where the following page begins; None on the last."""

    hits: list[Hit]
    next: int | None
    is_partial: bool
    is_stemmed: bool


@dataclass(slots=True, kw_only=True)
class _Hunt:
    """How far a search is: everything at `before` and above has been read."""

    customer_id: int
    prepared: PreparedSearch
    wanted: ConversationFilter
    cursor: int | None
    before: int
    hits: list[Hit] = field(default_factory=list[Hit])
    met: set[str] = field(default_factory=set[str])


async def search(
    conn: Connection,
    customer_id: int,
    query: SearchQuery,
    wanted: ConversationFilter,
    *,
    cursor: int | None,
    limit: int,
    timeout_seconds: float,
) -> Found:
    """Find conversations by their latest matching message below a number."""
    prepared = await prepare_search(conn, customer_id, query)
    ends_at = perf_counter() + timeout_seconds
    before = prepared.newest + 1 if cursor is None else cursor
    hunt = _Hunt(
        customer_id=customer_id, prepared=prepared, wanted=wanted, cursor=cursor, before=before
    )
    is_partial = False
    try:
        if prepared.query:
            await _hunt(conn, hunt, limit, ends_at)
        else:
            hunt.before = 0
    except TimedOut:
        is_partial = True
    hits = hunt.hits[:limit]
    if len(hunt.hits) > limit:
        following: int | None = hits[-1].number
    else:
        following = hunt.before if is_partial else None
    return Found(hits=hits, next=following, is_partial=is_partial, is_stemmed=prepared.is_stemmed)


async def _hunt(conn: Connection, hunt: _Hunt, limit: int, ends_at: float) -> None:
    """Read group after group until there is one hit too many.

    Raises: TimedOut.
    """
    group = _FIRST_GROUP
    while hunt.before > 0 and len(hunt.hits) <= limit:
        newest = block_of(hunt.before - 1)
        blocks = range(max(0, newest - group + 1), newest + 1)
        hits = await _read_group(conn, hunt, blocks, ends_at)
        if len(hits) == _MOST_HITS:
            hunt.before = hits[-1].number
        else:
            hunt.before = first_of(blocks.start)
            group = min(group * _GROWTH, _WIDEST_GROUP)


async def _read_group(
    conn: Connection, hunt: _Hunt, blocks: Iterable[int], ends_at: float
) -> Sequence[Hit]:
    """Add the hits of some blocks that match the filters and were not shown yet.

    Raises: TimedOut.
    """
    async with conn.transaction():
        left = ends_at - perf_counter()
        if left <= 0:
            raise TimedOut
        await limit_time(conn, int(left * 1000))
        hits = await find_matches(
            conn,
            hunt.customer_id,
            hunt.prepared.query,
            blocks=blocks,
            before=hunt.before,
            limit=_MOST_HITS,
        )
        ids = [hit.conversation_id for hit in hits if hit.conversation_id not in hunt.met]
        hunt.met.update(ids)
        kept = await keep_matching(conn, hunt.customer_id, hunt.wanted, ids)
        if hunt.cursor is not None and kept:
            kept -= await find_shown_before(
                conn, hunt.customer_id, hunt.prepared.query, list(kept), hunt.cursor
            )
    hunt.hits += [hit for hit in hits if hit.conversation_id in kept]
    return hits
