"""Notifications between processes (LISTEN, NOTIFY): of changes, of channels, of who is where.

Hints, lost when nobody listens: whoever follows changes or channels looks anyway. A listener needs
a session of its own, straight to Postgres: a transaction-mode pooler cannot carry it.
"""

from store.database import Connection
from store.sql import statements

_SQL = statements("notifications")
_NOTIFY_CHANGES = _SQL["notify_changes"]
_LISTEN_CHANGES = _SQL["listen_changes"]
_NOTIFY_CHANNELS = _SQL["notify_channels"]
_LISTEN_CHANNELS = _SQL["listen_channels"]
_NOTIFY_PRESENCE = _SQL["notify_presence"]
_LISTEN_PRESENCE = _SQL["listen_presence"]

PRESENCE = "inlet_presence"
CHANNELS = "inlet_channels"
# Streams are told this much later at most, and Postgres is told this often at most.
CHANGES_GAP_SECONDS = 0.02


async def notify_changes(conn: Connection) -> None:
    """Say that there may be changes."""
    await conn.execute(_NOTIFY_CHANGES)


async def notify_channels(conn: Connection) -> None:
    """Say that a channel is not what it was, once this transaction commits."""
    await conn.execute(_NOTIFY_CHANNELS)


async def listen_channels(conn: Connection) -> None:
    """Begin to hear of changed channels on this connection."""
    await conn.execute(_LISTEN_CHANNELS)


async def notify_presence(conn: Connection, payload: str) -> None:
    """Say who is where, once this transaction commits."""
    await conn.execute(_NOTIFY_PRESENCE, {"payload": payload})


async def listen_changes(conn: Connection) -> None:
    """Begin to hear of changes on this connection."""
    await conn.execute(_LISTEN_CHANGES)


async def listen_presence(conn: Connection) -> None:
    """Begin to hear who is where on this connection."""
    await conn.execute(_LISTEN_PRESENCE)
