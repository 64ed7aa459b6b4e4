"""When each chore last ran, and who does it next: each that is due is given to one caller.

Knows no chore: what is to be done, and how often, is in `worker/background/chores.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("chores")
_BEGIN_CHORES = _SQL["begin_chores"]
_END_CHORE = _SQL["end_chore"]
_LIST_CHORES = _SQL["list_chores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreRun:
    """When a chore last began, by the database clock, and what it did then."""

    name: str
    age_seconds: float
    seconds: float
    rows: int


async def begin_chores(
    conn: Connection, every_seconds: Mapping[str, float]
) -> list[tuple[str, datetime]]:
    """Return which of these chores the caller has to do now: each is given to one caller.

    Beside each lies the time by the database clock.
    """
    cursor = await conn.execute(
        _BEGIN_CHORES,
        {"names": list(every_seconds), "every_seconds": list(every_seconds.values())},
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def end_chore(conn: Connection, name: str, seconds: float, rows: int) -> None:
    """Note how long a chore took and how many rows it removed or changed."""
    await conn.execute(_END_CHORE, {"name": name, "seconds": seconds, "rows": rows})


async def list_chores(conn: Connection) -> list[ChoreRun]:
    """List what is known of the chores, by name."""
    async with conn.cursor(row_factory=class_row(ChoreRun)) as cursor:
        await cursor.execute(_LIST_CHORES)
        return await cursor.fetchall()
