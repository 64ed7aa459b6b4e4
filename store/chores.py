"""What has to be done when its time comes: wake what sleeps, forget what is old.

Each statement takes a bounded number of rows and leaves those that somebody else is at. They cross
customers. Knows no clock.
"""

from datetime import datetime

from store.conversations import ConversationKey
from store.database import Connection
from store.sql import statements

_SQL = statements("chores")
_WAKE_SNOOZED = _SQL["wake_snoozed"]
_FIND_NEXT_WAKING = _SQL["find_next_waking"]
_EXPIRE_KEYS = _SQL["expire_idempotency_keys"]
_EXPIRE_SESSIONS = _SQL["expire_web_sessions"]


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
