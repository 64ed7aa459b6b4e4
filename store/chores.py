"""What has to be done when its time comes: wake what sleeps, forget what is old.

Each statement takes a bounded number of rows and leaves those that somebody else is at. They cross
customers. Knows no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.conversations import ConversationKey
from store.database import Connection
from store.sql import statements

_SQL = statements("chores")
_BEGIN_CHORES = _SQL["begin_chores"]
_END_CHORE = _SQL["end_chore"]
_LIST_CHORES = _SQL["list_chores"]
_WAKE_SNOOZED = _SQL["wake_snoozed"]
_FIND_NEXT_WAKING = _SQL["find_next_waking"]
_EXPIRE_KEYS = _SQL["expire_idempotency_keys"]
_EXPIRE_SESSIONS = _SQL["expire_web_sessions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreRun:
    """When a chore last began, by the database clock, and what it did then."""

    name: str
    age_seconds: float
    seconds: float
    rows: int


async def begin_chores(
    conn: Connection, every_seconds: Mapping[str, float]
) -> list[tuple[str, datetime]]:
    """Return which of these chores the caller has to do now: each is given to one caller.

    Beside each lies the time by the database clock.
    """
    cursor = await conn.execute(
        _BEGIN_CHORES,
        {"names": list(every_seconds), "every_seconds": list(every_seconds.values())},
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def end_chore(conn: Connection, name: str, seconds: float, rows: int) -> None:
    """Note how long a chore took and how many rows it removed or changed."""
    await conn.execute(_END_CHORE, {"name": name, "seconds": seconds, "rows": rows})


async def list_chores(conn: Connection) -> list[ChoreRun]:
    """List what is known of the chores, by name."""
    async with conn.cursor(row_factory=class_row(ChoreRun)) as cursor:
        await cursor.execute(_LIST_CHORES)
        return await cursor.fetchall()


async def wake_snoozed(conn: Connection, now: datetime, limit: int) -> list[ConversationKey]:
    """Open snoozed conversations whose time has come; return which, in order."""
    cursor = await conn.execute(_WAKE_SNOOZED, {"now": now, "limit": limit})
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def find_next_waking(conn: Connection) -> datetime | None:
    """Say when the next conversation is to wake."""
    row = await (await conn.execute(_FIND_NEXT_WAKING)).fetchone()
    return row[0] if row else None


async def expire_idempotency_keys(conn: Connection, before: datetime, limit: int) -> int:
    """Forget answers given before a time; return how many."""
    return (await conn.execute(_EXPIRE_KEYS, {"before": before, "limit": limit})).rowcount


async def expire_web_sessions(conn: Connection, before: datetime, limit: int) -> int:
    """Forget logins that ended before a time; return how many."""
    return (await conn.execute(_EXPIRE_SESSIONS, {"before": before, "limit": limit})).rowcount
