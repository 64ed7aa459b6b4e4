"""Keeps the search index: a consumer of the outbox, off the path of events.

New messages are added, those of merged and split conversations followed, and what somebody called a
contact can be found with the newest message of each of the contact's conversations. Every step can
be done again. Knows no query.
"""

from collections.abc import Collection, Sequence

from domain.address import Address
from domain.html_text import text_of
from domain.search_text import index_text
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
from worker.background.consumers import Consumer

_BATCH = 50  # about twenty milliseconds
_MOST_CONVERSATIONS = 100
_NEW = frozenset({"message.received", "message.queued"})
_MOVED = frozenset({"conversation.merged", "conversation.split"})
_RENAMED = frozenset({"contact.updated", "contact.merged"})


def search_consumer() -> Consumer:
    """Make the consumer that keeps the search index."""
    return Consumer(name="search", handle=index_changes, batch_size=_BATCH)


async def index_changes(conn: Connection, rows: Sequence[OutboxRow]) -> None:
    """Bring the index up to some changes, which come in order."""
    added = dict.fromkeys(
        (row.customer_id, row.message_id) for row in rows if row.type in _NEW and row.message_id
    )
    if added:
        await index_messages(conn, added)
    moved = {
        (row.customer_id, conversation_id)
        for row in rows
        if row.type in _MOVED
        for conversation_id in (row.conversation_id, row.object_id)
        if conversation_id
    }
    if moved:
        await move_documents(conn, moved)
    renamed = {
        (row.customer_id, row.object_id) for row in rows if row.type in _RENAMED and row.object_id
    }
    if renamed:
        newest = await find_newest_of_contacts(conn, renamed, _MOST_CONVERSATIONS)
        indexed = await read_messages_to_index(conn, newest, is_known=True)
        if indexed:
            await update_documents(conn, [_document(message) for message in indexed])


async def index_messages(conn: Connection, messages: Collection[tuple[int, str]]) -> None:
    """Let messages be found that cannot be found yet, each named by customer and id."""
    new = await read_messages_to_index(conn, messages, is_known=False)
    if new:
        await insert_documents(conn, [_document(message) for message in new])


def _document(message: MessageToIndex) -> SearchDocument:
    is_html = message.body_format == "html"
    return SearchDocument(
        customer_id=message.customer_id,
        message_id=message.message_id,
        indexed=index_text(
            text_of(message.body) if is_html else message.body,
            message.subject,
            [message.from_name, *message.contact_names],
            [
                Address(kind, value)
                for kind, value in zip(message.kinds, message.addresses, strict=True)
            ],
        ),
    )
