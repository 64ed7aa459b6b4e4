"""A savepoint that keeps what the session has prepared. Knows no table."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from store.database import Connection

_SAVE = b"SAVEPOINT inlet"
_RELEASE = b"RELEASE SAVEPOINT inlet"
_ROLL_BACK = b"ROLLBACK TO SAVEPOINT inlet"


@asynccontextmanager
async def savepoint(conn: Connection) -> AsyncGenerator[None]:
    """Undo, on an exception, what was done inside; the transaction around goes on.

    The driver's own savepoints forget every prepared statement when they roll back, and a batch
    would then pay for preparing some twenty of them again. Postgres keeps them.
    """
    await _tell(conn, _SAVE)
    try:
        async with conn.pipeline():  # its end waits for all answers, refusals among them
            yield
    except Exception:
        await _tell(conn, _ROLL_BACK)
        await _tell(conn, _RELEASE)
        raise
    await _tell(conn, _RELEASE)


async def _tell(conn: Connection, command: bytes) -> None:
    threshold = conn.prepare_threshold
    conn.prepare_threshold = None
    try:
        await conn.execute(command)
    finally:
        conn.prepare_threshold = threshold
