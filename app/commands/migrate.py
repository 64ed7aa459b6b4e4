"""`inlet migrate`: the database's schema."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.database import database, owner_database
from app.database_check import check_database
from app.embedded_postgres import url_for
from app.migration_files import MIGRATIONS, scaffold_migration
from app.migrations import (
    MigrationState,
    Report,
    list_migrations,
    prepare_database,
    roll_back_migrations,
)
from app.operator_session import JsonOption
from app.settings import load_settings
from app.terminal_output import show_items
from domain.errors import OperatorError
from store.analyst_role import MAKE_ANALYSTS, NO_ANALYSTS, analysts_can_read
from store.app_role import APP, MAKE_APP, NO_APP, app_can_work
from store.database import connect

app = typer.Typer(name="migrate", no_args_is_help=True, help="The database's schema.")


@app.command()
def apply() -> None:
    """Apply what is missing. Safe to run twice at once."""
    settings = load_settings()
    with owner_database(settings) as database_url:
        app_url = settings.database_url or url_for(APP, database_url)
        applied = asyncio.run(prepare_database(database_url, _name_each("applied"), app_url))
        notes = asyncio.run(_missing_roles(database_url))
    if not applied:
        typer.echo("nothing to apply")
    for note in notes:
        typer.echo(f"note: {note}", err=True)


@app.command()
def rollback(
    count: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 1,
) -> None:
    """Undo the newest migration."""
    with owner_database(load_settings()) as database_url:
        report = _name_each("rolled back")
        undone = asyncio.run(roll_back_migrations(database_url, count, report))
    if not undone:
        typer.echo("nothing to roll back")


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


async def _missing_roles(database_url: str) -> list[str]:
    async with await connect(database_url, "inlet migrate", prepare=False) as conn:
        notes: list[str] = []
        if not await analysts_can_read(conn):
            notes.append(f"{NO_ANALYSTS}; {MAKE_ANALYSTS}")
        if not await app_can_work(conn):
            notes.append(f"{NO_APP}, so web and workers need the owner's login; {MAKE_APP}")
        return notes


async def _list(database_url: str) -> list[MigrationState]:
    async with await connect(database_url, "inlet migrate", prepare=False) as conn:
        return await list_migrations(conn)


def _show(states: Sequence[MigrationState]) -> None:
    for state in states:
        typer.echo(f"{'applied' if state.is_applied else 'pending'}  {state.id}")


def _name_each(verb: str) -> Report:
    """Name each migration as soon as it is done, so that a failure shows how far it came."""
    return lambda migration_id: typer.echo(f"{verb} {migration_id}")
