"""The database's own schema: which migrations it has, and how one is applied or rolled back.

Knows no migration file: scripts are handed in.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from domain.errors import OperatorError
from store.database import Connection, DatabaseError
from store.faults import fault_of
from store.sql import statements

_SQL = statements("schema")
_HAS_MIGRATIONS = _SQL["has_migrations"]
_MAKE_MIGRATION_TABLE = _SQL["make_migration_table"]
_LIST_APPLIED = _SQL["list_applied"]
_NOTE_APPLIED = _SQL["note_applied"]
_NOTE_ROLLED_BACK = _SQL["note_rolled_back"]
_TRY_LOCK_MIGRATIONS = _SQL["try_lock_migrations"]
_LET_TRANSACTION_REST = _SQL["let_transaction_rest"]
_LIMIT_LOCK_WAIT = _SQL["limit_lock_wait"]
_IS_STANDBY = _SQL["is_standby"]
_SERVER_VERSION = _SQL["server_version"]

_LOCK_POLL_SECONDS = 0.1
# Said in the comment that a script begins with.
_OUTSIDE_TRANSACTION = re.compile(rb"\A(?:--.*\n|\s)*?-- transactional: false\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaits:
    """How long a script waits for locks, how often, and how long it rests between.

    While it waits, whoever comes later waits behind it, so it gives up soon and lets them through.
    """

    seconds: float = 1.0
    tries: int = 20
    rest_seconds: float = 2.0


LOCK_WAITS = LockWaits()


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


async def is_standby(conn: Connection) -> bool:
    """Say whether the server takes no writes."""
    return await _has(conn, _IS_STANDBY)


async def list_applied(conn: Connection) -> frozenset[str]:
    """List the ids of the migrations in this database."""
    if not await _has(conn, _HAS_MIGRATIONS):
        return frozenset()
    cursor = await conn.execute(_LIST_APPLIED)
    return frozenset([migration_id for (migration_id,) in await cursor.fetchall()])


@asynccontextmanager
async def only_migrating(conn: Connection) -> AsyncGenerator[None]:
    """Wait until nobody else migrates, and keep everybody out until the block ends.

    The lock is that of a transaction which does nothing else: a session's would outlive us behind a
    pooler. Asked again and again, because a statement that waits keeps a snapshot, and the holder
    of the lock may be building an index that waits for every snapshot.
    """
    while True:
        async with conn.transaction():
            await conn.execute(_LET_TRANSACTION_REST)
            if await _has(conn, _TRY_LOCK_MIGRATIONS):
                yield
                return
        await asyncio.sleep(_LOCK_POLL_SECONDS)


async def apply_script(
    conn: Connection, migration_id: str, script: bytes, waits: LockWaits
) -> None:
    """Run a migration and note it as applied; the caller holds the lock of migrations.

    Raises: DatabaseError; OperatorError when the script waited for others in vain.
    """
    await conn.execute(_MAKE_MIGRATION_TABLE)
    await _run_and_note(conn, script, _NOTE_APPLIED, migration_id, waits)


async def roll_back_script(
    conn: Connection, migration_id: str, script: bytes, waits: LockWaits
) -> None:
    """Undo a migration and note it as missing; the caller holds the lock of migrations.

    Raises: as `apply_script` does.
    """
    await _run_and_note(conn, script, _NOTE_ROLLED_BACK, migration_id, waits)


async def _run_and_note(
    conn: Connection, script: bytes, note: bytes, migration_id: str, waits: LockWaits
) -> None:
    """Run a script and note it, in one transaction unless the script says otherwise.

    One that says `-- transactional: false` holds a single statement that can be run again; it waits
    for as long as it takes, because what it builds beside other work must not be given up halfway.
    """
    if _OUTSIDE_TRANSACTION.match(script):
        await conn.execute(script)
        await conn.execute(note, {"migration_id": migration_id})
        return
    for _ in range(waits.tries):
        try:
            async with conn.transaction():
                timeout = f"{waits.seconds * 1000:.0f}ms"
                await conn.execute(_LIMIT_LOCK_WAIT, {"timeout": timeout})
                await conn.execute(script)
                await conn.execute(note, {"migration_id": migration_id})
        except DatabaseError as error:
            if fault_of(error, conn) != "contention":
                raise
            await asyncio.sleep(waits.rest_seconds)
        else:
            return
    raise OperatorError(
        f"migration {migration_id} waited {waits.tries} times for a lock: end the transaction that "
        "holds it (/ops shows the longest), and try again"
    )


async def _has(conn: Connection, question: bytes) -> bool:
    cursor = await conn.execute(question)
    return await cursor.fetchone() == (True,)
