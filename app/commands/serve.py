"""`inlet serve`: the web process alone."""

from dataclasses import replace
from typing import Annotated

import typer

from app.commands.child_options import ReadyFdOption, StopWithParentOption
from app.database import database_in_use, url_of_processes
from app.database_check import check_database
from app.intake_services import knows_channels
from app.listener import inherited_socket, listening_socket
from app.logging import configure_logging
from app.parent_watch import stop_with_parent as watch_parent
from app.readiness import ready_reporter
from app.serve import serve as serve_web
from app.settings import load_settings

app = typer.Typer()


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Listen here instead of at HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Listen here instead of at PORT.")
    ] = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    stop_with_parent: StopWithParentOption = False,
    ready_fd: ReadyFdOption = None,
) -> None:
    """Answer webhooks and the API. Any number of these may share a database."""
    if stop_with_parent:
        watch_parent()
    settings = load_settings()
    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
    configure_logging(settings.log_level, settings.log_format, "web")
    listener = (
        listening_socket(settings.host, settings.port) if fd is None else inherited_socket(fd)
    )
    settings = replace(settings, port=listener.getsockname()[1])
    with database_in_use(settings) as database:
        # Whoever knows the channels takes webhooks without a database, and must not wait for it.
        if not stop_with_parent and not knows_channels(settings):
            check_database(database.url)
        serve_web(
            settings, url_of_processes(settings, database.url), listener, ready_reporter(ready_fd)
        )
