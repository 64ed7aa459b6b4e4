"""Shows rows to the person at the terminal: a table, or JSON for the next program.

What other people sent is shown without its control characters: a terminal would obey them.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_WITHOUT_TERMINAL = 240
_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LINE_ENDS = re.compile(r"[\n\t]")


def show_json(value: object) -> None:
    """Write one JSON document; times as RFC 3339 UTC with six decimals."""
    plain = _plain(msgspec.to_builtins(value, builtin_types=(datetime,)))
    typer.echo(msgspec.json.format(msgspec.json.encode(plain), indent=2))


def show_items(items: Sequence[object]) -> None:
    """Write a listing as JSON."""
    show_json({"items": items})


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Write a listing as a table, or the line `empty` where there is nothing."""
    if not rows:
        typer.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    _console().print(table)


def show_facts(facts: Mapping[str, object]) -> None:
    """Write one thing as its facts, a line each; what is None is left out."""
    known = {name.replace("_", " "): value for name, value in facts.items() if value is not None}
    width = max(map(len, known), default=0)
    for name, value in known.items():
        typer.echo(f"{name:<{width}}  {_cell(value)}")


def printable(text: str) -> str:
    """Replace what commands a terminal or turns its text around; line ends and tabs stay."""
    return _COMMANDS.sub("�", text)


def rfc3339(moment: datetime) -> str:
    """Write a time as the API does: UTC, six decimals, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _console() -> Console:
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False, soft_wrap=False)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return _LINE_ENDS.sub("�", printable(str(value)))


def _plain(value: object) -> object:
    match value:
        case datetime():
            return rfc3339(value)
        case dict():
            return {key: _plain(item) for key, item in cast("dict[str, object]", value).items()}
        case list():
            return [_plain(item) for item in cast("list[object]", value)]
        case _:
            return value
