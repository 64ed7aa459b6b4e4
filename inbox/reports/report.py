"""What every report is: figures with those of the time before, and rows. One form for JSON, CSV and
the page.

The ending of a name says what its value is: `_seconds`, `_share` (0 to 1), or else a number. A
value that nothing can be said of is None.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

ReportName = Literal["volume", "times", "backlog", "delivery", "agents", "tags", "consent"]
Value: TypeAlias = float | None


class ReportFigure(msgspec.Struct, frozen=True):
    """`before` is the same of as many days before; null where it is not compared."""

    name: str
    value: float | None
    before: float | None


class ReportRow(msgspec.Struct, frozen=True):
    """What it is about (a time, or words by name), and its figures."""

    starts_at: str | None
    about: dict[str, str | None]
    values: dict[str, float | None]


class ReportTable(msgspec.Struct, frozen=True):
    name: str
    rows: list[ReportRow]


class Report(msgspec.Struct, frozen=True):
    """`as_of` says up to when everything is counted."""

    name: ReportName
    first_day: str
    last_day: str
    days_before: list[str]
    time_zone: str
    group: Literal["hour", "day"]
    as_of: str
    state: Literal["fresh", "behind", "rebuilding"]
    source: Literal["rollups", "rows"]
    figures: list[ReportFigure]
    tables: list[ReportTable]


def compare(now: Mapping[str, Value], before: Mapping[str, Value]) -> list[ReportFigure]:
    """Put figures beside those of the time before."""
    return [
        ReportFigure(name=name, value=value, before=before.get(name)) for name, value in now.items()
    ]


def row(
    values: Mapping[str, Value],
    *,
    starts_at: str | None = None,
    about: Mapping[str, str | None] | None = None,
) -> ReportRow:
    return ReportRow(starts_at=starts_at, about=dict(about or {}), values=dict(values))


def table(name: str, rows: Iterable[ReportRow]) -> ReportTable:
    return ReportTable(name=name, rows=list(rows))


def share(part: int, whole: int) -> float | None:
    """Return a share of 0 to 1; None of nothing."""
    return round(part / whole, 4) if whole else None
