"""Message texts, each stored once under a collision-safe hash. Knows no thread and no list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.identity import hash64
from domain.message import BodyFormat
from store.database import Connection
from store.hash_collisions import Hashed, HashOf, Key, store_hashed
from store.sql import statements

_SQL = statements("bodies")
_INSERT_BODIES = _SQL["insert_bodies"]
_FIND_SAME_BODIES = _SQL["find_same_bodies"]
_FIND_BODY = _SQL["find_body"]

Body = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBody:
    text: str
    body_format: BodyFormat


async def ensure_bodies(
    conn: Connection, bodies: Collection[Body], hash_of: HashOf = hash64
) -> dict[Body, int]:
    """Store texts that are new; return the hash of each (customer, text)."""

    async def insert_new(rows: Sequence[Hashed[Body]]) -> set[Key]:
        cursor = await conn.execute(_INSERT_BODIES, _columns(rows))
        return {(row[0], row[1]) for row in await cursor.fetchall()}

    async def find_same(rows: Sequence[Hashed[Body]]) -> set[Body]:
        cursor = await conn.execute(_FIND_SAME_BODIES, _columns(rows))
        positions: list[int] = [row[0] for row in await cursor.fetchall()]
        return {rows[position - 1].item for position in positions}

    return await store_hashed(set(bodies), _identify, hash_of, insert_new, find_same)


async def find_body(conn: Connection, customer_id: int, message_id: str) -> MessageBody | None:
    """Find the text of a message."""
    cursor = await conn.execute(_FIND_BODY, {"customer_id": customer_id, "message_id": message_id})
    row = await cursor.fetchone()
    return MessageBody(text=row[0], body_format=row[1]) if row else None


def _identify(body: Body) -> tuple[int, str]:
    return body


def _columns(rows: Sequence[Hashed[Body]]) -> dict[str, list[int] | list[str]]:
    return {
        "customer_ids": [row.customer_id for row in rows],
        "hashes": [row.hash for row in rows],
        "texts": [row.item[1] for row in rows],
    }
