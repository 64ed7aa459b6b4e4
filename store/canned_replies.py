"""Canned replies: texts that agents send often. Knows nobody who sends them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("canned_replies")
_INSERT = _SQL["insert_canned_reply"]
_LOCK = _SQL["lock_canned_reply"]
_SET = _SQL["set_canned_reply"]
_DELETE = _SQL["delete_canned_reply"]
_LIST = _SQL["list_canned_replies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCannedReply:
    id: str
    name: str
    text: str
    version: int
    created_at: datetime
    updated_at: datetime


async def insert_canned_reply(
    conn: Connection, customer_id: int, *, reply_id: str, name: str, text: str
) -> StoredCannedReply | None:
    """Keep a canned reply; None where the customer has one of that name."""
    parameters = {"customer_id": customer_id, "id": reply_id, "name": name, "text": text}
    return await _one(conn, _INSERT, parameters)


async def lock_canned_reply(
    conn: Connection, customer_id: int, reply_id: str
) -> StoredCannedReply | None:
    """Hold a canned reply for a change."""
    return await _one(conn, _LOCK, {"customer_id": customer_id, "id": reply_id})


async def set_canned_reply(
    conn: Connection, customer_id: int, *, reply_id: str, name: str, text: str
) -> StoredCannedReply | None:
    """Change a held canned reply; None where another one has the name."""
    parameters = {"customer_id": customer_id, "id": reply_id, "name": name, "text": text}
    try:
        async with conn.transaction():
            return await _one(conn, _SET, parameters)
    except UniqueViolation:
        return None


async def delete_canned_reply(conn: Connection, customer_id: int, reply_id: str) -> bool:
    """Forget a canned reply; False where there is none."""
    cursor = await conn.execute(_DELETE, {"customer_id": customer_id, "id": reply_id})
    return await cursor.fetchone() is not None


async def list_canned_replies(
    conn: Connection, customer_id: int, *, after: str | None, row_count: int
) -> list[StoredCannedReply]:
    """List a customer's canned replies by name, from the first after a name."""
    cursor = conn.cursor(row_factory=class_row(StoredCannedReply))
    await cursor.execute(
        _LIST, {"customer_id": customer_id, "after": after, "row_count": row_count}
    )
    return await cursor.fetchall()


async def _one(
    conn: Connection, statement: bytes, parameters: Mapping[str, Any]
) -> StoredCannedReply | None:
    cursor = conn.cursor(row_factory=class_row(StoredCannedReply))
    await cursor.execute(statement, parameters)
    return await cursor.fetchone()
