"""The `inlet` command. Here failures become one line and an exit code; nothing else is decided."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from app.commands import (
    agent,
    analyst,
    channel,
    customer,
    dead,
    events,
    jobs,
    key,
    migrate,
    quarantine,
    search,
    secret,
)
from app.commands.demo import demo
from app.commands.doctor import doctor
from app.commands.psql import ANY_ARGUMENTS, psql
from app.commands.rebuild import rebuild_command
from app.commands.replay import replay
from app.commands.serve import serve
from app.commands.simulate import simulate
from app.commands.up import up
from app.commands.work import work
from domain.errors import InletError
from store.database import DatabaseError, message_of

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Provider webhooks to conversations, on Postgres alone.",
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"inlet {version('inlet')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Say the version and exit."
        ),
    ] = False,
) -> None:
    """Take what stands before a command."""


app.command()(up)
app.command()(serve)
app.command()(work)
app.command(context_settings=ANY_ARGUMENTS)(psql)
app.command()(doctor)
app.command()(simulate)
app.command()(replay)
app.command("rebuild")(rebuild_command)
app.command(hidden=True)(demo)
app.add_typer(migrate.app, name="migrate")
app.add_typer(customer.app, name="customer")
app.add_typer(channel.app, name="channel")
app.add_typer(agent.app, name="agent")
app.add_typer(key.app, name="key")
app.add_typer(analyst.app, name="analyst")
app.add_typer(events.app, name="events")
app.add_typer(dead.app, name="dead")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(secret.app, name="secret")
app.add_typer(jobs.app, name="jobs")
app.add_typer(search.app, name="search")


def main() -> None:
    """Run the command of this process's arguments.

    Exit codes: 1 it failed, 2 it was called wrongly.
    """
    try:
        app()
    except InletError as error:
        _fail(error.detail)
    except DatabaseError as error:
        _fail(f"database: {message_of(error)}")


def _fail(detail: str) -> None:
    typer.echo(f"inlet: {detail}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
