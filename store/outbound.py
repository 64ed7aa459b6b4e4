"""Messages of ours: written, queued, taken back, queued again. Sending is `store/sending.py`.

Everything runs in the caller's transaction. Addresses and bodies come before the conversation is
locked, as in the worker, so that the two cannot wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.address import Address
from domain.message import MessageKind, RecipientRole
from domain.outbound import OutboundStatus
from domain.preview import preview
from store.database import Connection
from store.sql import statements
from store.uploads import Upload, attach_uploads

_SQL = statements("outbound")
_FIND_ANSWERED = _SQL["find_answered"]
_LIST_OTHERS = _SQL["list_others"]
_FIND_LAST_INBOUND = _SQL["find_last_inbound"]
_GROW_CONVERSATION = _SQL["grow_conversation"]
_BEGIN_CONVERSATION = _SQL["begin_conversation"]
_INSERT_OUTBOUND = _SQL["insert_outbound"]
_INSERT_RECIPIENTS = _SQL["insert_outbound_recipients"]
_QUEUE_MESSAGE = _SQL["queue_message"]
_MARK_READ = _SQL["mark_read"]
_HOLD_OUTBOUND = _SQL["hold_outbound"]
_TAKE_BACK = _SQL["take_back"]
_FORGET_LOOK_UP = _SQL["forget_look_up"]
_SET_STATUS = _SQL["set_status"]
_FIND_LATEST_STANDING = _SQL["find_latest_standing"]
_TAKE_BACK_MESSAGE = _SQL["take_back_message"]
_TOUCH_CONVERSATION = _SQL["touch_conversation"]
_COUNT_RECIPIENTS = _SQL["count_recipients"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A conversation that is to be answered."""

    id: str
    channel_id: str
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Somebody who takes part, by the hash of the address."""

    hash: int
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class LastInbound:
    """Who wrote last, and to whom, as hashes of addresses."""

    from_hash: int
    recipient_hashes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutbound:
    """A message of ours to be. `own_address` is what it leaves from, `from_hash` its hash."""

    customer_id: int
    id: str
    channel_id: str
    kind: MessageKind
    agent_id: str | None
    own_address: str
    from_hash: int
    recipients: Sequence[tuple[RecipientRole, int]]
    body: str
    body_hash: int
    subject: str | None
    sent_at: datetime
    uploads: Sequence[Upload] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a message has come to stand. `version` is the conversation's."""

    conversation_id: str
    seq: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message of ours whose conversation is locked."""

    conversation_id: str
    channel_id: str
    seq: int
    status: OutboundStatus


async def find_answered(
    conn: Connection, customer_id: int, conversation_id: str
) -> Answered | None:
    """Find a conversation by its id, or by that of one which became part of it."""
    cursor = await conn.execute(
        _FIND_ANSWERED, {"customer_id": customer_id, "conversation_id": conversation_id}
    )
    row = await cursor.fetchone()
    return Answered(id=row[0], channel_id=row[1], subject=row[2]) if row else None


async def list_others(conn: Connection, customer_id: int, conversation_id: str) -> list[Other]:
    """List who takes part but us, by address."""
    cursor = await conn.execute(
        _LIST_OTHERS, {"customer_id": customer_id, "conversation_id": conversation_id}
    )
    return [
        Other(hash=hashed, address=Address(kind, value))
        for hashed, kind, value in await cursor.fetchall()
    ]


async def find_last_inbound(
    conn: Connection, customer_id: int, conversation_id: str
) -> LastInbound | None:
    """Find the latest message that came in."""
    cursor = await conn.execute(
        _FIND_LAST_INBOUND, {"customer_id": customer_id, "conversation_id": conversation_id}
    )
    row = await cursor.fetchone()
    return LastInbound(from_hash=row[0], recipient_hashes=tuple(row[1])) if row else None


async def begin_conversation(
    conn: Connection, message: NewOutbound, conversation_id: str, key_hash: str
) -> Placed | None:
    """Begin a conversation with a message; None where the id or the key is taken."""
    cursor = await conn.execute(
        _BEGIN_CONVERSATION,
        _added_message(message, conversation_id)
        | {
            "channel_id": message.channel_id,
            "key_hash": key_hash,
            "subject": message.subject,
        },
    )
    row = await cursor.fetchone()
    return Placed(conversation_id=conversation_id, seq=row[0], version=row[1]) if row else None


async def grow_conversation(
    conn: Connection, message: NewOutbound, conversation_id: str
) -> Placed | None:
    """Make room for a message at the end of a conversation; None where it is no more."""
    cursor = await conn.execute(_GROW_CONVERSATION, _added_message(message, conversation_id))
    row = await cursor.fetchone()
    return Placed(conversation_id=conversation_id, seq=row[0], version=row[1]) if row else None


async def insert_outbound(
    conn: Connection, message: NewOutbound, placed: Placed, delay_seconds: float
) -> None:
    """Store a message and queue it, to be sent after a delay."""
    ids: dict[str, Any] = {
        "customer_id": message.customer_id,
        "message_id": message.id,
        "conversation_id": placed.conversation_id,
        "channel_id": message.channel_id,
        "seq": placed.seq,
    }
    await conn.execute(
        _INSERT_OUTBOUND,
        ids
        | {
            "kind": message.kind,
            "from_hash": message.from_hash,
            "body_hash": message.body_hash,
            "subject": message.subject,
            "sent_at": message.sent_at,
            "agent_id": message.agent_id,
        },
    )
    await conn.execute(
        _INSERT_RECIPIENTS,
        {
            "customer_id": message.customer_id,
            "message_id": message.id,
            "address_hashes": [hashed for _, hashed in message.recipients],
            "roles": [role for role, _ in message.recipients],
        },
    )
    if message.uploads:
        await attach_uploads(conn, message.customer_id, message.id, message.uploads)
    await queue_message(conn, ids, delay_seconds)
    if message.agent_id is not None:
        await conn.execute(_MARK_READ, ids | {"agent_id": message.agent_id})


async def queue_message(conn: Connection, ids: dict[str, Any], delay_seconds: float) -> None:
    """Have a message sent after a delay."""
    await conn.execute(_QUEUE_MESSAGE, ids | {"delay_seconds": delay_seconds})


async def hold_outbound(conn: Connection, customer_id: int, message_id: str) -> HeldMessage | None:
    """Lock the conversation of a message of ours."""
    cursor = await conn.execute(
        _HOLD_OUTBOUND, {"customer_id": customer_id, "message_id": message_id}
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return HeldMessage(conversation_id=row[0], channel_id=row[1], seq=row[2], status=row[3])


async def take_back(
    conn: Connection, customer_id: int, message_id: str, held: HeldMessage
) -> int | None:
    """Cancel a message; return the conversation's version, or None where it is being sent.

    The conversation then is as if it had not been written, but for its number.
    """
    ids = {"customer_id": customer_id, "message_id": message_id}
    if await (await conn.execute(_TAKE_BACK, ids)).fetchone() is None:
        return None
    await conn.execute(_SET_STATUS, ids | {"status": "canceled"})
    conversation = {"customer_id": customer_id, "conversation_id": held.conversation_id}
    latest = await (await conn.execute(_FIND_LATEST_STANDING, conversation)).fetchone()
    last_id, last_at, direction, line = None, None, None, None
    if latest is not None:
        last_id, last_at, direction, text, body_format, subject, attachments = latest
        line = preview(text, body_format, attachments, subject)
    cursor = await conn.execute(
        _TAKE_BACK_MESSAGE,
        conversation
        | {"last_at": last_at, "last_id": last_id, "direction": direction, "preview": line},
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def queue_again(
    conn: Connection, customer_id: int, message_id: str, held: HeldMessage
) -> int | None:
    """Have a message sent once more; return the conversation's version."""
    ids = {"customer_id": customer_id, "message_id": message_id}
    await conn.execute(_SET_STATUS, ids | {"status": "queued"})
    await conn.execute(_FORGET_LOOK_UP, ids)
    conversation = {"customer_id": customer_id, "conversation_id": held.conversation_id}
    place = {"channel_id": held.channel_id, "seq": held.seq}
    await queue_message(conn, ids | conversation | place, 0.0)
    row = await (await conn.execute(_TOUCH_CONVERSATION, conversation)).fetchone()
    return row[0] if row else None


async def count_recipients(conn: Connection, customer_id: int, message_id: str) -> int:
    """Count to how many addresses a message goes."""
    ids = {"customer_id": customer_id, "message_id": message_id}
    row = await (await conn.execute(_COUNT_RECIPIENTS, ids)).fetchone()
    return row[0] if row else 0


def _added_message(message: NewOutbound, conversation_id: str) -> dict[str, Any]:
    return {
        "customer_id": message.customer_id,
        "conversation_id": conversation_id,
        "message_id": message.id,
        "sent_at": message.sent_at,
        "preview": preview(message.body, "text", len(message.uploads), message.subject),
    }
