"""What comparing derived rows came to, run by run. Knows no part of them.

Beside it only what lets several statements see one moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from store.database import Connection
from store.sql import statements

_SQL = statements("comparisons")
_SEE_ONE_MOMENT = _SQL["see_one_moment"]
_ADD = _SQL["add_run"]
_LIST = _SQL["list_runs"]
_COUNT_WRONG = _SQL["count_wrong"]
_FORGET = _SQL["forget_runs"]
_FIND_LAST_NIGHT = _SQL["find_last_night"]

RunReason = Literal["minute", "night", "asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRun:
    """What comparing a part came to. `customer_id` is None for all customers.

    `samples` are some rows that were wrong: customer, id and columns.
    """

    id: str
    part: str
    reason: RunReason
    customer_id: int | None
    began_at: datetime
    seconds: float
    from_id: str | None
    to_id: str | None
    rows_seen: int
    rows_wrong: int
    rows_mended: int
    samples: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun(ComparisonRun):
    """A run as it was kept."""

    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRows:
    """How many rows of a part were wrong of late, and how many of them were mended."""

    part: str
    wrong: int
    mended: int


async def see_one_moment(conn: Connection) -> None:
    """Let the statements of this transaction see one moment, and write nothing."""
    await conn.execute(_SEE_ONE_MOMENT)


async def add_run(conn: Connection, run: ComparisonRun) -> None:
    """Keep what a run came to."""
    await conn.execute(
        _ADD,
        {
            "id": run.id,
            "part": run.part,
            "reason": run.reason,
            "customer_id": run.customer_id,
            "began_at": run.began_at,
            "seconds": run.seconds,
            "from_id": run.from_id,
            "to_id": run.to_id,
            "rows_seen": run.rows_seen,
            "rows_wrong": run.rows_wrong,
            "rows_mended": run.rows_mended,
            "samples": Jsonb(list(run.samples)),
        },
    )


async def list_runs(conn: Connection, *, only_wrong: bool, limit: int) -> list[ListedRun]:
    """List runs, the latest first."""
    async with conn.cursor(row_factory=class_row(ListedRun)) as cursor:
        await cursor.execute(_LIST, {"only_wrong": only_wrong, "limit": limit})
        return await cursor.fetchall()


async def count_wrong(conn: Connection) -> list[WrongRows]:
    """Count what was wrong within a day, by part."""
    async with conn.cursor(row_factory=class_row(WrongRows)) as cursor:
        await cursor.execute(_COUNT_WRONG)
        return await cursor.fetchall()


async def find_last_night(conn: Connection) -> tuple[datetime, datetime | None]:
    """Say what time it is at the database, and when all rows were last compared."""
    [row] = await (await conn.execute(_FIND_LAST_NIGHT)).fetchall()
    return row[0], row[1]


async def forget_runs(conn: Connection, limit: int) -> int:
    """Forget runs that found nothing a day after, others after 90; return how many."""
    return (await conn.execute(_FORGET, {"limit": limit})).rowcount
