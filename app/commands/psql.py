"""`inlet psql`: psql on the database in use."""

import signal
import subprocess
from typing import Annotated

import typer

from app.database import database
from app.postgres_tools import psql_path
from app.settings import child_environment, load_settings
from store.schema import connection_parameters

ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}


def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGUMENT]...", help="What psql takes.")
    ] = None,
) -> None:
    """Open psql on the database in use."""
    with database(load_settings()) as database_url:
        raise typer.Exit(_run_psql(database_url, arguments or []))


def _run_psql(database_url: str, arguments: list[str]) -> int:
    """Run psql to its end. Ctrl-C is psql's: it cancels a query there.

    Its arguments can be seen by every account of the machine; its environment cannot.
    """
    parameters = connection_parameters(database_url)
    password = parameters.pop("password", "")
    environment = child_environment({"PGPASSWORD": password} if password else {})
    target = " ".join(f"{name}={_quoted(value)}" for name, value in parameters.items())
    command = [str(psql_path()), "--dbname", target, *arguments]
    before = signal.signal(signal.SIGINT, _leave_it_to_psql)
    try:
        return subprocess.call(command, env=environment)  # noqa: S603  # the operator's own words
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_it_to_psql(_number: int, _frame: object) -> None:
    pass


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
