"""What of the figures can be compared now: what the consumer that keeps them has come to.

Knows neither how figures are counted nor what is done about a difference.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from store.database import Connection
from store.rollup_days import DaySpan
from store.sql import statements

_SQL = statements("figure_differences")
_FIGURES_ARE_NEAR = _SQL["figures_are_near"]
_LIST_COUNTED = _SQL["list_counted"]
_LIST_SMALL_DAYS = _SQL["list_small_days"]

_MOST_BEHIND = 5_000
_MOST_CONVERSATIONS = 20_000  # of a day, which is about a second


class NamedDay(NamedTuple):
    """A day by the id that a walk gives it, and its span."""

    id: str
    from_day: datetime
    until_day: datetime

    @property
    def span(self) -> DaySpan:
        return DaySpan(self.from_day, self.until_day)


async def figures_are_near(conn: Connection, customer_id: int) -> bool:
    """Say whether a customer's figures are up to date but for a few changes."""
    wanted = {"customer_id": customer_id, "most": _MOST_BEHIND}
    row = await (await conn.execute(_FIGURES_ARE_NEAR, wanted)).fetchone()
    return bool(row and row[0])


async def list_counted(conn: Connection, customer_id: int, ids: Sequence[str]) -> list[str]:
    """List those of these conversations that were counted since they changed."""
    wanted = {"customer_id": customer_id, "ids": list(ids)}
    return [row[0] for row in await (await conn.execute(_LIST_COUNTED, wanted)).fetchall()]


async def list_small_days(conn: Connection, customer_id: int, ids: Sequence[str]) -> list[NamedDay]:
    """List those of these days that can be added up beside everything else."""
    wanted = {"customer_id": customer_id, "ids": list(ids), "most": _MOST_CONVERSATIONS}
    return [
        NamedDay(*row) for row in await (await conn.execute(_LIST_SMALL_DAYS, wanted)).fetchall()
    ]
