"""Reads figures for reports: sums of roll-ups, and what is counted where it is kept. Names none.

What has no row is 0; which hours and days there are is asked by itself.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("reports")
_READ_FRESHNESS = _SQL["read_freshness"]
_LIST_STARTS = _SQL["list_starts"]
_SUM_FIGURES = _SQL["sum_figures"]
_SUM_DURATIONS = _SQL["sum_durations"]
_COUNT_BACKLOG = _SQL["count_backlog"]
_LIST_WAITING = _SQL["list_waiting"]
_COUNT_OPT_OUTS = _SQL["count_opt_outs"]

Grain = Literal["hour", "day"]
GroupedBy = Literal["all", "channel", "agent", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh roll-ups are; `waiting_since` is None where they have every change."""

    zone: str
    has_hours: bool
    today: date
    waiting_since: datetime | None
    is_rebuilding: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledSpan:
    """Which roll-ups are meant: whole days in a zone, of some keys."""

    customer_id: int
    zone: str
    first_day: date
    last_day: date
    grain: Grain
    grouped_by: GroupedBy
    keys: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """How much of a figure; `starts_at` is None, and texts are empty, where they were not asked."""

    starts_at: datetime | None
    group_key: str
    figure: str
    detail: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How many durations, their median and their ninth decile, in seconds."""

    starts_at: datetime | None
    group_key: str
    figure: str
    amount: int
    median: float
    p90: float


async def read_freshness(conn: Connection, customer_id: int, now: datetime) -> Freshness:
    """Read what every report begins with."""
    cursor = conn.cursor(row_factory=class_row(Freshness))
    await cursor.execute(_READ_FRESHNESS, {"customer_id": customer_id, "now": now})
    found = await cursor.fetchone()
    if found is None:
        raise LookupError("a statement without conditions has a row")
    return found


async def list_starts(conn: Connection, span: RolledSpan) -> list[datetime]:
    """List when each hour or day of a span begins."""
    return [row[0] for row in await (await conn.execute(_LIST_STARTS, asdict(span))).fetchall()]


async def sum_figures(
    conn: Connection,
    span: RolledSpan,
    figures: Sequence[str],
    *,
    by_time: bool = False,
    by_key: bool = False,
    by_detail: bool = False,
) -> list[Sum]:
    """Sum figures, in all or by what is asked."""
    cursor = conn.cursor(row_factory=class_row(Sum))
    wanted = {"by_time": by_time, "by_key": by_key, "by_detail": by_detail}
    await cursor.execute(_SUM_FIGURES, {**asdict(span), **wanted, "figures": list(figures)})
    return await cursor.fetchall()


async def sum_durations(
    conn: Connection,
    span: RolledSpan,
    figures: Sequence[str],
    *,
    by_time: bool = False,
    by_key: bool = False,
) -> list[Durations]:
    """Find medians and ninth deciles; by time, those of all together are there too."""
    cursor = conn.cursor(row_factory=class_row(Durations))
    wanted = {"by_time": by_time, "by_key": by_key, "figures": list(figures)}
    await cursor.execute(_SUM_DURATIONS, {**asdict(span), **wanted})
    return await cursor.fetchall()


async def count_backlog(
    conn: Connection, customer_id: int, channel_id: str | None, most: int
) -> dict[str, int]:
    """Count the conversations of each status that are to be handled, up to a limit."""
    cursor = await conn.execute(
        _COUNT_BACKLOG, {"customer_id": customer_id, "channel_id": channel_id, "most": most}
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def list_waiting(
    conn: Connection, customer_id: int, channel_id: str | None, now: datetime, most: int
) -> list[tuple[float, float]]:
    """List for how long people wait, in clock and business seconds, the longest quiet first."""
    wanted = {"customer_id": customer_id, "channel_id": channel_id, "now": now, "most": most}
    rows = await (await conn.execute(_LIST_WAITING, wanted)).fetchall()
    return [(row[0], row[1]) for row in rows]


async def count_opt_outs(
    conn: Connection,
    span: RolledSpan,
    channel_id: str | None,
    *,
    by_time: bool = False,
    by_key: bool = False,
) -> list[Sum]:
    """Count opt-outs, in all or by what is asked."""
    wanted = {"channel_id": channel_id, "by_time": by_time, "by_key": by_key}
    rows = await (await conn.execute(_COUNT_OPT_OUTS, {**asdict(span), **wanted})).fetchall()
    return [
        Sum(starts_at=row[0], group_key=row[1], figure="opt_outs", detail="", amount=row[2])
        for row in rows
    ]
