"""Conversations and who takes part in them, written in batches.

Every update compares and adds, so late, repeated and concurrent batches end in the same rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from domain.conversation import ParticipantRole
from domain.message import Direction
from store.database import Connection
from store.sql import statements

_SQL = statements("conversations")
_UPSERT_CONVERSATIONS = _SQL["upsert_conversations"]
_INSERT_PARTICIPANTS = _SQL["insert_participants"]
_LOCK_CONVERSATIONS = _SQL["lock_conversations"]
_LIST_PARTICIPANTS = _SQL["list_participants"]
_RECOUNT = _SQL["recount_conversations"]

ConversationKey = tuple[int, str]
Participant = tuple[int, str, int, ParticipantRole]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationTotals:
    """What is added to one conversation: some messages, or all those of a merged one.

    `subject` is that of the message that was sent first; `last_at`, `direction` and `preview` are
    those of the message that arrived last. `received_ats` says when what is new came in, in order.
    """

    customer_id: int
    id: str
    channel_id: str
    key_hash: str
    generation: int
    subject: str | None
    added: int
    added_inbound: int
    from_people: int
    first_at: datetime
    first_id: str
    last_at: datetime
    last_id: str
    direction: Direction
    preview: str
    received_ats: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedConversation:
    """A conversation that is locked: its totals, and when it was closed, if it is."""

    totals: ConversationTotals
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatedConversation:
    """A conversation after messages were added; version 1 is one that was made just now."""

    last_seq: int
    version: int
    is_current: bool


_STORED = tuple(field.name for field in fields(ConversationTotals))[:-1]


async def upsert_conversations(
    conn: Connection, totals: Sequence[ConversationTotals]
) -> dict[ConversationKey, UpdatedConversation]:
    """Add to conversations, making those that are new."""
    arrived = [
        (conversation.customer_id, conversation.id, at)
        for conversation in totals
        if len(conversation.received_ats) > 1
        for at in conversation.received_ats
    ]
    cursor = await conn.execute(
        _UPSERT_CONVERSATIONS,
        {
            "customer_ids": [conversation.customer_id for conversation in totals],
            "ids": [conversation.id for conversation in totals],
            "channel_ids": [conversation.channel_id for conversation in totals],
            "key_hashes": [conversation.key_hash for conversation in totals],
            "generations": [conversation.generation for conversation in totals],
            "subjects": [conversation.subject for conversation in totals],
            "added": [conversation.added for conversation in totals],
            "added_inbound": [conversation.added_inbound for conversation in totals],
            "from_people": [conversation.from_people for conversation in totals],
            "waiting_ats": [
                min(conversation.received_ats, default=None) for conversation in totals
            ],
            "first_ats": [conversation.first_at for conversation in totals],
            "first_ids": [conversation.first_id for conversation in totals],
            "last_ats": [conversation.last_at for conversation in totals],
            "last_ids": [conversation.last_id for conversation in totals],
            "directions": [conversation.direction for conversation in totals],
            "previews": [conversation.preview for conversation in totals],
            "arrived_customer_ids": [customer_id for customer_id, _, _ in arrived],
            "arrived_in_ids": [conversation_id for _, conversation_id, _ in arrived],
            "arrived_ats": [at for _, _, at in arrived],
        },
    )
    return {
        (row[0], row[1]): UpdatedConversation(last_seq=row[2], version=row[3], is_current=row[4])
        for row in await cursor.fetchall()
    }


async def insert_participants(conn: Connection, participants: Collection[Participant]) -> None:
    """Note who takes part in what: (customer, conversation, address hash, role)."""
    columns = [list(column) for column in zip(*participants, strict=True)]
    names = ("customer_ids", "conversation_ids", "address_hashes", "roles")
    await conn.execute(_INSERT_PARTICIPANTS, dict(zip(names, columns, strict=True)))


async def lock_conversations(
    conn: Connection, conversations: Collection[ConversationKey]
) -> dict[ConversationKey, LockedConversation]:
    """Hold conversations until the transaction ends; return the totals of each.

    One that was merged away meanwhile is left out.
    """
    cursor = await conn.execute(_LOCK_CONVERSATIONS, _columns(conversations))
    return {
        (row[0], row[1]): LockedConversation(
            totals=ConversationTotals(**dict(zip(_STORED, row[:-1], strict=True))),
            closed_at=row[-1],
        )
        for row in await cursor.fetchall()
    }


async def list_participants(
    conn: Connection, conversations: Collection[ConversationKey]
) -> dict[ConversationKey, set[int]]:
    """Return the address hashes that take part in each conversation."""
    cursor = await conn.execute(_LIST_PARTICIPANTS, _columns(conversations))
    participants: dict[ConversationKey, set[int]] = {}
    for customer_id, conversation_id, address_hash in await cursor.fetchall():
        participants.setdefault((customer_id, conversation_id), set()).add(address_hash)
    return participants


async def recount_conversations(
    conn: Connection, conversations: Collection[ConversationKey]
) -> None:
    """Derive counts, times and who waits from the messages, after some of them moved."""
    await conn.execute(_RECOUNT, _columns(conversations))


def _columns(conversations: Collection[ConversationKey]) -> dict[str, list[object]]:
    return {
        "customer_ids": [customer_id for customer_id, _ in conversations],
        "ids": [conversation_id for _, conversation_id in conversations],
    }
