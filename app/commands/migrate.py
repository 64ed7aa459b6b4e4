"""`inlet migrate`: the database's schema."""

import asyncio
from collections.abc import Iterable
from typing import Annotated

import typer

from app.database import database
from app.migrations import (
    MIGRATIONS,
    apply_migrations,
    list_migrations,
    roll_back_migrations,
    scaffold_migration,
)
from app.reachable import check_database
from app.settings import load_settings
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
def status() -> None:
    """List the migrations and say which are applied."""
    with database(load_settings()) as database_url:
        check_database(database_url)
        asyncio.run(_status(database_url))


@app.command()
def new(name: Annotated[str, typer.Argument(help="Words joined by underscores.")]) -> None:
    """Make the two files of a new migration."""
    for path in scaffold_migration(name):
        typer.echo(path.relative_to(MIGRATIONS.parent))


async def _status(database_url: str) -> None:
    async with await connect(database_url, "inlet migrate", prepare=False) as conn:
        for state in await list_migrations(conn):
            typer.echo(f"{'applied' if state.is_applied else 'missing'}  {state.id}")


def _report(verb: str, migration_ids: Iterable[str], nothing: str) -> None:
    """Name each migration as soon as it is done, so that a failure shows how far it came."""
    count = 0
    for migration_id in migration_ids:
        typer.echo(f"{verb} {migration_id}")
        count += 1
    if not count:
        typer.echo(nothing)
