"""Message texts, each stored once under a collision-safe hash. Knows nothing of messages."""

from collections.abc import Collection, Sequence

from domain.identity import hash64
from store.database import Connection
from store.hash_collisions import Hashed, HashOf, Key, store_hashed
from store.sql import statements

_SQL = statements("bodies")
_INSERT_BODIES = _SQL["insert_bodies"]
_FIND_SAME_BODIES = _SQL["find_same_bodies"]

Body = tuple[int, str]


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


def _identify(body: Body) -> tuple[int, str]:
    return body


def _columns(rows: Sequence[Hashed[Body]]) -> dict[str, list[int] | list[str]]:
    return {
        "customer_ids": [row.customer_id for row in rows],
        "hashes": [row.hash for row in rows],
        "texts": [row.item[1] for row in rows],
    }
