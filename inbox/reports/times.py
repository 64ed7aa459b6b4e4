"""How long people waited for the first response, and conversations for their end."""

from collections.abc import Mapping
from datetime import datetime

from inbox.http.times import present_time
from inbox.reports.making import Making, durations_as_values, durations_of
from inbox.reports.report import Report, Value, compare, row, table
from store.reports import Durations, RolledSpan, sum_figures

_FIGURES = ("first_response", "resolution")


async def make_times(making: Making) -> Report:
    """Find medians and ninth deciles, with how many questions nobody answered."""
    now, before = await _asked(making, making.span), await _asked(making, making.span_before)
    durations = await durations_of(making, making.span, _FIGURES, by_time=True)
    before_durations = await durations_of(making, making.span_before, _FIGURES)
    starts = {*await making.starts(), *(at for at, _ in durations if at is not None)}
    rows = [
        row(
            _values(making, now.get(at, 0), durations.get((at, ""), {})),
            starts_at=present_time(at),
        )
        for at in sorted(starts)
    ]
    return making.report(
        "times",
        compare(
            _values(making, sum(now.values()), durations.get((None, ""), {})),
            _values(making, sum(before.values()), before_durations.get((None, ""), {})),
        ),
        [table("by_time", rows)],
    )


async def _asked(making: Making, span: RolledSpan) -> dict[datetime | None, int]:
    sums = await sum_figures(making.conn, span, ("first_asked",), by_time=True)
    return {each.starts_at: each.amount for each in sums}


def _values(making: Making, asked: int, found: Mapping[str, Durations]) -> dict[str, Value]:
    responses, resolutions = found.get("first_response"), found.get("resolution")
    answered = responses.amount if responses else 0
    # Whom nobody answered has no agent either.
    is_known = making.span.grouped_by != "agent"
    has_hours = making.fresh.has_hours
    return {
        "first_asked": asked if is_known else None,
        "first_answered": answered,
        "first_unanswered": asked - answered if is_known else None,
        **durations_as_values(found, "first_response", has_hours=has_hours),
        "resolved": resolutions.amount if resolutions else 0,
        **durations_as_values(found, "resolution", has_hours=has_hours),
    }
