"""The places of conversations in a list, under any filters, in keyset order.

Every scan names the customer and reads a range of the index that fits best, window by window, until
the page is full or it has looked at enough: so a page costs the same among a million conversations
as among a thousand. Knows no column that is only shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.rows import class_row

from store.conversation_filter import ConversationFilter, resolve_filter
from store.conversation_listing_plan import (
    FIRST_WINDOW,
    HASHABLE,
    UNBOUNDED,
    WIDEST_WINDOW,
    Scan,
    first_scan,
    plan_scan,
)
from store.database import Connection
from store.opt_out_hints import list_undecided
from store.position import END, FIRST_ID, Position
from store.sql import statements

_SCAN = statements("conversation_listing")["scan"]

_WINDOW_GROWTH = 10
_MOST_LOOKED_AT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPage:
    """The conversations of a page in order, and where the next one begins; None on the last.

    A page may be short of its limit, even empty, though there is a next one.
    """

    keys: list[Position]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ScannedRow:
    id: str
    at: datetime
    place: int
    is_match: bool


async def list_keys(
    conn: Connection,
    customer_id: int,
    wanted: ConversationFilter,
    *,
    after: Position | None,
    limit: int,
) -> KeyPage:
    """List which conversations come after a position, latest activity first."""
    scan = await _plan(conn, customer_id, wanted)
    if scan is None:
        return KeyPage(keys=[], next=None)
    return await _scan_page(conn, customer_id, scan, _upper_bound(wanted, after), limit)


async def keep_matching(
    conn: Connection, customer_id: int, wanted: ConversationFilter, ids: Sequence[str]
) -> set[str]:
    """Find which of some conversations match a filter."""
    scan = await _plan(conn, customer_id, wanted)
    if scan is None or not ids:
        return set()
    given = replace(scan, source="given", given_ids=ids)
    bound = _upper_bound(wanted, None)
    rows = await _scan_window(conn, customer_id, given, bound, len(ids) + 1, len(ids) + 1)
    return {row.id for row in rows if row.is_match}


async def _plan(conn: Connection, customer_id: int, wanted: ConversationFilter) -> Scan | None:
    """Choose the index to read; those of which somebody has to decide are few, and given."""
    scan = plan_scan(wanted, await resolve_filter(conn, customer_id, wanted, HASHABLE))
    if scan is None or wanted.may_opt_out is None:
        return scan
    undecided = await list_undecided(conn, customer_id)
    scan = replace(scan, is_pure=False, undecided_ids=undecided)
    return replace(scan, source="given", given_ids=undecided) if wanted.may_opt_out else scan


def _upper_bound(wanted: ConversationFilter, after: Position | None) -> Position:
    """Fold the cursor and the time bound into one: an index scan can start at only one of them."""
    bound = Position(wanted.active_before, FIRST_ID) if wanted.active_before else END
    return min(after, bound) if after else bound


async def _scan_page(
    conn: Connection, customer_id: int, scan: Scan, before: Position, limit: int
) -> KeyPage:
    """Read on, in ever wider windows, until there is one key too many."""
    keys: list[Position] = []
    looked_at = 0
    reading, window = first_scan(scan, limit)
    while True:
        rows = await _scan_window(conn, customer_id, reading, before, window, limit + 1 - len(keys))
        keys += [Position(row.at, row.id) for row in rows if row.is_match]
        if len(keys) > limit:
            return KeyPage(keys=keys[:limit], next=keys[limit - 1])
        if not rows or rows[-1].place < window:
            return KeyPage(keys=keys, next=None)
        before = Position(rows[-1].at, rows[-1].id)
        looked_at += window
        if looked_at >= WIDEST_WINDOW and scan.smallest and scan.smallest.is_hashable:
            reading, window = replace(scan, source="set"), UNBOUNDED
        elif looked_at >= _MOST_LOOKED_AT:
            return KeyPage(keys=keys, next=before)
        elif reading is not scan:
            reading, window = scan, FIRST_WINDOW
        else:
            found = sum(row.is_match for row in rows)
            window = _next_window(window, found, limit + 1 - len(keys))


def _next_window(window: int, found: int, missing: int) -> int:
    """Look as far as should be enough, going by what the last window gave."""
    expected = window * missing * 3 // (found * 2) if found else window * _WINDOW_GROWTH
    return max(window, min(expected, window * _WINDOW_GROWTH, WIDEST_WINDOW))


async def _scan_window(
    conn: Connection,
    customer_id: int,
    scan: Scan,
    before: Position,
    window: int,
    row_count: int,
) -> list[_ScannedRow]:
    wanted, smallest = scan.wanted, scan.smallest
    is_nobody = wanted.assignee_id == "none"
    cursor = conn.cursor(row_factory=class_row(_ScannedRow))
    await cursor.execute(
        _SCAN,
        {
            "customer_id": customer_id,
            "source": scan.source,
            "before_at": before.at,
            "before_id": before.id,
            "from_at": scan.from_at,
            "window": window,
            "row_count": row_count,
            "statuses": list(scan.statuses),
            "channel_ids": scan.channel_ids,
            "is_assignee_asked": wanted.assignee_id is not None,
            "assignee_id": None if is_nobody else wanted.assignee_id,
            "needs_reply": wanted.needs_reply,
            "unread": wanted.unread,
            "viewer_id": wanted.viewer_id,
            "tags": list(wanted.tags) or None,
            "address_hashes": scan.address_hashes,
            "contact_hashes": scan.contact_hashes,
            "is_hashed": scan.is_hashed,
            "given_ids": list(scan.given_ids),
            "may_opt_out": wanted.may_opt_out,
            "undecided_ids": scan.undecided_ids,
            "set_hashes": list(smallest.hashes) if smallest else [],
            "set_tag": smallest.tags[0] if smallest and len(smallest.tags) == 1 else None,
            "set_tags": list(smallest.tags) if smallest and len(smallest.tags) > 1 else [],
        },
    )
    return await cursor.fetchall()
