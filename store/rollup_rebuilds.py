"""Which customers' figures are being made again, how far that is, and how the roll-ups keep up.

Knows no schedule and counts nothing itself.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("rollup_rebuilds")
_REQUEST = _SQL["request_rebuild"]
_REQUEST_ALL = _SQL["request_rebuilds"]
_FIND = _SQL["find_rebuild"]
_NOTE = _SQL["note_rebuild"]
_END = _SQL["end_rebuild"]
_COUNT_CONVERSATIONS = _SQL["count_conversations"]
_LIST = _SQL["list_rebuilds"]
_SUMMARISE = _SQL["summarise_refreshes"]

RebuildReason = Literal["new", "calendar", "missed", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupRebuild:
    """A rebuild: first conversation by conversation, then, once `from_day` is set, day by day."""

    customer_id: int
    after_id: str | None
    from_day: str | None
    differing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRebuild:
    """A rebuild that is not done. `differing` is how many rows were wrong so far."""

    customer: str
    reason: str
    requested_at: datetime
    phase: str
    differing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSummary:
    """What was brought up to date in the last hour. `behind_seconds`: how long a change waits."""

    last_at: datetime | None
    refreshes: int
    changes: int
    conversations: int
    rows: int
    longest_seconds: float
    seconds: float
    behind_seconds: float | None


async def request_rebuild(conn: Connection, customer_id: int, reason: RebuildReason) -> None:
    """Have a customer's figures made again; one that is under way begins anew."""
    await conn.execute(_REQUEST, {"customer_id": customer_id, "reason": reason})


async def request_rebuilds(conn: Connection, reason: RebuildReason) -> int:
    """Have the figures of all customers made again; return of how many."""
    return (await conn.execute(_REQUEST_ALL, {"reason": reason})).rowcount


async def find_rebuild(conn: Connection, customer_id: int | None = None) -> RollupRebuild | None:
    """Find the rebuild of a customer, or the one that was asked for first, unless they are off."""
    async with conn.cursor(row_factory=class_row(RollupRebuild)) as cursor:
        await cursor.execute(_FIND, {"customer_id": customer_id})
        return await cursor.fetchone()


async def note_rebuild(
    conn: Connection,
    customer_id: int,
    *,
    after_id: str | None,
    from_day: datetime | str | None,
    differing: int,
) -> None:
    """Note how far a rebuild is, and how many more rows were wrong."""
    parameters = {
        "customer_id": customer_id,
        "after_id": after_id,
        "from_day": from_day,
        "differing": differing,
    }
    await conn.execute(_NOTE, parameters)


async def end_rebuild(conn: Connection, customer_id: int) -> None:
    """Note that a rebuild is done."""
    await conn.execute(_END, {"customer_id": customer_id})


async def count_conversations(conn: Connection, customer_id: int) -> int:
    """Count a customer's conversations."""
    row = await (await conn.execute(_COUNT_CONVERSATIONS, {"customer_id": customer_id})).fetchone()
    return row[0] if row else 0


async def list_rebuilds(conn: Connection) -> list[ListedRebuild]:
    """List the rebuilds that are not done, oldest first."""
    async with conn.cursor(row_factory=class_row(ListedRebuild)) as cursor:
        await cursor.execute(_LIST)
        return await cursor.fetchall()


async def summarise_refreshes(conn: Connection) -> RefreshSummary:
    """Say what was brought up to date in the last hour."""
    async with conn.cursor(row_factory=class_row(RefreshSummary)) as cursor:
        await cursor.execute(_SUMMARISE)
        [summary] = await cursor.fetchall()
    return summary
