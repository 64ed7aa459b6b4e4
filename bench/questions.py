"""What is asked of the conversation list and of threads, drawn from the rows that are there.

A question can be put to the API and to the store, and means the same to both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

import msgspec

from bench.databases import CUSTOMER_ID
from bench.http_client import Client, body_of
from domain.address import Address
from domain.conversation import ConversationStatus
from inbox.present import present_time
from store.database import Connection
from store.inbox import (
    ConversationFilter,
    Position,
    find_conversation,
    list_attachments,
    list_conversations,
    list_messages,
    list_participants,
    list_recipients,
)

LIMIT = 50

_ANY = ConversationFilter()
_BUSY = Address("phone", "+14152000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call: `path` for the API, the rest for the store."""

    path: str
    wanted: ConversationFilter = _ANY
    after: Position | None = None
    conversation_id: str = ""


class _Page(msgspec.Struct):
    next_cursor: str


class _Listing(msgspec.Struct):
    page: _Page


async def draw(conn: Connection, client: Client) -> dict[str, list[Question]]:
    """Draw the questions of every kind."""
    positions = [Position(*row) for row in await _rows(conn, _POSITIONS)]
    channels = [row[0] for row in await _rows(conn, _CHANNELS)]
    addresses = [Address(*row) for row in await _rows(conn, _ADDRESSES)]
    threads = [row[0] for row in await _rows(conn, _THREADS)]
    return {
        "first page": [_listing(_ANY)],
        "deep page": [_deep(client, position) for position in positions],
        "one status": [
            _listing(ConversationFilter(statuses=(status,)), status=status)
            for status in get_args(ConversationStatus)
        ],
        "one channel": [
            _listing(ConversationFilter(channel_id=one), channel_id=one) for one in channels
        ],
        "one address": [_of_address(address) for address in addresses],
        "busy address": [_of_address(_BUSY)],
        "thread": [_thread(conversation_id) for conversation_id in threads],
    }


async def ask_store(conn: Connection, question: Question) -> None:
    """Put a question to the store: every statement that the API would run for it."""
    if question.conversation_id:
        await _ask_for_thread(conn, question.conversation_id)
        return
    rows = await list_conversations(
        conn, CUSTOMER_ID, question.wanted, after=question.after, limit=LIMIT
    )
    await list_participants(conn, CUSTOMER_ID, [row.id for row in rows[:LIMIT]])


async def _ask_for_thread(conn: Connection, conversation_id: str) -> None:
    conversation = await find_conversation(conn, CUSTOMER_ID, conversation_id)
    assert conversation is not None
    rows = await list_messages(
        conn, CUSTOMER_ID, conversation.id, order="newest", after=None, limit=LIMIT
    )
    ids = [row.id for row in rows]
    await list_recipients(conn, CUSTOMER_ID, ids)
    await list_attachments(conn, CUSTOMER_ID, ids)


async def _rows(conn: Connection, query: bytes) -> Sequence[tuple[Any, ...]]:
    return await (await conn.execute(query)).fetchall()


def _listing(
    wanted: ConversationFilter, after: Position | None = None, **parameters: str
) -> Question:
    query = urlencode({**parameters, "limit": LIMIT})
    return Question(path=f"/api/conversations?{query}", wanted=wanted, after=after)


def _deep(client: Client, position: Position) -> Question:
    """Ask for the page after the one that begins at a position, by the cursor the API gives."""
    before = present_time(position.at)
    first = _listing(_ANY, active_before=before)
    page = msgspec.json.decode(body_of(client.get(first.path)), type=_Listing).page
    return _listing(
        ConversationFilter(active_before=position.at),
        position,
        active_before=before,
        cursor=page.next_cursor,
    )


def _of_address(address: Address) -> Question:
    return _listing(ConversationFilter(addresses=(address,)), address=address.value)


def _thread(conversation_id: str) -> Question:
    path = f"/api/conversations/{conversation_id}/messages?limit={LIMIT}"
    return Question(path=path, conversation_id=conversation_id)


# Ids are hashes of numbers, so the first of them are a random choice.
_POSITIONS = b"""
    SELECT last_activity_at, id FROM conversations
    WHERE last_activity_at > (SELECT percentile_disc(0.1) WITHIN GROUP (ORDER BY last_activity_at)
                              FROM conversations)
    ORDER BY id LIMIT 200
"""
_CHANNELS = b"SELECT id FROM channels ORDER BY name"
_ADDRESSES = b"""
    SELECT a.kind, a.value
    FROM conversation_participants AS p
    JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
    WHERE p.customer_id = 1 AND p.role = 'other' AND p.address_hash <> hashint8extended(0, 1)
    ORDER BY p.conversation_id LIMIT 200
"""
_THREADS = b"SELECT id FROM conversations WHERE message_count = 20 ORDER BY id LIMIT 200"
