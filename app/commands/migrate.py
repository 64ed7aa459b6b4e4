"""`inlet migrate`: the database's schema."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.database import database
from app.listing import show_items
from app.migrations import (
    MIGRATIONS,
    MigrationState,
    apply_migrations,
    list_migrations,
    roll_back_migrations,
    scaffold_migration,
)
from app.operator_session import JsonOption
from app.reachable import check_database
from app.settings import load_settings
from domain.errors import OperatorError
from store.database import connect

app = typer.Typer(no_args_is_help=True, help="The database's schema.")


@app.command()
def apply() -> None:
    """Apply what is missing. Safe to run twice at once."""
    with database(load_settings()) as database_url:
        _report("applied", apply_migrations(database_url), "nothing to apply")


@app.command()
def rollback(
    count: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 1,
) -> None:
    """Undo the newest migration."""
    with database(load_settings()) as database_url:
        undone = roll_back_migrations(database_url, count)
        _report("rolled back", undone, "nothing to roll back")


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """List the migrations and say which are applied; fail while one is pending."""
    with database(load_settings()) as database_url:
        check_database(database_url)
        states = asyncio.run(_list(database_url))
    if as_json:
        show_items(states)
    else:
        _show(states)
    pending = sum(not state.is_applied for state in states)
    if pending:
        raise OperatorError(f"migrations pending: {pending}; run `inlet migrate apply`")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Words joined by underscores.")],
    folder: Annotated[Path, typer.Option(help="Where to write them.")] = Path("migrations"),
) -> None:
    """Make the two files of a new migration, for a checkout of Inlet."""
    for path in scaffold_migration(name, folder):
        typer.echo(path)
    if folder.resolve() != MIGRATIONS.resolve():
        typer.echo(f"This installation applies {MIGRATIONS} alone: put the files into a checkout.")


async def _list(database_url: str) -> list[MigrationState]:
    async with await connect(database_url, "inlet migrate", prepare=False) as conn:
        return await list_migrations(conn)


def _show(states: Sequence[MigrationState]) -> None:
    for state in states:
        typer.echo(f"{'applied' if state.is_applied else 'pending'}  {state.id}")


def _report(verb: str, migration_ids: Iterable[str], nothing: str) -> None:
    """Name each migration as soon as it is done, so that a failure shows how far it came."""
    count = 0
    for migration_id in migration_ids:
        typer.echo(f"{verb} {migration_id}")
        count += 1
    if not count:
        typer.echo(nothing)
