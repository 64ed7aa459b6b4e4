"""`python -m bench.faults`: breaks an installation on purpose, prints what was lost and doubled.

A missed target is a failure here: the exit code is 1. In short runs only a loss is: their times
say little. Figures of full length are kept as JSON, a file for each way.
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
from bench.faults import again, cutting, fuzz, killing, outage, poison, restore, soak
from bench.faults.plan import FULL, SHORT, FaultPlan
from bench.figures import Figure
from bench.machine import examine
from bench.report import RESULTS, Report, show, write

_WAYS: Mapping[str, Callable[[FaultPlan], list[Figure]]] = {
    "kill": killing.break_it,
    "outage": outage.break_it,
    "cut": cutting.break_it,
    "poison": poison.break_it,
    "again": again.break_it,
    "fuzz": fuzz.break_it,
    "restore": restore.break_it,
    "soak": soak.break_it,
}


def main(
    *,
    only: Annotated[str, typer.Option(help=f"Some of: {','.join(_WAYS)}.")] = "",
    short: Annotated[bool, typer.Option("--short", help="A minute or two of each.")] = False,
) -> None:
    """Break it in every way, on loopback, and count."""
    names = only.split(",") if only else list(_WAYS)
    unknown = [name for name in names if name not in _WAYS]
    if unknown:
        raise typer.BadParameter(f"there is no way {', '.join(unknown)}")
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="inlet-faults-") as folder:
        # Postgres may run as another user, who must get through.
        Path(folder).chmod(0o711)
        with embedded_postgres(Path(folder) / "machine") as url:
            machine = run(examine(url, Path(folder)))
        plan = FaultPlan(folder=Path(folder), lengths=SHORT if short else FULL, say=_say)
        for name in names:
            _say(f"== {name}")
            began_at, began = utc_now(), perf_counter()
            found = _WAYS[name](plan)
            figures += found
            report = Report(
                began_at=began_at,
                took_seconds=perf_counter() - began,
                is_quick=short,
                machine=machine,
                figures=found,
            )
            show(report)
            if not short:
                write(report, RESULTS / f"faults-{name}.json")
    if any(_counts(entry, short=short) for entry in figures):
        raise typer.Exit(1)


def _counts(entry: Figure, *, short: bool) -> bool:
    is_loss = entry.target is not None and entry.target.most == 0
    return entry.is_met is False and (is_loss or not short)


def _say(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    program.command()(main)
    program()
