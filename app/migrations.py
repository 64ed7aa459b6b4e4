"""Brings a database to the schema of `migrations/`, through yoyo. Knows no table of ours.

A migration, and the note that it was applied, are one transaction. One session-level advisory
lock keeps others out, so a row left in yoyo's own lock table is always a dead process's.
"""

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from yoyo import read_migrations  # pyright: ignore[reportUnknownVariableType]  # yoyo is untyped
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

from domain.errors import OperatorError
from store.database import Connection, DatabaseError
from store.schema import LOCK_MIGRATIONS, connection_parameters, list_applied

MIGRATIONS = Path(__file__).parent.parent / "migrations"

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationState:
    id: str
    is_applied: bool


class _Migration(Protocol):
    """What we use of `yoyo.migrations.Migration`, which has no types."""

    id: str
    use_transactions: bool

    def load(self) -> None: ...
    def process_steps(self, backend: "_Backend", direction: str) -> None: ...


class _Backend(Protocol):
    """What we use of `yoyo.backends.base.DatabaseBackend`, which has no types."""

    connection: Any

    def execute(self, sql: str) -> Any: ...
    def transaction(self) -> Any: ...
    def list_tables(self) -> list[str]: ...
    def create_lock_table(self) -> None: ...
    def break_lock(self) -> None: ...
    def ensure_internal_schema_updated(self) -> None: ...
    def to_apply(self, migrations: object) -> Iterable[_Migration]: ...
    def to_rollback(self, migrations: object) -> Iterable[_Migration]: ...
    def mark_one(self, migration: _Migration, log: bool) -> None: ...
    def unmark_one(self, migration: _Migration, log: bool) -> None: ...


def apply_migrations(database_url: str, folder: Path = MIGRATIONS) -> Generator[str]:
    """Apply what is missing, in order; yields each id once it is committed.

    Raises: OperatorError naming the migration and what Postgres said; those before it stay.
    """
    with _locked_backend(database_url) as backend:
        for migration in list(backend.to_apply(_read(folder))):
            _run(backend, migration, "apply")
            yield migration.id


def roll_back_migrations(
    database_url: str, count: int = 1, folder: Path = MIGRATIONS
) -> Generator[str]:
    """Undo the last `count` migrations, newest first; yields each id once it is gone.

    Raises: OperatorError naming the migration and what Postgres said.
    """
    with _locked_backend(database_url) as backend:
        for migration in list(backend.to_rollback(_read(folder)))[:count]:
            _run(backend, migration, "rollback")
            yield migration.id


async def list_migrations(conn: Connection, folder: Path = MIGRATIONS) -> list[MigrationState]:
    """List every migration of the folder, in order, and whether this database has it."""
    applied = await list_applied(conn)
    return [MigrationState(id=one, is_applied=one in applied) for one in migration_ids(folder)]


async def schema_is_current(conn: Connection, folder: Path = MIGRATIONS) -> bool:
    """Say whether the database has every migration this program was written for, or more."""
    return (await list_applied(conn)).issuperset(migration_ids(folder))


def migration_ids(folder: Path = MIGRATIONS) -> list[str]:
    """List the ids of the folder's migrations, in order.

    Raises: OperatorError when there is none: the installation is not complete.
    """
    found = _ids_in(folder)
    if not found:
        raise OperatorError(f"no migrations in the folder {folder.name}: install Inlet again")
    return found


def _ids_in(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.glob("*.sql"))
    return [name.removesuffix(".sql") for name in names if not name.endswith(".rollback.sql")]


def scaffold_migration(name: str, folder: Path = MIGRATIONS) -> tuple[Path, Path]:
    """Write the two files of a new migration under the next number."""
    if not _NAME.fullmatch(name):
        raise OperatorError("a migration's name is lower-case words joined by underscores")
    numbers = [int(one[:4]) for one in _ids_in(folder) if one[:4].isdigit()]
    stem = f"{max(numbers, default=0) + 1:04d}_{name}"
    forward, backward = folder / f"{stem}.sql", folder / f"{stem}.rollback.sql"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        forward.write_text(
            "-- Why this change is needed, in one or two lines.\n\n", encoding="utf-8"
        )
        backward.write_text("", encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"cannot write to {folder}: {error.strerror}") from None
    return forward, backward


@contextmanager
def _locked_backend(database_url: str) -> Generator[_Backend]:
    parameters = connection_parameters(database_url)
    uri = DatabaseURI(
        scheme="postgresql+psycopg",
        username=None,
        password=None,
        hostname=None,
        port=None,
        database=parameters.pop("dbname", ""),
        args={"connect_timeout": "10", "application_name": "inlet migrate", **parameters},
    )
    try:
        backend = cast("_Backend", PostgresqlPsycopgBackend(uri, default_migration_table))
    except DatabaseError as error:
        raise OperatorError(f"database not reachable: {one_line_of(error)}") from None
    try:
        backend.execute(LOCK_MIGRATIONS.decode())
        if "yoyo_lock" not in backend.list_tables():
            backend.create_lock_table()
        backend.break_lock()
        backend.ensure_internal_schema_updated()
        yield backend
    except DatabaseError as error:
        raise OperatorError(f"cannot migrate: {one_line_of(error)}") from None
    finally:
        backend.connection.close()


def _run(backend: _Backend, migration: _Migration, direction: str) -> None:
    """Run one migration and note it, together.

    yoyo would commit the two one after the other and look up this machine's name for its log,
    which can take seconds; its log table stays empty. A migration that says
    `-- transactional: false` runs outside a transaction, for CREATE INDEX CONCURRENTLY.
    """
    note = backend.mark_one if direction == "apply" else backend.unmark_one
    try:
        migration.load()
        if not migration.use_transactions:
            migration.process_steps(backend, direction)
        with backend.transaction():
            if migration.use_transactions:
                migration.process_steps(backend, direction)
            note(migration, log=False)
    except DatabaseError as error:
        verb = "does not apply" if direction == "apply" else "does not roll back"
        raise OperatorError(f"migration {migration.id} {verb}: {one_line_of(error)}") from None


def _read(folder: Path) -> object:
    if not folder.is_dir():
        raise OperatorError(f"no folder {folder.name} with migrations beside the program")
    return cast("object", read_migrations(str(folder)))


def one_line_of(error: DatabaseError) -> str:
    """Say what Postgres said, in its first line, which holds no row and no password."""
    return error.diag.message_primary or str(error).strip().split("\n", 1)[0]
