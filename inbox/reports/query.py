"""What a report is asked about: a span of days, one filter, hours or days. Knows no figure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from domain.errors import FieldError
from inbox.http.query import Query, query_error
from inbox.http.values import Id, NotAcceptable, Reads, TagName
from store.reports import Grain, GroupedBy, RolledSpan

SpanName = Literal[
    "today", "yesterday", "last_7_days", "last_28_days", "last_90_days", "this_month", "last_month"
]
DEFAULT_SPAN: SpanName = "last_28_days"
MOST_DAYS = 366
MOST_DAYS_BY_HOUR = 7
_BY_HOUR_OF_ITSELF = 2
_ONE_DAY = timedelta(days=1)


def read_day(text: str) -> date:
    """Read a day as it is written in a URL.

    Raises: NotAcceptable.
    """
    try:
        if len(text) != len("2026-01-31"):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        raise NotAcceptable("not_a_day", "a day, as 2026-01-31") from None
    if not 2000 <= found.year <= 2999:
        raise NotAcceptable("out_of_range", "between the years 2000 and 2999")
    return found


Day = Annotated[date, Reads(read_day)]


class SpanQuery(Query, frozen=True, kw_only=True):
    """A named span, or the days from one to another, both included."""

    span: SpanName | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    group: Grain | None = None

    def conflicts(self) -> Iterator[FieldError]:
        yield from _wrong_span(self)


class ReportQuery(SpanQuery, frozen=True, kw_only=True):
    """One filter at most."""

    channel_id: Id | None = None
    agent_id: Id | None = None
    tag: TagName | None = None

    def conflicts(self) -> Iterator[FieldError]:
        yield from _wrong_span(self)
        given = [name for name in ("channel_id", "agent_id", "tag") if getattr(self, name)]
        for name in given[1:]:
            yield query_error(
                name, "conflict", f"{name} cannot be given with {given[0]}: figures are kept by one"
            )


class ChannelQuery(SpanQuery, frozen=True, kw_only=True):
    """By channel or not."""

    channel_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A span of days, both included, and those before it: as many, ending the day before."""

    first: date
    last: date
    grain: Grain

    @property
    def before(self) -> "Days":
        return Days(
            first=self.first - (self.last - self.first) - _ONE_DAY,
            last=self.first - _ONE_DAY,
            grain=self.grain,
        )


def days_of(query: SpanQuery, today: date) -> Days:
    """Find the days that are meant."""
    if query.first_day and query.last_day:
        first, last = query.first_day, query.last_day
    else:
        first, last = _named(query.span or DEFAULT_SPAN, today)
    count = (last - first).days + 1
    grain: Grain = query.group or ("hour" if count <= _BY_HOUR_OF_ITSELF else "day")
    return Days(first=first, last=last, grain=grain if count <= MOST_DAYS_BY_HOUR else "day")


def rolled_span(customer_id: int, zone: str, days: Days, query: SpanQuery) -> RolledSpan:
    """Say which roll-ups are meant."""
    grouped_by, key = _group_of(query)
    return RolledSpan(
        customer_id=customer_id,
        zone=zone,
        first_day=days.first,
        last_day=days.last,
        grain=days.grain,
        grouped_by=grouped_by,
        keys=[key],
    )


def _group_of(query: SpanQuery) -> tuple[GroupedBy, str]:
    if isinstance(query, ReportQuery):
        if query.agent_id:
            return "agent", query.agent_id
        if query.tag:
            return "tag", query.tag
    channel_id = channel_of(query)
    return ("channel", channel_id) if channel_id else ("all", "")


def channel_of(query: SpanQuery) -> str | None:
    """Return the channel that is meant, if one is."""
    return query.channel_id if isinstance(query, ReportQuery | ChannelQuery) else None


def _wrong_span(query: SpanQuery) -> Iterator[FieldError]:
    first, last = query.first_day, query.last_day
    if query.span and (first or last):
        yield query_error("span", "conflict", "span cannot be given with first_day or last_day")
    if (first is None) != (last is None):
        name = "first_day" if first is None else "last_day"
        yield query_error(name, "missing", "first_day and last_day must be given together")
    if first and last and not 0 <= (last - first).days < MOST_DAYS:
        yield query_error(
            "last_day",
            "out_of_range",
            f"last_day must be 0 to {MOST_DAYS - 1} days after first_day",
        )
    if query.group == "hour" and first and last and (last - first).days >= MOST_DAYS_BY_HOUR:
        yield query_error(
            "group", "conflict", f"group cannot be hour for more than {MOST_DAYS_BY_HOUR} days"
        )


def _named(name: SpanName, today: date) -> tuple[date, date]:
    month = today.replace(day=1)
    match name:
        case "today":
            return today, today
        case "yesterday":
            return today - _ONE_DAY, today - _ONE_DAY
        case "this_month":
            return month, today
        case "last_month":
            return (month - _ONE_DAY).replace(day=1), month - _ONE_DAY
        case "last_7_days":
            return today - timedelta(days=6), today
        case "last_28_days":
            return today - timedelta(days=27), today
        case "last_90_days":
            return today - timedelta(days=89), today
