"""Reads and writes API keys. Sees their hashes only."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from domain.agent import scopes_within
from domain.api_key import ApiKey, scopes_of_customer
from store.database import Connection
from store.pooling import StandbyAnswers
from store.sql import statements

_SQL = statements("api_keys")
_INSERT = _SQL["insert_key"]
_FIND = _SQL["find_key"]
_FIND_MANY = _SQL["find_keys"]
_TOUCH = _SQL["touch_key"]
_GIVE = _SQL["give_key"]
_LIST = _SQL["list_keys"]
_REVOKE = _SQL["revoke_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedKey:
    """A key as operators see it; `revoked_at` is None while it works."""

    id: str
    name: str
    scopes: list[str]
    agent_id: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


async def insert_key(
    conn: Connection,
    *,
    customer_id: int,
    key_id: str,
    name: str,
    key_hash: bytes,
    scopes: Sequence[str],
    agent_id: str | None = None,
    expires_at: datetime | None = None,
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
            "agent_id": agent_id,
            "expires_at": expires_at,
        },
    )
    return await cursor.fetchone() is not None


async def find_key(conn: Connection, key_hash: bytes) -> ApiKey | None:
    """Find the key with this hash, unless it or its agent does not work any more."""
    cursor = await conn.execute(_FIND, {"key_hash": key_hash})
    row = await cursor.fetchone()
    return key_of_row(row) if row else None


async def find_keys(conn: Connection, key_hashes: Collection[bytes]) -> dict[bytes, ApiKey]:
    """Find the keys with these hashes; those that do not work any more are left out."""
    cursor = await conn.execute(_FIND_MANY, {"key_hashes": list(key_hashes)})
    return {row[-1]: key_of_row(row[:-1]) for row in await cursor.fetchall()}


def key_of_row(row: Sequence[Any]) -> ApiKey:
    """Make a key of (customer id, id, name, scopes, agent id, role)."""
    customer_id, id_, name, given, agent_id, role = row
    scopes = frozenset(given)
    allowed = scopes_within(role, scopes) if role else scopes
    return ApiKey(
        customer_id=customer_id,
        id=id_,
        name=name,
        scopes=allowed & scopes_of_customer(customer_id),
        agent_id=agent_id,
    )


async def touch_key(conn: Connection, key: ApiKey) -> None:
    """Note that a key is used, at most once a minute; on a standby nobody can."""
    with suppress(StandbyAnswers):
        await conn.execute(_TOUCH, {"customer_id": key.customer_id, "id": key.id})


async def give_key(conn: Connection, key: ApiKey, agent_id: str) -> None:
    """Let a key that speaks for nobody speak for an agent."""
    await conn.execute(_GIVE, {"customer_id": key.customer_id, "id": key.id, "agent_id": agent_id})


async def list_keys(conn: Connection, customer_id: int) -> list[ListedKey]:
    """List a customer's keys, newest first."""
    cursor = conn.cursor(row_factory=class_row(ListedKey))
    await cursor.execute(_LIST, {"customer_id": customer_id})
    return await cursor.fetchall()


async def revoke_key(conn: Connection, customer_id: int, key_id: str) -> bool:
    """Stop a key for good; False where the customer has no such key."""
    cursor = await conn.execute(_REVOKE, {"customer_id": customer_id, "id": key_id})
    return await cursor.fetchone() is not None
