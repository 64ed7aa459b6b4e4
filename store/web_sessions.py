"""Logins to the page. Sees the hash of the cookie only; the session lasts as long as its key."""

from collections.abc import Collection

from domain.api_key import ApiKey
from store.api_keys import key_of_row
from store.database import Connection
from store.sql import statements

_SQL = statements("web_sessions")
_INSERT = _SQL["insert_session"]
_FIND = _SQL["find_session"]
_FIND_MANY = _SQL["find_sessions"]
_DELETE = _SQL["delete_session"]


async def insert_session(
    conn: Connection, key: ApiKey, token_hash: bytes, lasts_seconds: float
) -> None:
    """Begin a session under a key."""
    await conn.execute(
        _INSERT,
        {
            "token_hash": token_hash,
            "customer_id": key.customer_id,
            "key_id": key.id,
            "seconds": lasts_seconds,
        },
    )


async def find_session(conn: Connection, token_hash: bytes) -> ApiKey | None:
    """Find the key behind a session, unless the session, the key or its agent has ended."""
    cursor = await conn.execute(_FIND, {"token_hash": token_hash})
    row = await cursor.fetchone()
    return key_of_row(row) if row else None


async def find_sessions(conn: Connection, token_hashes: Collection[bytes]) -> dict[bytes, ApiKey]:
    """Find the keys behind these sessions; those that have ended are left out."""
    cursor = await conn.execute(_FIND_MANY, {"token_hashes": list(token_hashes)})
    return {row[-1]: key_of_row(row[:-1]) for row in await cursor.fetchall()}


async def delete_session(conn: Connection, token_hash: bytes) -> None:
    """End a session; one that has ended stays so."""
    await conn.execute(_DELETE, {"token_hash": token_hash})
