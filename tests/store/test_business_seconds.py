"""Business seconds are those minutes, counted one by one, in which somebody was at work."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import OpenConnection
from flows import values
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar, Holiday, OpeningHours, checked_calendar
from store.calendars import find_calendar, set_calendar
from store.database import Connection, connect

_MINUTE = timedelta(minutes=1)
_WEEK = tuple(OpeningHours(weekday, 540, 1020) for weekday in range(1, 6))
# Around the nights in which clocks are changed: by an hour, by half of one, at midnight, and to the
# hour before it; a day that was left out; an offset of three quarters of an hour.
_NIGHTS = {
    "Europe/Berlin": (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)),
    "America/Santiago": (datetime(2023, 4, 2, tzinfo=UTC), datetime(2023, 9, 3, tzinfo=UTC)),
    "Atlantic/Azores": (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    "Pacific/Apia": (datetime(2011, 12, 30, tzinfo=UTC),),
    "Asia/Kathmandu": (datetime(2026, 1, 1, tzinfo=UTC),),
}


async def _business_seconds(conn: Connection, since: datetime, until: datetime | None) -> object:
    (found,) = await values(conn, b"SELECT business_seconds(1, %s, %s)", since, until)
    return found


def _counted(calendar: Calendar, since: datetime, until: datetime) -> int:
    """Count minute by minute, by the clocks on the wall."""
    zone, days = ZoneInfo(calendar.time_zone), {each.day for each in calendar.holidays}
    count = 0
    while since < until:
        local = since.astimezone(zone)
        minute = local.hour * 60 + local.minute
        count += local.date() not in days and any(
            each.weekday == local.isoweekday() and each.opens <= minute < each.closes
            for each in calendar.hours
        )
        since += _MINUTE
    return count * 60


@st.composite
def _weeks(draw: st.DrawFn) -> list[OpeningHours]:
    edges = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(sorted)
    return [
        OpeningHours(weekday, opens, closes)
        for weekday in draw(st.sets(st.integers(1, 7), min_size=1))
        for week_edges in [draw(edges)]
        for opens, closes in zip(week_edges[::2], week_edges[1::2], strict=False)
    ]


@pytest.mark.parametrize("zone", _NIGHTS)
def test_seconds_are_the_minutes_counted_by_hand(zone: str, database_url: str, run: object) -> None:
    spans = st.tuples(st.integers(-3000, 2000), st.integers(0, 4000))

    @settings(max_examples=2)
    @given(
        hours=_weeks(),
        holidays=st.sets(st.integers(-2, 2), max_size=2),
        shifts=st.lists(spans, min_size=3, max_size=3),
    )
    def holds(hours: list[OpeningHours], holidays: set[int], shifts: list[tuple[int, int]]) -> None:
        nights = _NIGHTS[zone]
        days = {(night + timedelta(days=each)).date() for night in nights for each in holidays}
        calendar = checked_calendar(
            Calendar(time_zone=zone, hours=hours, holidays=[Holiday(day, "") for day in days])
        )
        moments = [
            (night + timedelta(minutes=begin), night + timedelta(minutes=begin + length))
            for night in nights
            for begin, length in shifts
        ]
        assert callable(run)
        found = run(_answers, database_url, calendar, moments)
        assert found == [_counted(calendar, *each) for each in moments]

    holds()


async def _answers(
    database_url: str, calendar: Calendar, moments: list[tuple[datetime, datetime]]
) -> list[object]:
    async with await connect(database_url, "tests") as conn:
        await set_calendar(conn, 1, calendar)
        stored = await find_calendar(conn, 1)
        assert stored is not None
        assert stored.calendar == calendar
        return [await _business_seconds(conn, *each) for each in moments]


async def test_hours_of_every_day_and_night_are_clock_time_over_both_changes(
    open_connection: OpenConnection,
) -> None:
    whole = [OpeningHours(weekday, 0, 1440) for weekday in range(1, 8)]
    since, until = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    async with open_connection() as conn:
        for zone in ("Europe/Berlin", "Atlantic/Azores", "America/Santiago"):
            await set_calendar(conn, 1, Calendar(time_zone=zone, hours=whole))
            assert await _business_seconds(conn, since, until) == (until - since).total_seconds()


async def test_what_is_not_at_work_counts_nothing_and_what_is_unknown_is_null(
    open_connection: OpenConnection,
) -> None:
    friday, monday = datetime(2026, 6, 5, 16, 30, tzinfo=UTC), datetime(2026, 6, 8, 9, tzinfo=UTC)
    async with open_connection() as conn:
        # Nobody set a calendar: clock time.
        clock = (monday - friday).total_seconds()
        assert await _business_seconds(conn, friday, monday) == clock
        await set_calendar(conn, 1, Calendar(time_zone="UTC", hours=_WEEK))
        assert await _business_seconds(conn, friday, monday) == 1800
        assert await _business_seconds(conn, monday, friday) == 0
        assert await _business_seconds(conn, friday, None) is None
        before = datetime(2009, 1, 1, tzinfo=UTC)
        assert await _business_seconds(conn, before, before + timedelta(days=30)) == 0
        first = datetime(2010, 1, 1, 12, tzinfo=UTC)
        assert await _business_seconds(conn, before, first) == 3 * 3600
        # Another customer's calendar is not ours, and a calendar without hours is clock time.
        await conn.execute(b"INSERT INTO customers (id, name) VALUES (2, 'other')")
        (other,) = await values(conn, b"SELECT business_seconds(2, %s, %s)", friday, monday)
        assert other == clock
        holiday = Holiday(date(2026, 6, 5), "")
        await set_calendar(conn, 1, Calendar(time_zone="Asia/Tokyo", holidays=[holiday]))
        assert await _business_seconds(conn, friday, monday) == clock
        assert await values(conn, b"SELECT calendar_zone(c) FROM (VALUES (1), (2)) AS v (c)") == [
            "Asia/Tokyo",
            "UTC",
        ]
