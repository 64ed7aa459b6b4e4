"""How much came and went, and what became of conversations."""

from collections.abc import Mapping
from datetime import datetime

from inbox.http.times import present_time
from inbox.reports.making import Making
from inbox.reports.query import channel_of
from inbox.reports.report import Report, Value, compare, row, table
from store.raw_volume import sum_raw_volume
from store.reports import RolledSpan, Sum, sum_figures

FIGURES = (
    "messages_in",
    "messages_automatic",
    "messages_out",
    "conversations_new",
    "conversations_reopened",
    "conversations_closed",
)
# What people write is written to nobody of ours.
_OF_NO_AGENT = frozenset(
    {"messages_in", "messages_automatic", "conversations_new", "conversations_reopened"}
)
# What opens a closed conversation again is not counted from rows: that needs all that was before.
_NOT_IN_ROWS = frozenset({"conversations_reopened"})
_MOST_DAYS_OF_ROWS = 2


async def make_volume(making: Making) -> Report:
    """Count messages and conversations; from rows where roll-ups are behind and days are few."""
    from_rows = making.is_behind and _may_count_rows(making)
    span = making.span
    if from_rows:
        sums = await sum_raw_volume(making.conn, span, channel_of(making.query))
    else:
        sums = await sum_figures(making.conn, span, FIGURES, by_time=True)
    unknown = _NOT_IN_ROWS if from_rows else frozenset[str]()
    if span.grouped_by == "agent":
        unknown |= _OF_NO_AGENT
    before = await sum_figures(making.conn, making.span_before, FIGURES)
    series: dict[datetime, dict[str, int]] = {at: {} for at in await making.starts()}
    for each in sums:
        if each.starts_at is not None:
            series.setdefault(each.starts_at, {})[each.figure] = each.amount
    rows = [row(_named(series[at], unknown), starts_at=present_time(at)) for at in sorted(series)]
    return making.report(
        "volume",
        compare(_named(_totals(sums), unknown), _named(_totals(before), unknown)),
        [table("by_time", rows)],
        source="rows" if from_rows else "rollups",
    )


def _may_count_rows(making: Making) -> bool:
    span: RolledSpan = making.span
    is_short = (span.last_day - span.first_day).days < _MOST_DAYS_OF_ROWS
    return is_short and span.grouped_by in ("all", "channel")


def _totals(sums: list[Sum]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for each in sums:
        totals[each.figure] = totals.get(each.figure, 0) + each.amount
    return totals


def _named(amounts: Mapping[str, int], unknown: frozenset[str]) -> dict[str, Value]:
    return {name: None if name in unknown else amounts.get(name, 0) for name in FIGURES}
