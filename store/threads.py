"""E-mail threads: which Message-IDs are known, awaited, and what a late parent brings together.

Knows nothing of how a thread is decided; `worker/writing/threads.py` does that.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from store.database import Connection
from store.sql import statements

_SQL = statements("threads")
_REGISTER = _SQL["register_message_ids"]
_LOCK = _SQL["lock_message_ids"]
_CONVERSATIONS_OF = _SQL["find_conversations_of_messages"]
_AWAITING = _SQL["find_awaiting"]
_BEAR = _SQL["bear_message_ids"]
_AWAIT = _SQL["await_message_ids"]


class MessageIdKey(NamedTuple):
    """A Message-ID within a channel."""

    customer_id: int
    channel_id: str
    hash: str


class Bearer(NamedTuple):
    """The message that bears a Message-ID, and the hash of what it says."""

    message_id: str
    content_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """A conversation that waits for a Message-ID its first mail answers."""

    key: MessageIdKey
    conversation_id: str
    sender_hash: int


async def register_message_ids(conn: Connection, values: dict[MessageIdKey, str]) -> None:
    """Make a row for every Message-ID."""
    await conn.execute(_REGISTER, _keys(values) | {"values": list(values.values())})


async def lock_message_ids(
    conn: Connection, keys: Collection[MessageIdKey]
) -> dict[MessageIdKey, Bearer]:
    """Lock Message-IDs until the transaction ends; return the message that bears each known one."""
    cursor = await conn.execute(_LOCK, _keys(keys))
    rows = await cursor.fetchall()
    return {MessageIdKey(*row[:3]): Bearer(*row[3:]) for row in rows if row[3] is not None}


async def find_conversations_of_messages(
    conn: Connection, messages: Collection[tuple[int, str]]
) -> dict[tuple[int, str], tuple[str, datetime]]:
    """Return the conversation of each (customer, message), and when that was sent."""
    cursor = await conn.execute(
        _CONVERSATIONS_OF,
        {
            "customer_ids": [customer_id for customer_id, _ in messages],
            "message_ids": [message_id for _, message_id in messages],
        },
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in await cursor.fetchall()}


async def find_awaiting(conn: Connection, keys: Collection[MessageIdKey]) -> list[Awaiting]:
    """List the conversations that wait for these Message-IDs."""
    cursor = await conn.execute(_AWAITING, _keys(keys))
    return [
        Awaiting(key=MessageIdKey(*row[:3]), conversation_id=row[3], sender_hash=row[4])
        for row in await cursor.fetchall()
    ]


async def bear_message_ids(conn: Connection, bearers: dict[MessageIdKey, Bearer]) -> None:
    """Note which message bears each Message-ID."""
    await conn.execute(
        _BEAR,
        _keys(bearers)
        | {
            "message_ids": [bearer.message_id for bearer in bearers.values()],
            "content_hashes": [bearer.content_hash for bearer in bearers.values()],
        },
    )


async def await_message_ids(conn: Connection, awaiting: Collection[Awaiting]) -> None:
    """Let conversations wait for Message-IDs."""
    await conn.execute(
        _AWAIT,
        _keys(reference.key for reference in awaiting)
        | {
            "conversation_ids": [reference.conversation_id for reference in awaiting],
            "sender_hashes": [reference.sender_hash for reference in awaiting],
        },
    )


def _keys(keys: Iterable[MessageIdKey]) -> dict[str, list[object]]:
    listed = list(keys)
    return {
        "customer_ids": [key.customer_id for key in listed],
        "channel_ids": [key.channel_id for key in listed],
        "hashes": [key.hash for key in listed],
    }
