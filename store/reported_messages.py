"""Which mails of ours are reported on, by the Message-ID that they left with."""

from collections.abc import Collection
from dataclasses import dataclass

from domain.address import Address
from store.database import Connection
from store.sql import statements
from store.threads import MessageIdKey

_FIND = statements("reported_messages")["find_reported_messages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMessage:
    """A mail that we wrote: by what id its provider knows it, and to whom it went."""

    provider_message_id: str
    recipients: tuple[Address, ...]


async def find_reported_messages(
    conn: Connection, keys: Collection[MessageIdKey]
) -> dict[MessageIdKey, ReportedMessage]:
    """Find mails that we wrote; others are left out."""
    cursor = await conn.execute(
        _FIND,
        {
            "customer_ids": [key.customer_id for key in keys],
            "channel_ids": [key.channel_id for key in keys],
            "hashes": [key.hash for key in keys],
        },
    )
    return {
        MessageIdKey(*row[:3]): ReportedMessage(
            provider_message_id=row[3],
            recipients=tuple(Address("email", value) for value in row[4]),
        )
        for row in await cursor.fetchall()
    }
