"""The roll-ups held against what conversations add to them: which differ, and what corrects them.

Day by day, and conversation by conversation in order of ids. Knows no figure.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from store.database import Connection
from store.sql import statements

_SQL = statements("rollup_days")
_LIST_DIFFERING_ROLLUPS = _SQL["list_differing_rollups"]
_CORRECT = _SQL["correct_rollups"]
_REMOVE_EMPTY = _SQL["remove_empty"]
_LIST_TO_COUNT = _SQL["list_conversations_to_count"]
_NEXT_SPAN = _SQL["next_span"]

EARLIEST = "-infinity"
_LATEST = "infinity"
_ROWS_AT_ONCE = 2_000
_FIRST_ID = "00000000-0000-0000-0000-000000000000"

# grain, grouped by, figure, group key, time, detail, and how many and how long are missing
RollupDifference = tuple[str, str, str, str, datetime, str, int, int]


class DaySpan(NamedTuple):
    """Days from one to before another."""

    from_day: datetime | str
    until_day: datetime | str

    @property
    def is_last(self) -> bool:
        return self.until_day == _LATEST


async def list_conversations_to_count(
    conn: Connection, customer_id: int, after_id: str | None, limit: int
) -> list[str]:
    """List the next ids that conversations have or had."""
    parameters = {"customer_id": customer_id, "after_id": after_id or _FIRST_ID, "limit": limit}
    return [row[0] for row in await (await conn.execute(_LIST_TO_COUNT, parameters)).fetchall()]


async def next_span(conn: Connection, customer_id: int, from_day: datetime | str) -> DaySpan:
    """Find the span of days to look at from a day on: about as many rows as are read at once."""
    parameters = {"customer_id": customer_id, "from_day": from_day, "rows": _ROWS_AT_ONCE}
    row = await (await conn.execute(_NEXT_SPAN, parameters)).fetchone()
    return DaySpan(from_day, row[0] if row else _LATEST)


async def list_differing_rollups(
    conn: Connection, customer_id: int, span: DaySpan
) -> list[RollupDifference]:
    """Say which roll-ups of a span are not what its conversations add up to."""
    parameters = {"customer_id": customer_id, **span._asdict()}
    return await (await conn.execute(_LIST_DIFFERING_ROLLUPS, parameters)).fetchall()


async def correct_rollups(
    conn: Connection, customer_id: int, span: DaySpan, missing: Sequence[RollupDifference]
) -> None:
    """Add what is missing in the roll-ups of a span, and remove what is 0."""
    if missing:
        columns = [list(column) for column in zip(*missing, strict=True)]
        names = (
            "grains",
            "grouped_bys",
            "figures",
            "group_keys",
            "times",
            "details",
            "amounts",
            "milliseconds",
        )
        parameters = dict(zip(names, columns, strict=True))
        await conn.execute(_CORRECT, {"customer_id": customer_id, **parameters})
    await conn.execute(_REMOVE_EMPTY, {"customer_id": customer_id, **span._asdict()})
