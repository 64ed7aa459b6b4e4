"""What only the page asks: a mail's text, how far somebody has read, when the next one wakes."""

from dataclasses import dataclass
from datetime import datetime

from domain.message import BodyFormat
from store.database import Connection
from store.sql import statements

_SQL = statements("page")
_FIND_BODY = _SQL["find_body"]
_FIND_LAST_READ = _SQL["find_last_read"]
_FIND_NEXT_WAKE = _SQL["find_next_wake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBody:
    text: str
    body_format: BodyFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """`seq` is None where nothing can be unread: no agent asks, or it is of before their time."""

    last_inbound_seq: int
    seq: int | None


async def find_body(conn: Connection, customer_id: int, message_id: str) -> MessageBody | None:
    """Find the text of a message."""
    cursor = await conn.execute(_FIND_BODY, {"customer_id": customer_id, "message_id": message_id})
    row = await cursor.fetchone()
    return MessageBody(text=row[0], body_format=row[1]) if row else None


async def find_last_read(
    conn: Connection, customer_id: int, conversation_id: str, agent_id: str | None
) -> LastRead:
    """Find how far an agent has read a conversation."""
    cursor = await conn.execute(
        _FIND_LAST_READ,
        {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "agent_id": agent_id,
        },
    )
    row = await cursor.fetchone()
    return (
        LastRead(last_inbound_seq=row[0], seq=row[1])
        if row
        else LastRead(last_inbound_seq=0, seq=None)
    )


async def find_next_wake(conn: Connection, customer_id: int) -> datetime | None:
    """Find when the next snoozed conversation comes back."""
    cursor = await conn.execute(_FIND_NEXT_WAKE, {"customer_id": customer_id})
    row = await cursor.fetchone()
    return row[0] if row else None
