"""The database's own schema: which migrations it has, and how one is applied or rolled back.

Knows no migration file: scripts are handed in.
"""

import asyncio
import re

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from domain.errors import OperatorError
from store.database import Connection
from store.sql import statements

_SQL = statements("schema")
_HAS_MIGRATIONS = _SQL["has_migrations"]
_MAKE_MIGRATION_TABLE = _SQL["make_migration_table"]
_LIST_APPLIED = _SQL["list_applied"]
_NOTE_APPLIED = _SQL["note_applied"]
_NOTE_ROLLED_BACK = _SQL["note_rolled_back"]
_TRY_LOCK_MIGRATIONS = _SQL["try_lock_migrations"]
_SERVER_VERSION = _SQL["server_version"]

_LOCK_POLL_SECONDS = 0.1
# Said in the comment that a script begins with.
_OUTSIDE_TRANSACTION = re.compile(rb"\A(?:--.*\n|\s)*?-- transactional: false\s*\n")


def connection_parameters(database_url: str) -> dict[str, str]:
    """Take a database URL apart as libpq does.

    Raises: OperatorError; libpq's own message would repeat the URL, password included.
    """
    try:
        parts = conninfo_to_dict(database_url)
    except ProgrammingError:
        raise OperatorError("DATABASE_URL is not a postgresql:// URL") from None
    return {name: str(value) for name, value in parts.items() if value is not None}


async def get_server_version(conn: Connection) -> int:
    """Ask the server for its version. Units: 180004 is 18.4."""
    cursor = await conn.execute(_SERVER_VERSION)
    row = await cursor.fetchone()
    return row[0] if row else 0


async def list_applied(conn: Connection) -> frozenset[str]:
    """List the ids of the migrations in this database."""
    if not await _has(conn, _HAS_MIGRATIONS):
        return frozenset()
    cursor = await conn.execute(_LIST_APPLIED)
    return frozenset([migration_id for (migration_id,) in await cursor.fetchall()])


async def lock_migrations(conn: Connection) -> None:
    """Wait until nobody else migrates; the lock ends with the connection.

    Asked again and again, because a statement that waits keeps a snapshot, and the holder of the
    lock may be building an index that waits for every snapshot.
    """
    while True:
        if await _has(conn, _TRY_LOCK_MIGRATIONS):
            return
        await asyncio.sleep(_LOCK_POLL_SECONDS)


async def apply_script(conn: Connection, migration_id: str, script: bytes) -> None:
    """Run a migration and note it as applied; the caller holds the lock."""
    await conn.execute(_MAKE_MIGRATION_TABLE)
    await _run_and_note(conn, script, _NOTE_APPLIED, migration_id)


async def roll_back_script(conn: Connection, migration_id: str, script: bytes) -> None:
    """Undo a migration and note it as missing; the caller holds the lock."""
    await _run_and_note(conn, script, _NOTE_ROLLED_BACK, migration_id)


async def _run_and_note(conn: Connection, script: bytes, note: bytes, migration_id: str) -> None:
    """Run a script and note it, in one transaction unless the script says otherwise.

    One that says `-- transactional: false` holds a single statement that can be run again.
    """
    if _OUTSIDE_TRANSACTION.match(script):
        await conn.execute(script)
        await conn.execute(note, {"migration_id": migration_id})
        return
    async with conn.transaction():
        await conn.execute(script)
        await conn.execute(note, {"migration_id": migration_id})


async def _has(conn: Connection, question: bytes) -> bool:
    cursor = await conn.execute(question)
    return await cursor.fetchone() == (True,)
