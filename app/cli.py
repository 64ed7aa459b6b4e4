"""The `inlet` command. Here failures become one line and an exit code; nothing else is decided."""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from domain.errors import InletError
from store.database import DatabaseError, message_of

# Each is a file in app/commands/ whose `app` holds it.
_COMMANDS = (
    "up",
    "serve",
    "work",
    "smtp",
    "psql",
    "doctor",
    "simulate",
    "reconcile",
    "replay",
    "rebuild",
    "compare",
    "demo",
    "migrate",
    "customer",
    "calendar",
    "channel",
    "agent",
    "key",
    "analyst",
    "export",
    "suppression",
    "transport",
    "events",
    "dead",
    "quarantine",
    "secret",
    "jobs",
    "search",
    "rollup",
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"inlet {version('inlet')}")
        raise typer.Exit


def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Say the version and exit."
        ),
    ] = False,
) -> None:
    """Take what stands before a command."""


def command_line(words: Sequence[str]) -> typer.Typer:
    """Make the command that can take these words.

    Only the file of the command that they begin with is imported: of the time that `inlet up`
    needs to start, its own and its children's, imports are most.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Provider webhooks to conversations, on Postgres alone.",
    )
    app.callback()(_options)
    gc.disable()  # modules are no garbage, and to look through them takes a tenth of the start
    for name in [word for word in words[:1] if word in _COMMANDS] or _COMMANDS:
        app.add_typer(import_module(f"app.commands.{name}").app)
    gc.enable()
    return app


def main() -> None:
    """Run the command of this process's arguments.

    Exit codes: 1 it failed, 2 it was called wrongly.
    """
    try:
        command_line(sys.argv[1:])()
    except InletError as error:
        _fail(error.detail)
    except DatabaseError as error:
        _fail(f"database: {message_of(error)}")


def _fail(detail: str) -> None:
    typer.echo(f"inlet: {detail}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
