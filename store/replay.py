"""Queues settled events again, on purpose. The worker changes nothing that is already right."""

from collections.abc import Sequence

from store.database import Connection
from store.sql import statements

_SQL = statements("replay")
_EVENTS = _SQL["replay_events"]
_LIST_EVENT_IDS = _SQL["list_event_ids"]


async def replay_events(
    conn: Connection, customer_id: int, event_ids: Sequence[str]
) -> dict[str, bool]:
    """Queue these events again.

    Shape: for every id that the customer has, whether it was queued now; False waited already.
    """
    cursor = await conn.execute(_EVENTS, {"customer_id": customer_id, "event_ids": list(event_ids)})
    return {event_id: is_queued for event_id, is_queued in await cursor.fetchall()}


async def replay_channel(conn: Connection, customer_id: int, channel_id: str) -> int:
    """Queue every settled event of a channel again and count them."""
    key = {"customer_id": customer_id, "channel_id": channel_id}
    cursor = await conn.execute(_LIST_EVENT_IDS, key)
    event_ids = [event_id for (event_id,) in await cursor.fetchall()]
    return sum((await replay_events(conn, customer_id, event_ids)).values())
