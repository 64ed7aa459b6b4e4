"""What is shown of conversations: rows for ids that a list or a path names.

Every statement names the customer and looks its rows up by key. Knows no filter and no JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.rows import class_row

from domain.address import AddressKind
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus, ParticipantRole
from domain.message import Direction
from store.database import Connection
from store.message_listing import MessageStatus
from store.own_participants import find_answering
from store.sql import statements

_SQL = statements("conversation_rows")
_READ_CONVERSATIONS = _SQL["read_conversations"]
_RESOLVE = _SQL["resolve_conversation"]
_PARTICIPANTS = _SQL["list_participants"]

MOST_UNREAD = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedConversation:
    """`unread` is None where nobody in particular looks; `unread_count` goes to one too many."""

    id: str
    channel_id: str
    channel_kind: ChannelKind
    channel_name: str
    own_address: str
    subject: str | None
    status: ConversationStatus
    assignee_id: str | None
    assignee_name: str | None
    snoozed_until: datetime | None
    tags: list[str]
    message_count: int
    inbound_count: int
    last_seq: int
    last_activity_at: datetime
    last_message_id: str
    last_message_seq: int | None
    last_message_sent_at: datetime | None
    last_message_direction: Direction
    last_message_status: MessageStatus | None
    last_message_preview: str
    waiting_since: datetime | None
    unread: bool | None
    unread_count: int | None
    created_at: datetime
    closed_at: datetime | None
    version: int
    last_message_has_attachments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedParticipant:
    conversation_id: str
    kind: AddressKind
    address: str
    role: ParticipantRole
    contact_id: str | None
    contact_name: str | None


async def read_conversations(
    conn: Connection, customer_id: int, conversation_ids: Sequence[str], viewer_id: str | None
) -> list[ListedConversation]:
    """Read conversations in the order given, as an agent sees them; what is gone is left out."""
    cursor = conn.cursor(row_factory=class_row(ListedConversation))
    await cursor.execute(
        _READ_CONVERSATIONS,
        {
            "customer_id": customer_id,
            "conversation_ids": list(conversation_ids),
            "viewer_id": viewer_id,
            "most_unread": MOST_UNREAD + 1,
        },
    )
    return await cursor.fetchall()


async def resolve_conversation(
    conn: Connection, customer_id: int, conversation_id: str
) -> str | None:
    """Find the id a conversation has now: its own, or that of the one it became part of."""
    cursor = await conn.execute(
        _RESOLVE, {"customer_id": customer_id, "conversation_id": conversation_id}
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def find_conversation(
    conn: Connection, customer_id: int, conversation_id: str, viewer_id: str | None = None
) -> ListedConversation | None:
    """Find a conversation by its id, or by that of one which became part of it."""
    found = await resolve_conversation(conn, customer_id, conversation_id)
    rows = await read_conversations(conn, customer_id, [found], viewer_id) if found else []
    return rows[0] if rows else None


async def read_participants(
    conn: Connection, customer_id: int, rows: Sequence[ListedConversation]
) -> tuple[list[ListedConversation], list[ListedParticipant]]:
    """Read who else takes part in these conversations, by conversation, kind and address.

    Each row comes back with the own address that an answer leaves from.
    """
    ids = [row.id for row in rows]
    cursor = conn.cursor(row_factory=class_row(ListedParticipant))
    await cursor.execute(_PARTICIPANTS, {"customer_id": customer_id, "conversation_ids": ids})
    everybody = await cursor.fetchall()
    first = {row.id: row.own_address for row in rows}
    own = [participant for participant in everybody if participant.role == "own"]
    unlike = {
        address.conversation_id
        for address in own
        if address.address != first[address.conversation_id]
    }
    found = await find_answering(conn, customer_id, list(unlike)) if unlike else {}
    shown = [
        replace(row, own_address=found[row.id].value) if row.id in found else row for row in rows
    ]
    return shown, [participant for participant in everybody if participant.role == "other"]
