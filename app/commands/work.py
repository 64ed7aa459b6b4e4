"""`inlet work`: a worker process alone."""

import typer

from app.commands.child_options import ReadyFdOption, StopWithParentOption
from app.database import database, url_of_processes
from app.database_check import check_database
from app.logging import configure_logging
from app.parent_watch import stop_with_parent as watch_parent
from app.readiness import ready_reporter
from app.settings import load_settings
from app.work import work as run_worker_process

app = typer.Typer()


@app.command()
def work(*, stop_with_parent: StopWithParentOption = False, ready_fd: ReadyFdOption = None) -> None:
    """Turn events into conversations. Any number of these may share a database."""
    if stop_with_parent:
        watch_parent()
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format, "worker")
    with database(settings) as database_url:
        if not stop_with_parent:
            check_database(database_url)
        app_url = url_of_processes(settings, database_url)
        run_worker_process(settings, app_url, ready_reporter(ready_fd))
