"""Which conversation a key's new messages go to, and how a next generation takes its place.

Of a key at most one conversation is current: a unique index holds that. Knows no policy.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from store.conversations import ConversationKey
from store.database import Connection
from store.sql import statements

_SQL = statements("current_conversations")
_FIND_CURRENT = _SQL["find_current"]
_HOLD = _SQL["hold_conversations"]
_FIND_SPANS = _SQL["find_spans"]
_RETIRE_CONVERSATIONS = _SQL["retire_conversations"]
_RETIRE_REDIRECTS = _SQL["retire_redirects"]


class PlaceKey(NamedTuple):
    """What decides the conversation of a text: a channel and a set of participants."""

    customer_id: int
    channel_id: str
    key_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentConversation:
    """Where new messages of a key go.

    `generation` is the key's. `merged_id` names the key's own conversation where that was merged
    into this one.
    """

    id: str
    generation: int
    closed_at: datetime | None
    first_message_at: datetime
    last_activity_at: datetime
    merged_id: str | None


class Span(NamedTuple):
    """When a conversation's first message was sent, and when it was closed, if it is."""

    first_message_at: datetime
    closed_at: datetime | None


async def find_current(
    conn: Connection, keys: Collection[PlaceKey]
) -> dict[PlaceKey, CurrentConversation]:
    """Find the current conversation of each key that has one."""
    cursor = await conn.execute(
        _FIND_CURRENT,
        {
            "customer_ids": [key.customer_id for key in keys],
            "channel_ids": [key.channel_id for key in keys],
            "key_hashes": [key.key_hash for key in keys],
        },
    )
    return {
        PlaceKey(*row[:3]): CurrentConversation(
            id=row[3],
            generation=row[4],
            closed_at=row[5],
            first_message_at=row[6],
            last_activity_at=row[7],
            merged_id=row[8],
        )
        for row in await cursor.fetchall()
    }


async def hold_conversations(conn: Connection, conversations: Collection[ConversationKey]) -> None:
    """Lock conversations until the transaction ends."""
    await conn.execute(_HOLD, _columns(conversations))


async def find_spans(
    conn: Connection, conversations: Collection[ConversationKey]
) -> dict[ConversationKey, Span]:
    """Return when each conversation began and was closed; what is not there is left out."""
    cursor = await conn.execute(_FIND_SPANS, _columns(conversations))
    return {(row[0], row[1]): Span(row[2], row[3]) for row in await cursor.fetchall()}


async def retire_conversations(
    conn: Connection, conversations: Collection[ConversationKey]
) -> None:
    """Let conversations be current no more."""
    await conn.execute(_RETIRE_CONVERSATIONS, _columns(conversations))


async def retire_redirects(conn: Connection, merged: Collection[ConversationKey]) -> None:
    """Let new messages no longer go where these merged conversations went."""
    await conn.execute(_RETIRE_REDIRECTS, _columns(merged))


def _columns(conversations: Collection[ConversationKey]) -> dict[str, list[object]]:
    return {
        "customer_ids": [customer_id for customer_id, _ in conversations],
        "ids": [conversation_id for _, conversation_id in conversations],
    }
