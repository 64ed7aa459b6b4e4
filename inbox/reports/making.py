"""What every report begins with: its days and zone, and how fresh the roll-ups are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from inbox.http.times import present_time
from inbox.reports.query import Days, SpanQuery, days_of, rolled_span
from inbox.reports.report import Report, ReportFigure, ReportName, ReportTable, Value
from store.database import Connection
from store.reports import (
    Durations,
    Freshness,
    RolledSpan,
    list_starts,
    read_freshness,
    sum_durations,
)

# Roll-ups are fresh within seconds; who is further behind than this has something in the way.
BEHIND_AFTER = timedelta(seconds=60)
_BUSINESS = "_business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """A report that is being made. `query` has its filters."""

    conn: Connection
    customer_id: int
    now: datetime
    fresh: Freshness
    query: SpanQuery
    days: Days

    @property
    def span(self) -> RolledSpan:
        return rolled_span(self.customer_id, self.fresh.zone, self.days, self.query)

    @property
    def span_before(self) -> RolledSpan:
        return rolled_span(self.customer_id, self.fresh.zone, self.days.before, self.query)

    @property
    def as_of(self) -> datetime:
        return self.fresh.waiting_since or self.now

    @property
    def is_behind(self) -> bool:
        return self.now - self.as_of > BEHIND_AFTER

    async def starts(self) -> list[datetime]:
        """List when the hours or days begin."""
        return await list_starts(self.conn, self.span)

    def report(
        self,
        name: ReportName,
        figures: Sequence[ReportFigure],
        tables: Sequence[ReportTable],
        *,
        source: Literal["rollups", "rows"] = "rollups",
    ) -> Report:
        """Say what was found, and up to when it is counted."""
        is_of_rows = source == "rows"
        before = self.days.before
        return Report(
            name=name,
            first_day=self.days.first.isoformat(),
            last_day=self.days.last.isoformat(),
            days_before=[before.first.isoformat(), before.last.isoformat()],
            time_zone=self.fresh.zone,
            group=self.days.grain,
            as_of=present_time(self.now if is_of_rows else self.as_of),
            state="fresh" if is_of_rows else self._state(),
            source=source,
            figures=list(figures),
            tables=list(tables),
        )

    def _state(self) -> Literal["fresh", "behind", "rebuilding"]:
        if self.fresh.is_rebuilding:
            return "rebuilding"
        return "behind" if self.is_behind else "fresh"


async def begin(conn: Connection, customer_id: int, query: SpanQuery, now: datetime) -> Making:
    """Find out what a report is of."""
    fresh = await read_freshness(conn, customer_id, now)
    return Making(
        conn=conn,
        customer_id=customer_id,
        now=now,
        fresh=fresh,
        query=query,
        days=days_of(query, fresh.today),
    )


async def durations_of(
    making: Making,
    span: RolledSpan,
    figures: Sequence[str],
    *,
    by_time: bool = False,
    by_key: bool = False,
) -> Mapping[tuple[datetime | None, str], Mapping[str, Durations]]:
    """Find how long something took: in all, by hour or day as well, and by key.

    Without opening hours there is no business time apart.
    """
    business = [figure + _BUSINESS for figure in figures] if making.fresh.has_hours else []
    found = await sum_durations(
        making.conn, span, [*figures, *business], by_time=by_time, by_key=by_key
    )
    by_place: dict[tuple[datetime | None, str], dict[str, Durations]] = {}
    for each in found:
        by_place.setdefault((each.starts_at, each.group_key), {})[each.figure] = each
    return by_place


def durations_as_values(
    found: Mapping[str, Durations], figure: str, *, has_hours: bool
) -> dict[str, Value]:
    """Name median and ninth decile; without opening hours business time is clock time."""
    clock = found.get(figure)
    business = found.get(figure + _BUSINESS) if has_hours else clock
    return {
        f"{figure}_median_seconds": round(clock.median) if clock else None,
        f"{figure}_p90_seconds": round(clock.p90) if clock else None,
        f"{figure}_median_business_seconds": round(business.median) if business else None,
        f"{figure}_p90_business_seconds": round(business.p90) if business else None,
    }
