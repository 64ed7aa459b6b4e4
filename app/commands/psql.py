"""`inlet psql`: psql on the database in use, as an analyst or as the owner of the tables."""

import asyncio
import signal
import subprocess
from typing import Annotated

import typer

from app.analyst_connection import analyst_parameters, check_analyst, joined
from app.database import owner_database
from app.database_check import check_database
from app.postgres_tools import psql_path
from app.settings import child_environment, load_settings
from store.schema import connection_parameters

# The time keeps a careless question from holding back all cleaning: whoever means to may undo it.
_LONGEST = "5min"
_OTHERWISE = ", or use `inlet psql --as-owner`"
_ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}

app = typer.Typer()


@app.command(context_settings=_ANY_ARGUMENTS)
def psql(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGUMENT]...", help="What psql takes.")
    ] = None,
    *,
    as_owner: Annotated[
        bool, typer.Option("--as-owner", help="May read and write every table, secrets too.")
    ] = False,
) -> None:
    """Open psql on the database in use: the views of analysts, to read."""
    with owner_database(load_settings()) as database_url:
        check_database(database_url, as_owner=as_owner)
        parameters = connection_parameters(database_url)
        if not as_owner:
            parameters = analyst_parameters(database_url, _LONGEST)
            asyncio.run(check_analyst(database_url, parameters, _OTHERWISE))
        raise typer.Exit(_run_psql(parameters, arguments or []))


def _run_psql(parameters: dict[str, str], arguments: list[str]) -> int:
    """Run psql to its end. Ctrl-C is psql's: it cancels a query there.

    Its arguments can be seen by every account of the machine; its environment cannot.
    """
    password = parameters.pop("password", "")
    environment = child_environment({"PGPASSWORD": password} if password else {})
    command = [str(psql_path()), "--dbname", joined(parameters), *arguments]
    before = signal.signal(signal.SIGINT, _leave_it_to_psql)
    try:
        return subprocess.call(command, env=environment)  # noqa: S603  # the operator's own words
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_it_to_psql(_number: int, _frame: object) -> None:
    pass
