"""Keeps the search index: a consumer of the outbox, off the path of events.

New messages are added, those of merged and split conversations followed, those read again that a
copy added somebody to; what somebody called a contact can be found with the newest message of each
of the contact's conversations. Every step can be done again. Knows no query.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from domain.address import Address
from domain.long_texts import IN_PLACE, LongTexts
from domain.search_text import IndexedText, index_message
from store.changes import OutboxRow
from store.copies import find_copied
from store.customers import list_customers
from store.database import Connection
from store.search_documents import (
    MessageKey,
    SearchDocument,
    count_messages_to_index,
    drop_documents,
    find_newest_of_contacts,
    follow_messages,
    insert_documents,
    list_messages_to_index,
    move_documents,
    read_messages_to_index,
    remove_documents,
    update_documents,
)
from worker.background.consumers import Consumer, Write
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

_BATCH = 50  # about twenty milliseconds
_FILLED_AT_ONCE = 200
_MOST_CONVERSATIONS = 100
_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_NEW = frozenset({"message.received", "message.queued"})
_MOVED = frozenset({"conversation.merged", "conversation.split"})
_RENAMED = frozenset({"contact.updated", "contact.merged"})


def search_consumer(long_texts: LongTexts = IN_PLACE) -> Consumer:
    """Make the consumer that keeps the search index."""
    handle = partial(index_changes, long_texts=long_texts)
    return Consumer(name="search", handle=handle, batch_size=_BATCH)


async def index_changes(
    conn: Connection, rows: Sequence[OutboxRow], *, long_texts: LongTexts
) -> Write:
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
    updated = {
        (row.customer_id, row.message_id)
        for row in rows
        if row.type == "message.updated" and row.message_id
    }
    new = await _documents(conn, added, is_known=False, long_texts=long_texts)
    newest = await find_newest_of_contacts(conn, renamed, _MOST_CONVERSATIONS) if renamed else []
    copied = await find_copied(conn, updated) if updated else []
    known = dict.fromkeys([*newest, *copied])
    changed = await _documents(conn, known, is_known=True, long_texts=long_texts)

    async def write(conn: Connection) -> None:
        if new:
            await insert_documents(conn, new)
        if moved:
            await move_documents(conn, moved)
        if changed:
            await update_documents(conn, changed)

    return write


@dataclass(slots=True, kw_only=True)
class Reindexed:
    """How many messages were looked at, and what became of their documents."""

    messages: int = 0
    added: int = 0
    renewed: int = 0
    removed: int = 0


async def reindex(
    conn: Connection, customer_id: int, progress: Callable[[int, int], None]
) -> Reindexed:
    """Index a customer's messages again, from the first one on; `progress` hears how far it is.

    In small transactions, because all who follow the outbox wait for each. What is indexed keeps
    its place; what is missing becomes the newest, for places are given once.
    """
    total = await count_messages_to_index(conn, customer_id)
    done = Reindexed()
    after_id = _FIRST_ID
    while True:
        ids = await list_messages_to_index(conn, customer_id, after_id, _BATCH)
        last_id = ids[-1] if len(ids) == _BATCH else _LAST_ID
        messages = [(customer_id, message_id) for message_id in ids]
        known = await _documents(conn, messages, is_known=True)
        new = await _documents(conn, messages, is_known=False)
        async with conn.transaction():
            done.removed += await remove_documents(conn, customer_id, after_id, last_id)
            await update_documents(conn, known)
            await insert_documents(conn, new)
        done.messages += len(ids)
        done.renewed += len(known)
        done.added += len(new)
        progress(done.messages, total)
        if last_id == _LAST_ID:
            return done
        after_id = last_id


async def fill_index(conn: Connection, config: BackgroundConfig) -> Steps:
    """Index what is missing of all customers, let documents follow, take out what is gone."""
    for customer in await list_customers(conn):
        after_id, last_id = _FIRST_ID, ""
        while last_id != _LAST_ID:
            ids = await list_messages_to_index(conn, customer.id, after_id, _FILLED_AT_ONCE)
            last_id = ids[-1] if len(ids) == _FILLED_AT_ONCE else _LAST_ID
            messages = [(customer.id, message_id) for message_id in ids]
            new = await _documents(conn, messages, is_known=False, long_texts=config.long_texts)
            async with conn.transaction():
                gone = await remove_documents(conn, customer.id, after_id, last_id)
                moved = await follow_messages(conn, customer.id, after_id, last_id)
                if new:
                    await insert_documents(conn, new)
            yield gone + moved + len(new)
            after_id = last_id


async def index_messages(conn: Connection, messages: Collection[MessageKey]) -> None:
    """Let messages be found that cannot be found yet, each named by customer and id."""
    new = await _documents(conn, messages, is_known=False)
    if new:
        await insert_documents(conn, new)


async def read_own_words(
    conn: Connection, customer_id: int, ids: Collection[str], long_texts: LongTexts
) -> dict[str, IndexedText]:
    """Cut messages that are indexed into words again, without the people that they name."""
    read = await read_messages_to_index(
        conn, [(customer_id, message_id) for message_id in ids], is_known=True
    )
    return {
        message.message_id: await long_texts.work_on(
            len(message.body),
            index_message,
            message.body,
            message.body_format,
            message.subject,
            (),
            (),
        )
        for message in read
    }


async def index_anew(
    conn: Connection, customer_id: int, ids: Collection[str], long_texts: LongTexts
) -> None:
    """Index messages of a customer again, and take out of the index what is no message."""
    messages = [(customer_id, message_id) for message_id in ids]
    known = await _documents(conn, messages, is_known=True, long_texts=long_texts)
    new = await _documents(conn, messages, is_known=False, long_texts=long_texts)
    async with conn.transaction():
        await drop_documents(conn, customer_id, ids)
        if known:
            await update_documents(conn, known)
        if new:
            await insert_documents(conn, new)


async def _documents(
    conn: Connection,
    messages: Collection[MessageKey],
    *,
    is_known: bool,
    long_texts: LongTexts = IN_PLACE,
) -> list[SearchDocument]:
    """Read messages and cut them into words."""
    if not messages:
        return []
    read = await read_messages_to_index(conn, messages, is_known=is_known)
    return [
        SearchDocument(
            customer_id=message.customer_id,
            message_id=message.message_id,
            indexed=await long_texts.work_on(
                len(message.body),
                index_message,
                message.body,
                message.body_format,
                message.subject,
                (message.from_name, *message.contact_names),
                tuple(map(Address, message.kinds, message.addresses)),
            ),
        )
        for message in read
    ]
