"""`inlet up`: everything on one machine."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.logging import configure_logging
from app.settings import Settings, load_settings
from app.tracing import check_tracing
from app.up import run_everything
from app.welcome import print_welcome

app = typer.Typer()


@app.command()
def up(
    *,
    host: Annotated[str | None, typer.Option(help="Listen here instead of at HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Listen here instead of at PORT; 0: any.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep data here instead of in DATA_DIR.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Worker processes.")] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="With people who write, and who answer what you send.")
    ] = False,
) -> None:
    """Run everything in the foreground: database, web and workers. Ctrl-C stops it all.

    SIGHUP replaces web and workers one by one, with settings read again; nobody is refused.
    """

    def read_settings() -> Settings:
        settings = load_settings()
        return replace(
            settings,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
            data_dir=settings.data_dir if data_dir is None else data_dir,
        )

    settings = read_settings()
    check_tracing(settings.otel_exporter_otlp_endpoint)
    configure_logging(settings.log_level, settings.log_format, "up")
    run_everything(read_settings, workers, print_welcome, demo=demo)
