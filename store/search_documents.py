"""Keeps the search index: one document per message, and the list of all words.

A document's number grows with time, and its block is one of its terms. Statements are idempotent by
message. Knows neither queries nor how a text is cut into words.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from domain.address import AddressKind
from domain.message import BodyFormat
from domain.search_text import IndexedText
from store.database import Connection
from store.sql import statements

_SQL = statements("search_documents")
_READ = _SQL["read_messages_to_index"]
_INSERT = _SQL["insert_documents"]
_UPDATE = _SQL["update_documents"]
_MOVE = _SQL["move_documents"]
_LIST = _SQL["list_messages_to_index"]
_COUNT = _SQL["count_messages_to_index"]
_DROP = _SQL["drop_documents"]
_FOLLOW = _SQL["follow_messages"]
_REMOVE = _SQL["remove_documents"]
_NEWEST_OF_CONTACTS = _SQL["find_newest_of_contacts"]

BLOCK = 16_384  # documents; one block of a frequent word is read in about ten milliseconds

MessageKey = tuple[int, str]  # customer, message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageToIndex:
    """What can be found of a message. `kinds` and `addresses` belong together."""

    customer_id: int
    message_id: str
    body: str
    body_format: BodyFormat
    subject: str | None
    from_name: str | None
    kinds: list[AddressKind]
    addresses: list[str]
    contact_names: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    customer_id: int
    message_id: str
    indexed: IndexedText


async def read_messages_to_index(
    conn: Connection, keys: Collection[MessageKey], *, is_known: bool
) -> list[MessageToIndex]:
    """Read messages in the order given: those already in the index, or those not yet."""
    cursor = conn.cursor(row_factory=class_row(MessageToIndex))
    await cursor.execute(
        _READ,
        {
            "customer_ids": [customer_id for customer_id, _ in keys],
            "message_ids": [message_id for _, message_id in keys],
            "is_known": is_known,
        },
    )
    return await cursor.fetchall()


async def insert_documents(conn: Connection, documents: Sequence[SearchDocument]) -> None:
    """Put messages into the index, the last of them as the newest."""
    await conn.execute(_INSERT, _columns(documents))


async def update_documents(conn: Connection, documents: Sequence[SearchDocument]) -> None:
    """Index messages again, in their places."""
    await conn.execute(_UPDATE, _columns(documents))


async def move_documents(conn: Connection, conversations: Collection[tuple[int, str]]) -> None:
    """Let documents follow the messages of conversations that were merged or split."""
    await conn.execute(
        _MOVE,
        {
            "customer_ids": [customer_id for customer_id, _ in conversations],
            "conversation_ids": [conversation_id for _, conversation_id in conversations],
        },
    )


async def find_newest_of_contacts(
    conn: Connection, contacts: Collection[tuple[int, str]], most: int
) -> list[MessageKey]:
    """Find the newest message of each of the latest conversations of contacts."""
    cursor = await conn.execute(
        _NEWEST_OF_CONTACTS,
        {
            "customer_ids": [customer_id for customer_id, _ in contacts],
            "contact_ids": [contact_id for _, contact_id in contacts],
            "row_count": most,
        },
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def count_messages_to_index(conn: Connection, customer_id: int) -> int:
    """Count a customer's messages."""
    row = await (await conn.execute(_COUNT, {"customer_id": customer_id})).fetchone()
    return row[0] if row else 0


async def list_messages_to_index(
    conn: Connection, customer_id: int, after_id: str, most: int
) -> list[str]:
    """List a customer's messages behind one, in the order of time."""
    wanted = {"customer_id": customer_id, "after_id": after_id, "row_count": most}
    return [row[0] for row in await (await conn.execute(_LIST, wanted)).fetchall()]


async def remove_documents(conn: Connection, customer_id: int, after_id: str, last_id: str) -> int:
    """Take out of the index what is no message any more; return how many documents that were."""
    between = {"customer_id": customer_id, "after_id": after_id, "last_id": last_id}
    return (await conn.execute(_REMOVE, between)).rowcount


async def drop_documents(conn: Connection, customer_id: int, ids: Collection[str]) -> None:
    """Take those of these out of the index that are no messages."""
    await conn.execute(_DROP, {"customer_id": customer_id, "ids": list(ids)})


async def follow_messages(conn: Connection, customer_id: int, after_id: str, last_id: str) -> int:
    """Let documents between two ids be where their messages are; return how many were not."""
    between = {"customer_id": customer_id, "after_id": after_id, "last_id": last_id}
    return (await conn.execute(_FOLLOW, between)).rowcount


def _columns(documents: Sequence[SearchDocument]) -> dict[str, object]:
    return {
        "customer_ids": [document.customer_id for document in documents],
        "message_ids": [document.message_id for document in documents],
        "shown": [document.indexed.shown for document in documents],
        "words": [document.indexed.words for document in documents],
        "exact": [" ".join(document.indexed.exact) for document in documents],
        "block": BLOCK,
    }
