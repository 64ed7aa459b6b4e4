"""`inlet doctor`: says what is wrong, and how to mend it."""

import asyncio
from typing import Annotated

import typer

from app.blobs import open_blobs
from app.clock import utc_now
from app.database import database, find_url_of_processes
from app.doctor import examine
from app.doctor_machine import examine_machine
from app.finding import Finding, ok
from app.keys import sealer_of
from app.settings import Settings, load_settings
from app.terminal_output import printable, show_items
from app.tracing import check_tracing

_WIDTH = 14

app = typer.Typer()


@app.command()
def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of lines.")] = False
) -> None:
    """Check settings, machine, database, workers and channels; say how to mend what is wrong."""
    settings = load_settings()
    check_tracing(settings.otel_exporter_otlp_endpoint)
    with database(settings) as database_url:
        processes_url = find_url_of_processes(settings, database_url)
        found = asyncio.run(_doctor(settings, processes_url, as_json))
    if as_json:
        show_items(found)
    if any(finding.state == "wrong" for finding in found):
        raise typer.Exit(1)


async def _doctor(settings: Settings, database_url: str, as_json: bool) -> list[Finding]:
    found: list[Finding] = []

    def take(finding: Finding) -> None:
        found.append(finding)
        if not as_json:
            _show(finding)

    take(ok("settings", "complete"))
    blobs = open_blobs(settings)
    async for finding in examine(database_url, utc_now, sealer_of(settings), blobs):
        take(finding)
    async for finding in examine_machine(settings):
        take(finding)
    return found


def _show(finding: Finding) -> None:
    word = finding.state if finding.state != "wrong" else "WRONG"
    typer.echo(f"{word:<6}{finding.subject:<{_WIDTH}}{printable(finding.detail)}")
    if finding.mend:
        typer.echo(f"{'':<{6 + _WIDTH}}{finding.mend}")
