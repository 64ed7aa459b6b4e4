"""`python -m bench`: measures, prints one table and keeps the figures as JSON.

A missed target is marked, and is no failure.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import typer

from app.clock import utc_now
from app.embedded_postgres import embedded_postgres
from bench.databases import run
from bench.figures import Figure
from bench.machine import examine
from bench.plan import FULL, QUICK, Plan
from bench.report import Report, keep, measured_commit, show
from bench.sections import (
    feed,
    hooks,
    hostile,
    ingest,
    large,
    listing,
    page,
    peers,
    people,
    rollups,
    streams,
    wal,
    worker,
)

_SECTIONS: Mapping[str, Callable[[Plan], list[Figure]]] = {
    "ingest": ingest.measure,
    "worker": worker.measure,
    "list": listing.measure,
    "streams": streams.measure,
    "feed": feed.measure,
    "people": people.measure,
    "page": page.measure,
    "rollups": rollups.measure,
    "hooks": hooks.measure,
    "wal": wal.measure,
    "peers": peers.measure,
    "hostile": hostile.measure,
    "large": large.measure,
}


def main(
    *,
    only: Annotated[str, typer.Option(help=f"Some of: {','.join(_SECTIONS)}.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, to try it out.")] = False,
) -> None:
    """Measure this machine's Inlet on an embedded Postgres with the production settings."""
    names = only.split(",") if only else list(_SECTIONS)
    unknown = [name for name in names if name not in _SECTIONS]
    if unknown:
        raise typer.BadParameter(f"there is no section {', '.join(unknown)}")
    began_at, began = utc_now(), perf_counter()
    figures: list[Figure] = []
    with (
        TemporaryDirectory(prefix="inlet-bench-") as folder,
        embedded_postgres(Path(folder)) as url,
    ):
        machine = run(examine(url, Path(folder)))
        plan = Plan(server_url=url, sizes=QUICK if quick else FULL, say=_say)
        for name in names:
            _say(f"== {name}")
            figures += _SECTIONS[name](plan)
    report = Report(
        began_at=began_at,
        took_seconds=perf_counter() - began,
        is_quick=quick,
        machine=machine,
        figures=figures,
        commits=dict.fromkeys(names, measured_commit()),
    )
    path = keep(report)
    show(report)
    typer.echo(f"written to {path}")


def _say(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    program.command()(main)
    program()
