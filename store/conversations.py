"""Conversations and who takes part in them, written in batches.

Every update compares and adds, so late, repeated and concurrent batches end in the same rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.conversation import ParticipantRole
from domain.message import Direction
from store.database import Connection
from store.sql import statements

_SQL = statements("conversations")
_UPSERT_CONVERSATIONS = _SQL["upsert_conversations"]
_INSERT_PARTICIPANTS = _SQL["insert_participants"]
_LOCK_CONVERSATIONS = _SQL["lock_conversations"]
_LIST_PARTICIPANTS = _SQL["list_participants"]

ConversationKey = tuple[int, str]
Participant = tuple[int, str, int, ParticipantRole]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationGrowth:
    """What is added to one conversation: some messages, or all those of a merged one.

    `subject` is that of the first message; `direction` and `preview` are the last one's.
    """

    customer_id: int
    id: str
    channel_id: str
    key_hash: str
    subject: str | None
    added: int
    added_inbound: int
    first_at: datetime
    first_id: str
    last_at: datetime
    last_id: str
    direction: Direction
    preview: str


async def upsert_conversations(
    conn: Connection, grown: Sequence[ConversationGrowth]
) -> dict[ConversationKey, int]:
    """Grow conversations, making those that are new; return the last seq each has given out."""
    cursor = await conn.execute(
        _UPSERT_CONVERSATIONS,
        {
            "customer_ids": [one.customer_id for one in grown],
            "ids": [one.id for one in grown],
            "channel_ids": [one.channel_id for one in grown],
            "key_hashes": [one.key_hash for one in grown],
            "subjects": [one.subject for one in grown],
            "added": [one.added for one in grown],
            "added_inbound": [one.added_inbound for one in grown],
            "first_ats": [one.first_at for one in grown],
            "first_ids": [one.first_id for one in grown],
            "last_ats": [one.last_at for one in grown],
            "last_ids": [one.last_id for one in grown],
            "directions": [one.direction for one in grown],
            "previews": [one.preview for one in grown],
        },
    )
    return {(row[0], row[1]): row[2] for row in await cursor.fetchall()}


async def insert_participants(conn: Connection, participants: Collection[Participant]) -> None:
    """Note who takes part in what: (customer, conversation, address hash, role)."""
    columns = [list(column) for column in zip(*participants, strict=True)]
    names = ("customer_ids", "conversation_ids", "address_hashes", "roles")
    await conn.execute(_INSERT_PARTICIPANTS, dict(zip(names, columns, strict=True)))


async def lock_conversations(
    conn: Connection, conversations: Collection[ConversationKey]
) -> dict[ConversationKey, ConversationGrowth]:
    """Hold conversations until the transaction ends; return what each of them has grown to.

    One that was merged away meanwhile is left out.
    """
    async with conn.cursor(row_factory=class_row(ConversationGrowth)) as cursor:
        await cursor.execute(_LOCK_CONVERSATIONS, _columns(conversations))
        return {(one.customer_id, one.id): one for one in await cursor.fetchall()}


async def list_participants(
    conn: Connection, conversations: Collection[ConversationKey]
) -> dict[ConversationKey, set[int]]:
    """Return the address hashes that take part in each conversation."""
    cursor = await conn.execute(_LIST_PARTICIPANTS, _columns(conversations))
    participants: dict[ConversationKey, set[int]] = {}
    for customer_id, conversation_id, address_hash in await cursor.fetchall():
        participants.setdefault((customer_id, conversation_id), set()).add(address_hash)
    return participants


def _columns(conversations: Collection[ConversationKey]) -> dict[str, list[object]]:
    return {
        "customer_ids": [customer_id for customer_id, _ in conversations],
        "ids": [conversation_id for _, conversation_id in conversations],
    }
