"""Reads and sets business calendars, and writes the opening spans that follow from them."""

from dataclasses import dataclass
from datetime import datetime

from domain.calendar import Calendar, Holiday, OpeningHours
from store.database import Connection
from store.sql import statements

_SQL = statements("calendars")
_FIND = _SQL["find_calendar"]
_HOLD_CUSTOMER = _SQL["hold_customer"]
_KNOWS_TIME_ZONE = _SQL["knows_time_zone"]
_SET_ZONE = _SQL["set_zone"]
_FORGET_HOURS = _SQL["forget_hours"]
_ADD_HOURS = _SQL["add_hours"]
_FORGET_HOLIDAYS = _SQL["forget_holidays"]
_ADD_HOLIDAYS = _SQL["add_holidays"]
_FORGET_SPANS = _SQL["forget_spans"]
_WRITE_SPANS = _SQL["write_spans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCalendar:
    """A calendar that somebody set."""

    calendar: Calendar
    changed_at: datetime
    version: int


async def find_calendar(conn: Connection, customer_id: int) -> StoredCalendar | None:
    """Read a customer's calendar; None where nobody set one."""
    row = await (await conn.execute(_FIND, {"customer_id": customer_id})).fetchone()
    if row is None:
        return None
    hours = [OpeningHours(*each) for each in zip(row[1], row[2], row[3], strict=True)]
    holidays = [Holiday(*each) for each in zip(row[4], row[5], strict=True)]
    return StoredCalendar(
        calendar=Calendar(time_zone=row[0], hours=hours, holidays=holidays),
        changed_at=row[6],
        version=row[7],
    )


async def hold_calendar(conn: Connection, customer_id: int) -> StoredCalendar | None:
    """Read a customer's calendar, which nobody else sets until the transaction ends."""
    await conn.execute(_HOLD_CUSTOMER, {"customer_id": customer_id})
    return await find_calendar(conn, customer_id)


async def knows_time_zone(conn: Connection, time_zone: str) -> bool:
    """Say whether the server knows a time zone by this name."""
    row = await (await conn.execute(_KNOWS_TIME_ZONE, {"time_zone": time_zone})).fetchone()
    return bool(row and row[0])


async def set_calendar(conn: Connection, customer_id: int, calendar: Calendar) -> None:
    """Set a customer's calendar, which is in order."""
    of_customer = {"customer_id": customer_id}
    zone = {**of_customer, "time_zone": calendar.time_zone}
    await conn.execute(_SET_ZONE, zone)
    await conn.execute(_FORGET_HOURS, of_customer)
    await conn.execute(
        _ADD_HOURS,
        {
            **of_customer,
            "weekdays": [each.weekday for each in calendar.hours],
            "opens_minutes": [each.opens for each in calendar.hours],
            "closes_minutes": [each.closes for each in calendar.hours],
        },
    )
    await conn.execute(_FORGET_HOLIDAYS, of_customer)
    await conn.execute(
        _ADD_HOLIDAYS,
        {
            **of_customer,
            "days": [each.day for each in calendar.holidays],
            "names": [each.name for each in calendar.holidays],
        },
    )
    await conn.execute(_FORGET_SPANS, of_customer)
    await conn.execute(_WRITE_SPANS, zone)
