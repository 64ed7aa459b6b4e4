"""`inlet smtp`: the process that receives mail."""

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
from app.receive_mail import receive_mail
from app.settings import host_and_port, load_settings
from domain.errors import OperatorError

app = typer.Typer()


@app.command()
def smtp(
    *,
    listen: Annotated[
        str | None, typer.Option(help="Listen here instead of at SMTP_LISTEN: HOST:PORT.")
    ] = None,
    fd: Annotated[
        int | None, typer.Option(help="Listen on this descriptor, as systemd hands it over: 3.")
    ] = None,
    stop_with_parent: StopWithParentOption = False,
    ready_fd: ReadyFdOption = None,
) -> None:
    """Receive mail for the channels of smtp. Any number of these may share a database."""
    if stop_with_parent:
        watch_parent()
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format, "smtp")
    place = settings.smtp_listen if listen is None else listen
    if fd is None and not place:
        raise OperatorError("say where to listen: --listen 0.0.0.0:25, or SMTP_LISTEN")
    try:
        listener = listening_socket(*host_and_port(place)) if fd is None else inherited_socket(fd)
    except ValueError as error:
        raise OperatorError(f"--listen must be {error}") from None
    with database_in_use(settings) as database:
        # Whoever knows the channels takes mail without a database, and must not wait for it.
        if not stop_with_parent and not knows_channels(settings):
            check_database(database.url)
        app_url = url_of_processes(settings, database.url)
        receive_mail(settings, app_url, listener, ready_reporter(ready_fd))
