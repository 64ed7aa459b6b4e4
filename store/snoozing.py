"""When snoozed conversations come back, and opening those whose time has come. Knows no clock.

Waking crosses customers, takes a bounded number of rows and leaves those that somebody else is at.
"""

from datetime import datetime

from store.conversations import ConversationKey
from store.database import Connection
from store.sql import statements

_SQL = statements("snoozing")
_WAKE_SNOOZED = _SQL["wake_snoozed"]
_FIND_NEXT_WAKE = _SQL["find_next_wake"]
_FIND_NEXT_WAKE_OF_CUSTOMER = _SQL["find_next_wake_of_customer"]


async def wake_snoozed(conn: Connection, now: datetime, limit: int) -> list[ConversationKey]:
    """Open snoozed conversations whose time has come; return which, in order."""
    cursor = await conn.execute(_WAKE_SNOOZED, {"now": now, "limit": limit})
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def find_next_wake(conn: Connection) -> datetime | None:
    """Find when the next conversation is to wake, of all customers."""
    row = await (await conn.execute(_FIND_NEXT_WAKE)).fetchone()
    return row[0] if row else None


async def find_next_wake_of_customer(conn: Connection, customer_id: int) -> datetime | None:
    """Find when the customer's next conversation is to wake."""
    named = {"customer_id": customer_id}
    row = await (await conn.execute(_FIND_NEXT_WAKE_OF_CUSTOMER, named)).fetchone()
    return row[0] if row else None
