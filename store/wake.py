"""The wake-up between those who queue and those who work. A hint: polling alone is correct.

Needs a session of its own, straight to Postgres: a transaction-mode pooler cannot carry it.
"""

from store.database import Connection
from store.sql import statements

_SQL = statements("wake")
_WAKE = _SQL["wake"]
_LISTEN = _SQL["listen"]


async def wake(conn: Connection) -> None:
    """Wake every listening worker."""
    await conn.execute(_WAKE)


async def listen(conn: Connection) -> None:
    """Begin to listen on this connection."""
    await conn.execute(_LISTEN)


async def heard(conn: Connection, timeout_seconds: float) -> bool:
    """Wait until woken or until the time is over; say which."""
    async for _ in conn.notifies(timeout=timeout_seconds, stop_after=1):
        return True
    return False
