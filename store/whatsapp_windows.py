"""Until when somebody who wrote by WhatsApp may be answered with a text of our own.

Nothing is stored of it: it follows from what they wrote, by our clock. Knows no provider.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.whatsapp import WINDOW
from store.database import Connection
from store.sql import statements

_SQL = statements("whatsapp_windows")
_COUNT = _SQL["count_closed"]
_COUNT_RECIPIENTS = _SQL["count_closed_recipients"]
_LIST_LAST_WRITTEN = _SQL["list_last_written"]


class WindowKey(NamedTuple):
    """Who may be answered, from which own address of which channel."""

    channel_id: str
    own_address: str
    address: str


async def count_closed(
    conn: Connection,
    customer_id: int,
    channel_id: str,
    own_hash: int,
    address_hashes: Collection[int],
    now: datetime,
) -> int:
    """Count to how many of these addresses an own address may not write; others than WhatsApp's
    are always open."""
    parameters = {
        "customer_id": customer_id,
        "channel_id": channel_id,
        "own_hash": own_hash,
        "address_hashes": list(address_hashes),
        "since": now - WINDOW,
    }
    row = await (await conn.execute(_COUNT, parameters)).fetchone()
    return row[0] if row else 0


async def count_closed_recipients(
    conn: Connection, customer_id: int, message_id: str, now: datetime
) -> int:
    """Count to how many recipients of a message of ours it may not go, likewise."""
    parameters = {"customer_id": customer_id, "message_id": message_id, "since": now - WINDOW}
    row = await (await conn.execute(_COUNT_RECIPIENTS, parameters)).fetchone()
    return row[0] if row else 0


async def list_windows(
    conn: Connection, customer_id: int, keys: Sequence[WindowKey]
) -> dict[WindowKey, datetime]:
    """List when each of these windows closes, or has closed; who never wrote has none."""
    if not keys:
        return {}
    cursor = await conn.execute(
        _LIST_LAST_WRITTEN,
        {
            "customer_id": customer_id,
            "channel_ids": [key.channel_id for key in keys],
            "own_addresses": [key.own_address for key in keys],
            "addresses": [key.address for key in keys],
        },
    )
    return {keys[nth - 1]: at + WINDOW for nth, at in await cursor.fetchall()}
