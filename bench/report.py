"""Shows figures as one table and keeps them as JSON, with the commit that each section is of."""

import subprocess
from datetime import datetime
from pathlib import Path

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.figures import Figure, Target
from bench.machine import Machine

RESULTS = Path(__file__).parent / "results"

_WIDTH = 100


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run, and in `latest.json` what earlier runs say of other sections.

    `commits` names by section the commit that was measured; the times and the machine are the last
    run's.
    """

    began_at: datetime
    took_seconds: float
    is_quick: bool
    machine: Machine
    figures: list[Figure]
    commits: dict[str, str] = {}


def measured_commit() -> str:
    """Name the commit that is checked out, and whether anything differs from it."""
    command = ("git", "describe", "--always", "--dirty=, changed", "--exclude=*")
    done = subprocess.run(command, cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def keep(report: Report, folder: Path = RESULTS) -> Path:
    """Write the report under its time; a whole-sized one also into the latest, by section."""
    path = folder / f"{report.began_at:%Y-%m-%dT%H-%M-%SZ}.json"
    write(report, path)
    if not report.is_quick:
        latest = folder / "latest.json"
        write(merged(latest, report), latest)
    return path


def merged(latest: Path, report: Report) -> Report:
    """Return the report with the sections of the latest that it did not measure."""
    if not latest.exists():
        return report
    before = msgspec.json.decode(latest.read_bytes(), type=Report)
    kept = [figure for figure in before.figures if figure.section not in report.commits]
    figures = sorted([*kept, *report.figures], key=lambda figure: figure.section)
    return msgspec.structs.replace(
        report, figures=figures, commits={**before.commits, **report.commits}
    )


def write(report: Report, path: Path) -> None:
    """Write the report as JSON for people and programs."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def show(report: Report) -> None:
    """Print the table."""
    machine = report.machine
    console = Console(width=_WIDTH, highlight=False)
    table = Table(
        title=f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, "
        f"Postgres {machine.postgres}, fsync {machine.fsync_us:,.0f} µs",
        title_justify="left",
        caption="µs and B: for each request, event or message. "
        "x p99: the p99 among many conversations over that among few.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        width=_WIDTH,
        pad_edge=False,
    )
    table.add_column("")
    table.add_column("measure", ratio=1)
    for heading in ("figure", "p50 ms", "p99 ms", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    section = ""
    for entry in report.figures:
        if entry.section != section and section:
            table.add_section()
        label = "" if entry.section == section else entry.section
        section = entry.section
        table.add_row(label, entry.name, *_cells(entry))
    console.print(table)


def _cells(entry: Figure) -> tuple[str | Text, ...]:
    if entry.note:
        return (Text(entry.note, style="dim"), "", "", "", "")
    value = "" if entry.value is None else _number(entry.value) + entry.unit
    p50 = f"{entry.latency.p50_ms:.2f}" if entry.latency else ""
    p99 = f"{entry.latency.p99_ms:.2f}" if entry.latency else ""
    return value, p50, p99, _wanted(entry.target), _verdict(entry.is_met)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _wanted(target: Target | None) -> str:
    if target is None:
        return ""
    least = "" if target.least is None else f"≥ {_number(target.least)}"
    most = "" if target.most is None else f"≤ {_number(target.most)}"
    p99 = "" if target.most_p99_ms is None else f"{target.most_p99_ms:.0f} ms"
    return ", ".join(part for part in (least, most, p99) if part)


def _verdict(is_met: bool | None) -> str | Text:
    if is_met is None:
        return ""
    return Text("met", style="green") if is_met else Text("MISSED", style="bold red")
