"""Which mails of ours are reported on, by the Message-ID that they left with."""

from collections.abc import Collection

from store.database import Connection
from store.sql import statements
from store.threads import MessageIdKey

_FIND = statements("reported_messages")["find_reported_messages"]


async def find_reported_messages(
    conn: Connection, keys: Collection[MessageIdKey]
) -> dict[MessageIdKey, str]:
    """Return by what id the provider knows each mail that we wrote; others are left out."""
    cursor = await conn.execute(
        _FIND,
        {
            "customer_ids": [key.customer_id for key in keys],
            "channel_ids": [key.channel_id for key in keys],
            "hashes": [key.hash for key in keys],
        },
    )
    return {MessageIdKey(*row[:3]): row[3] for row in await cursor.fetchall()}
