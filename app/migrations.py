"""Brings a database to the schema of a folder of migrations, and back. Knows no table.

A migration, and the note that it was applied, are one transaction. What is missing is applied in
the order of the numbers, also below a number that was applied before.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.database_check import check_owner
from app.migration_files import MIGRATIONS, backward_script, forward_script, migration_ids
from domain.errors import OperatorError
from store.analyst_role import ensure_analyst_role
from store.app_role import ensure_app_role
from store.database import Connection, DatabaseError, connect, message_of
from store.origin import settle_origin
from store.schema import (
    LOCK_WAITS,
    LockWaits,
    apply_script,
    connection_parameters,
    list_applied,
    only_migrating,
    roll_back_script,
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationState:
    id: str
    is_applied: bool


def _no_report(migration_id: str) -> None:
    pass


async def apply_migrations(
    database_url: str,
    report: Report = _no_report,
    folder: Path = MIGRATIONS,
    waits: LockWaits = LOCK_WAITS,
) -> list[str]:
    """Apply what is missing, in order; reports each id once it is committed, returns them all.

    Raises: OperatorError naming the migration and what Postgres said; those before it stay.
    """
    done: list[str] = []
    async with _migrating(database_url) as conn:
        applied = await list_applied(conn)
        for migration_id in migration_ids(folder):
            if migration_id in applied:
                continue
            try:
                script = forward_script(migration_id, folder)
                await apply_script(conn, migration_id, script, waits)
            except DatabaseError as error:
                problem = f"migration {migration_id} does not apply: {message_of(error)}"
                raise OperatorError(problem) from None
            report(migration_id)
            done.append(migration_id)
    return done


async def prepare_database(
    database_url: str, report: Report = _no_report, app_url: str = ""
) -> list[str]:
    """Apply what is missing, and take over what a dump from another server brought.

    What a server has and no dump brings, the roles of analysts and of web and workers, is made
    where that may be; `app_url` is what the latter log in with.

    Raises: OperatorError as `apply_migrations` does.
    """
    applied = await apply_migrations(database_url, report)
    async with _migrating(database_url) as conn:
        await settle_origin(conn)
        await ensure_analyst_role(conn)
        await ensure_app_role(conn, app_url)
    return applied


async def roll_back_migrations(
    database_url: str,
    count: int = 1,
    report: Report = _no_report,
    folder: Path = MIGRATIONS,
    waits: LockWaits = LOCK_WAITS,
) -> list[str]:
    """Undo the `count` highest numbers, highest first; reports each id once it is gone.

    Raises: OperatorError naming the migration and what Postgres said.
    """
    async with _migrating(database_url) as conn:
        applied = await list_applied(conn)
        newest_first = [found for found in reversed(migration_ids(folder)) if found in applied]
        for migration_id in newest_first[:count]:
            try:
                script = backward_script(migration_id, folder)
                await roll_back_script(conn, migration_id, script, waits)
            except DatabaseError as error:
                problem = f"migration {migration_id} does not roll back: {message_of(error)}"
                raise OperatorError(problem) from None
            report(migration_id)
    return newest_first[:count]


async def list_migrations(conn: Connection, folder: Path = MIGRATIONS) -> list[MigrationState]:
    """List every migration of the folder, in order, and whether this database has it."""
    applied = await list_applied(conn)
    return [
        MigrationState(id=found, is_applied=found in applied) for found in migration_ids(folder)
    ]


async def schema_is_current(conn: Connection, folder: Path = MIGRATIONS) -> bool:
    """Say whether the database has every migration this program was written for, or more."""
    return (await list_applied(conn)).issuperset(migration_ids(folder))


@asynccontextmanager
async def _migrating(database_url: str) -> AsyncGenerator[Connection]:
    """Connect, and keep every other process that migrates out meanwhile."""
    connection_parameters(database_url)
    try:
        conn = await connect(database_url, "inlet migrate", prepare=False)
        keeping = await connect(database_url, "inlet migrate lock", prepare=False)
    except DatabaseError as error:
        raise OperatorError(f"database not reachable: {message_of(error)}") from None
    async with conn, keeping:
        try:
            await check_owner(conn)
            async with only_migrating(keeping):
                yield conn
        except DatabaseError as error:
            raise OperatorError(f"cannot migrate: {message_of(error)}") from None
