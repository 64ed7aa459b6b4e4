"""`inlet psql`: psql on the database in use, as an analyst or as the owner of the tables."""

import asyncio
import signal
import subprocess
from collections.abc import Mapping
from typing import Annotated

import typer

from app.database import owner_database
from app.database_check import check_database, check_owner
from app.postgres_tools import psql_path
from app.settings import child_environment, load_settings
from domain.errors import OperatorError
from store.analyst_role import (
    ANALYST,
    MAKE_ANALYSTS,
    NO_ANALYSTS,
    analysts_can_read,
    reads_as_analyst,
)
from store.database import DatabaseError, connect, message_of
from store.schema import connection_parameters

# The time keeps a careless question from holding back all cleaning: whoever means to may undo it.
_AS_ANALYST = (
    f"-c role={ANALYST} -c search_path=analytics -c default_transaction_read_only=on"
    " -c statement_timeout=5min"
)
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
        parameters = connection_parameters(database_url)
        check_database(database_url, as_owner=as_owner)
        if not as_owner:
            parameters["options"] = f"{parameters.get('options', '')} {_AS_ANALYST}".strip()
            asyncio.run(_check_analyst(database_url, _joined(parameters)))
        raise typer.Exit(_run_psql(parameters, arguments or []))


async def _check_analyst(database_url: str, as_analyst: str) -> None:
    async with await connect(database_url, "inlet psql", prepare=False) as conn:
        if not await analysts_can_read(conn):
            await check_owner(conn)
            raise OperatorError(f"{NO_ANALYSTS}; {MAKE_ANALYSTS}, or use `inlet psql --as-owner`")
    try:
        async with await connect(as_analyst, "inlet psql", prepare=False) as conn:
            is_analyst = await reads_as_analyst(conn)
    except DatabaseError as error:
        raise OperatorError(f"cannot read as an analyst: {message_of(error)}") from None
    if not is_analyst:
        raise OperatorError("a pooler keeps the role away: use the server's own DATABASE_URL")


def _run_psql(parameters: dict[str, str], arguments: list[str]) -> int:
    """Run psql to its end. Ctrl-C is psql's: it cancels a query there.

    Its arguments can be seen by every account of the machine; its environment cannot.
    """
    password = parameters.pop("password", "")
    environment = child_environment({"PGPASSWORD": password} if password else {})
    command = [str(psql_path()), "--dbname", _joined(parameters), *arguments]
    before = signal.signal(signal.SIGINT, _leave_it_to_psql)
    try:
        return subprocess.call(command, env=environment)  # noqa: S603  # the operator's own words
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_it_to_psql(_number: int, _frame: object) -> None:
    pass


def _joined(parameters: Mapping[str, str]) -> str:
    return " ".join(f"{name}={_quoted(value)}" for name, value in parameters.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
