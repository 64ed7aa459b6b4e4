"""Reads and writes API keys. Sees their hashes only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.api_key import ApiKey
from store.database import Connection
from store.sql import statements

_SQL = statements("api_keys")
_INSERT = _SQL["insert_key"]
_FIND = _SQL["find_key"]
_LIST = _SQL["list_keys"]
_REVOKE = _SQL["revoke_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKey:
    """A key as operators see it; `revoked_at` is None while it works."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


async def insert_key(
    conn: Connection,
    *,
    customer_id: int,
    key_id: str,
    name: str,
    key_hash: bytes,
    scopes: Sequence[str],
) -> bool:
    """Store a key; False where this hash is stored already, revoked or not."""
    cursor = await conn.execute(
        _INSERT,
        {
            "customer_id": customer_id,
            "id": key_id,
            "name": name,
            "key_hash": key_hash,
            "scopes": list(scopes),
        },
    )
    return await cursor.fetchone() is not None


async def find_key(conn: Connection, key_hash: bytes) -> ApiKey | None:
    """Find the key with this hash, unless it was revoked."""
    cursor = await conn.execute(_FIND, {"key_hash": key_hash})
    row = await cursor.fetchone()
    if row is None:
        return None
    customer_id, id_, name, scopes = row
    return ApiKey(customer_id=customer_id, id=id_, name=name, scopes=frozenset(scopes))


async def list_keys(conn: Connection, customer_id: int) -> list[ListedKey]:
    """List a customer's keys, newest first."""
    cursor = await conn.execute(_LIST, {"customer_id": customer_id})
    return [
        ListedKey(
            id=id_,
            name=name,
            scopes=tuple(scopes),
            created_at=created_at,
            revoked_at=revoked_at,
        )
        for id_, name, scopes, created_at, revoked_at in await cursor.fetchall()
    ]


async def revoke_key(conn: Connection, customer_id: int, key_id: str) -> bool:
    """Stop a key for good; False where the customer has no such key."""
    cursor = await conn.execute(_REVOKE, {"customer_id": customer_id, "id": key_id})
    return await cursor.fetchone() is not None
