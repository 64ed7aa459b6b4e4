"""Pages of a conversation's messages in keyset order, and what is shown of messages.

Every statement names the customer and reads a bounded range of an index. Knows no cursor text and
no JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row

from domain.address import AddressKind
from domain.message import (
    BodyFormat,
    Direction,
    MailClass,
    MessageKind,
    MessageShape,
    RecipientRole,
)  # fmt: skip
from store.database import Connection
from store.position import END, START, Position
from store.sql import statements

_SQL = statements("message_listing")
_PAGE_NEWEST = _SQL["page_newest"]
_PAGE_OLDEST = _SQL["page_oldest"]
_PAGE_BEFORE_SEQ = _SQL["page_before_seq"]
_PAGE_AFTER_SEQ = _SQL["page_after_seq"]
_READ_MESSAGES = _SQL["read_messages"]
_FIND_BY_PROVIDER_MESSAGE_ID = _SQL["find_by_provider_message_id"]
_QUOTED = _SQL["list_quoted"]
_RECIPIENTS = _SQL["list_recipients"]
_ATTACHMENTS = _SQL["list_attachments"]

MessageOrder = Literal["newest", "oldest"]
AttachmentStatus = Literal["stored", "pending", "failed"]
MessageStatus = Literal[
    "received", "queued", "unknown", "sent", "delivered", "read", "failed", "canceled"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKey:
    """A message's places: among its conversation's by time, and by number."""

    id: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    id: str
    conversation_id: str
    channel_id: str
    seq: int
    direction: Direction
    kind: MessageKind
    status: MessageStatus
    agent_id: str | None
    agent_name: str | None
    failure_code: str | None
    failure: str | None
    from_kind: AddressKind
    from_address: str
    from_name: str | None
    from_contact_id: str | None
    subject: str | None
    body: str
    body_bytes: int
    body_format: BodyFormat
    provider_message_id: str | None
    sent_at: datetime
    received_at: datetime
    created_at: datetime
    mail_class: MailClass | None = None
    is_automatic: bool = False
    may_opt_out: bool = False
    shape: MessageShape | None = None
    quoted_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedMessage:
    """A message that another of its conversation, `message_id`, quotes, answers or reacts to."""

    message_id: str
    id: str
    seq: int
    direction: Direction
    subject: str | None
    body: str
    body_format: BodyFormat
    attachment_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecipient:
    message_id: str
    role: RecipientRole
    kind: AddressKind
    address: str
    contact_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAttachment:
    """A file of a message; once it is stored, store/files.py has it.

    `error_class` and `error` are the last failure of fetching it, also while it is pending.
    """

    message_id: str
    position: int
    url: str | None
    content_type: str | None
    filename: str | None
    size_bytes: int | None
    content_id: str | None = None
    detected_type: str | None = None
    status: AttachmentStatus = "stored"
    error_class: str | None = None
    error: str | None = None


async def page_by_time(
    conn: Connection,
    customer_id: int,
    conversation_id: str,
    *,
    order: MessageOrder,
    after: Position | None,
    limit: int,
) -> list[MessageKey]:
    """List which messages come after a position, by the time they were sent.

    Shape: at most `limit` + 1 keys; the one too many says that there are more.
    """
    is_newest = order == "newest"
    edge = after or (END if is_newest else START)
    edges = {"edge_at": edge.at, "edge_id": edge.id}
    statement = _PAGE_NEWEST if is_newest else _PAGE_OLDEST
    return await _page(conn, statement, customer_id, conversation_id, edges, limit)


async def page_before_seq(
    conn: Connection, customer_id: int, conversation_id: str, seq: int, limit: int
) -> list[MessageKey]:
    """List which messages have a lower number, the highest first.

    Shape: at most `limit` + 1 keys.
    """
    edges = {"edge_seq": seq}
    return await _page(conn, _PAGE_BEFORE_SEQ, customer_id, conversation_id, edges, limit)


async def page_after_seq(
    conn: Connection, customer_id: int, conversation_id: str, seq: int, limit: int
) -> list[MessageKey]:
    """List which messages have a higher number, the lowest first.

    Shape: at most `limit` + 1 keys.
    """
    edges = {"edge_seq": seq}
    return await _page(conn, _PAGE_AFTER_SEQ, customer_id, conversation_id, edges, limit)


async def read_messages(
    conn: Connection, customer_id: int, message_ids: Sequence[str], *, with_html: bool
) -> list[ListedMessage]:
    """Read messages in the order given; what is gone is left out.

    Without HTML the body of a message that is HTML is empty.
    """
    cursor = conn.cursor(row_factory=class_row(ListedMessage))
    await cursor.execute(
        _READ_MESSAGES,
        {
            "customer_id": customer_id,
            "message_ids": list(message_ids),
            "with_html": with_html,
        },
    )
    return await cursor.fetchall()


async def find_by_provider_message_id(
    conn: Connection, customer_id: int, provider_message_id: str, dedup_key: str, limit: int
) -> list[str]:
    """Find the messages that a provider knows by an id; `dedup_key` is that of their events.

    Two channels may have been given the same id: there can be several.
    """
    cursor = await conn.execute(
        _FIND_BY_PROVIDER_MESSAGE_ID,
        {
            "customer_id": customer_id,
            "provider_message_id": provider_message_id,
            "dedup_key": dedup_key,
            "row_count": limit,
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def list_quoted(
    conn: Connection, customer_id: int, messages: Sequence[ListedMessage]
) -> dict[str, QuotedMessage]:
    """Find what these messages quote, by the id of the message that does; few do.

    What is not of their conversation, or not there, is left out.
    """
    quoting = [message.id for message in messages if message.quoted_id is not None]
    if not quoting:
        return {}
    cursor = conn.cursor(row_factory=class_row(QuotedMessage))
    await cursor.execute(_QUOTED, {"customer_id": customer_id, "message_ids": quoting})
    return {quoted.message_id: quoted for quoted in await cursor.fetchall()}


async def list_recipients(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[ListedRecipient]:
    """List to whom these messages went, by message, role, kind and address."""
    cursor = conn.cursor(row_factory=class_row(ListedRecipient))
    await cursor.execute(
        _RECIPIENTS, {"customer_id": customer_id, "message_ids": list(message_ids)}
    )
    return await cursor.fetchall()


async def list_attachments(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[ListedAttachment]:
    """List what these messages carry, by message and position."""
    cursor = conn.cursor(row_factory=class_row(ListedAttachment))
    await cursor.execute(
        _ATTACHMENTS, {"customer_id": customer_id, "message_ids": list(message_ids)}
    )
    return await cursor.fetchall()


async def _page(
    conn: Connection,
    statement: bytes,
    customer_id: int,
    conversation_id: str,
    edges: Mapping[str, Any],
    limit: int,
) -> list[MessageKey]:
    cursor = conn.cursor(row_factory=class_row(MessageKey))
    await cursor.execute(
        statement,
        {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "row_count": limit + 1,
            **edges,
        },
    )
    return await cursor.fetchall()
