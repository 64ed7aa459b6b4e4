"""Notes: what agents tell each other about a conversation. Knows nothing of messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("notes")
_INSERT = _SQL["insert_note"]
_NEWEST = _SQL["list_newest_notes"]
_OLDEST = _SQL["list_oldest_notes"]
_FIND = _SQL["find_note"]

_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNote:
    """A note; who wrote it is None for a program."""

    id: str
    conversation_id: str
    agent_id: str | None
    agent_name: str | None
    text: str
    created_at: datetime


async def insert_note(
    conn: Connection,
    customer_id: int,
    *,
    note_id: str,
    conversation_id: str,
    agent_id: str | None,
    text: str,
) -> StoredNote:
    """Keep a note on a conversation that is held."""
    cursor = conn.cursor(row_factory=class_row(StoredNote))
    await cursor.execute(
        _INSERT,
        {
            "customer_id": customer_id,
            "id": note_id,
            "conversation_id": conversation_id,
            "agent_id": agent_id,
            "text": text,
        },
    )
    [note] = await cursor.fetchall()
    return note


async def list_notes(
    conn: Connection,
    customer_id: int,
    conversation_id: str,
    *,
    order: Literal["newest", "oldest"],
    after_id: str | None,
    row_count: int,
) -> list[StoredNote]:
    """List a conversation's notes after one, in the order in which they were written."""
    is_newest = order == "newest"
    cursor = conn.cursor(row_factory=class_row(StoredNote))
    await cursor.execute(
        _NEWEST if is_newest else _OLDEST,
        {
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "edge_id": after_id or (_LAST_ID if is_newest else _FIRST_ID),
            "row_count": row_count,
        },
    )
    return await cursor.fetchall()


async def find_note(conn: Connection, customer_id: int, note_id: str) -> StoredNote | None:
    """Find a note."""
    cursor = conn.cursor(row_factory=class_row(StoredNote))
    await cursor.execute(_FIND, {"customer_id": customer_id, "id": note_id})
    return await cursor.fetchone()
