"""Answers kept by Idempotency-Key, written in the transaction of what they answer.

A request that is still running holds a lock and no row, so one that dies leaves nothing behind.
"""

from dataclasses import dataclass

from domain.identity import hash64
from store.database import Connection
from store.sql import statements

_SQL = statements("idempotency")
_LOCK_KEY = _SQL["lock_key"]
_FIND_ANSWER = _SQL["find_answer"]
_KEEP_ANSWER = _SQL["keep_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """An Idempotency-Key within the API key that chose it."""

    customer_id: int
    key_id: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`fingerprint` is the SHA-256 of the request that was answered."""

    fingerprint: bytes
    status: int
    body: bytes


async def lock_key(conn: Connection, key: RequestKey) -> bool:
    """Hold a key until the transaction ends; False where a running request holds it."""
    lock = hash64(f"{key.customer_id}\0{key.key_id}\0{key.idempotency_key}")
    cursor = await conn.execute(_LOCK_KEY, {"lock": lock})
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def find_answer(conn: Connection, key: RequestKey) -> KeptAnswer | None:
    """Find the answer that a key was given in the last seven days."""
    cursor = await conn.execute(_FIND_ANSWER, _columns(key))
    row = await cursor.fetchone()
    return KeptAnswer(row[0], row[1], row[2]) if row else None


async def keep_answer(conn: Connection, key: RequestKey, answer: KeptAnswer) -> None:
    """Keep the answer to a request."""
    given = {"fingerprint": answer.fingerprint, "status": answer.status, "body": answer.body}
    await conn.execute(_KEEP_ANSWER, _columns(key) | given)


def _columns(key: RequestKey) -> dict[str, object]:
    return {
        "customer_id": key.customer_id,
        "key_id": key.key_id,
        "idempotency_key": key.idempotency_key,
    }
