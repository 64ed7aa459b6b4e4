"""What is to be done now, and how long people wait for it: counted where it is kept."""

from collections.abc import Sequence
from itertools import pairwise

from inbox.reports.making import Making
from inbox.reports.query import channel_of
from inbox.reports.report import Report, ReportFigure, Value, row, table
from store.reports import count_backlog, list_waiting

MOST_COUNTED = 10_000
MOST_WAITING = 1_000
_HOUR, _DAY = 3600, 86400
# Each age ends where the next begins.
AGES: tuple[tuple[str, float], ...] = (
    ("up_to_1_hour", _HOUR),
    ("up_to_4_hours", 4 * _HOUR),
    ("up_to_1_day", _DAY),
    ("up_to_3_days", 3 * _DAY),
    ("up_to_7_days", 7 * _DAY),
    ("longer", float("inf")),
)


async def make_backlog(making: Making) -> Report:
    """Count what is to be done; a number that reaches its limit means that or more."""
    conn, customer_id, channel_id = making.conn, making.customer_id, channel_of(making.query)
    counts = await count_backlog(conn, customer_id, channel_id, MOST_COUNTED)
    waiting = await list_waiting(conn, customer_id, channel_id, making.now, MOST_WAITING)
    ages = sorted(age for age, _ in waiting)
    values: dict[str, Value] = {
        "open": counts.get("open", 0),
        "pending": counts.get("pending", 0),
        "snoozed": counts.get("snoozed", 0),
        "waiting": len(waiting),
        "waiting_median_seconds": round(ages[(len(ages) - 1) // 2]) if ages else None,
        "waiting_longest_seconds": round(ages[-1]) if ages else None,
    }
    rows = [
        row({"waiting": clock, "waiting_business": business}, about={"age": name})
        for (name, _), clock, business in zip(
            AGES, _by_age(ages), _by_age([age for _, age in waiting]), strict=True
        )
    ]
    figures = [ReportFigure(name=name, value=value, before=None) for name, value in values.items()]
    return making.report("backlog", figures, [table("by_age", rows)], source="rows")


def _by_age(ages: Sequence[float]) -> list[int]:
    edges = [0.0, *(end for _, end in AGES)]
    return [sum(begin <= age < end for age in ages) for begin, end in pairwise(edges)]
