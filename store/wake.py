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
