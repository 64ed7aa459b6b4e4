"""Keeps the search index: a consumer of the outbox, off the path of events.

New messages are added, those of merged and split conversations followed, and what somebody called a
contact can be found with the newest message of each of the contact's conversations. Every step can
be done again. Knows no query.
"""

import asyncio
from collections.abc import Collection, Sequence

from domain.address import Address
from domain.html_text import text_of
from domain.search_text import MOST_INDEXED, index_text
from store.changes import OutboxRow
from store.database import Connection
from store.search_documents import (
    MessageToIndex,
    SearchDocument,
    find_newest_of_contacts,
    insert_documents,
    move_documents,
    read_messages_to_index,
    update_documents,
)
from worker.background.consumers import Consumer, Write

_BATCH = 50  # about twenty milliseconds
_LONG = 10_000  # characters: about a millisecond
_MOST_CONVERSATIONS = 100
_NEW = frozenset({"message.received", "message.queued"})
_MOVED = frozenset({"conversation.merged", "conversation.split"})
_RENAMED = frozenset({"contact.updated", "contact.merged"})


def search_consumer() -> Consumer:
    """Make the consumer that keeps the search index."""
    return Consumer(name="search", handle=index_changes, batch_size=_BATCH)


async def index_changes(conn: Connection, rows: Sequence[OutboxRow]) -> Write:
    """Say how the index is brought up to some changes, which come in order."""
    added = dict.fromkeys(
        (row.customer_id, row.message_id) for row in rows if row.type in _NEW and row.message_id
    )
    moved = {
        (row.customer_id, conversation_id)
        for row in rows
        if row.type in _MOVED
        for conversation_id in (row.conversation_id, row.object_id)
        if conversation_id
    }
    renamed = {
        (row.customer_id, row.object_id) for row in rows if row.type in _RENAMED and row.object_id
    }
    new = await _documents(conn, added, is_known=False)
    newest = await find_newest_of_contacts(conn, renamed, _MOST_CONVERSATIONS) if renamed else []
    changed = await _documents(conn, newest, is_known=True)

    async def write(conn: Connection) -> None:
        if new:
            await insert_documents(conn, new)
        if moved:
            await move_documents(conn, moved)
        if changed:
            await update_documents(conn, changed)

    return write


async def index_messages(conn: Connection, messages: Collection[tuple[int, str]]) -> None:
    """Let messages be found that cannot be found yet, each named by customer and id."""
    new = await _documents(conn, messages, is_known=False)
    if new:
        await insert_documents(conn, new)


async def _documents(
    conn: Connection, messages: Collection[tuple[int, str]], *, is_known: bool
) -> list[SearchDocument]:
    """Read messages; those that are long are cut into words in a thread."""
    if not messages:
        return []
    read = await read_messages_to_index(conn, messages, is_known=is_known)
    return [
        await asyncio.to_thread(_document, message)
        if len(message.body) > _LONG
        else _document(message)
        for message in read
    ]


def _document(message: MessageToIndex) -> SearchDocument:
    is_html = message.body_format == "html"
    return SearchDocument(
        customer_id=message.customer_id,
        message_id=message.message_id,
        indexed=index_text(
            text_of(message.body, MOST_INDEXED) if is_html else message.body,
            message.subject,
            [message.from_name, *message.contact_names],
            [
                Address(kind, value)
                for kind, value in zip(message.kinds, message.addresses, strict=True)
            ],
        ),
    )
