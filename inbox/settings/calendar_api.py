"""The business calendar over HTTP: everybody reads it, an admin sets it as a whole."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import BaseRoute

from domain.calendar import (
    LONGEST_NAME,
    MOST_HOLIDAYS,
    MOST_SPANS,
    NO_CALENDAR,
    WEEKDAYS,
    Calendar,
    Holiday,
    OpeningHours,
    Weekday,
    read_minute,
    write_minute,
)
from domain.errors import invalid_field
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, resource
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import described
from inbox.http.versions import wanted_version
from inbox.settings.calendars import change_calendar
from store.calendars import StoredCalendar, find_calendar
from store.database import Connection


class WeekdayHours(msgspec.Struct, forbid_unknown_fields=True):
    """`closes` may be 24:00; what lasts beyond midnight goes on on the next weekday."""

    weekday: Weekday
    opens: str
    closes: str


class NamedHoliday(msgspec.Struct, forbid_unknown_fields=True):
    day: date
    name: Annotated[str, described(maxLength=LONGEST_NAME)] = ""


class CalendarBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without hours business time is clock time. What is left out is empty from then on."""

    time_zone: str
    hours: Annotated[list[WeekdayHours], Meta(max_length=MOST_SPANS)] = []
    holidays: Annotated[list[NamedHoliday], Meta(max_length=MOST_HOLIDAYS)] = []
    version: Annotated[int, Meta(ge=0)] | UnsetType = UNSET


class BusinessCalendar(msgspec.Struct, frozen=True):
    """`version` is 0 and `changed_at` null where nobody set a calendar."""

    time_zone: str
    hours: list[WeekdayHours]
    holidays: list[NamedHoliday]
    changed_at: str | None
    version: int


def calendar_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of the calendar."""
    reading = Endpoint("get_calendar", "conversations:read", _get, response=BusinessCalendar)
    setting = Endpoint("set_calendar", "admin", _set, body=CalendarBody, response=BusinessCalendar)
    return [resource(shared, "/calendar", {"GET": reading, "PUT": setting})]


async def _get(conn: Connection, call: PlainCall) -> Answer:
    return _answer(await find_calendar(conn, call.key.customer_id))


async def _set(conn: Connection, call: BodyCall[CalendarBody]) -> Answer:
    wanted = Calendar(
        time_zone=call.body.time_zone,
        hours=[_read(each) for each in call.body.hours],
        holidays=[Holiday(each.day, each.name) for each in call.body.holidays],
    )
    version = wanted_version(call, call.body.version)
    new_id = call.shared.new_id
    return _answer(await change_calendar(conn, call.actor, wanted, version=version, new_id=new_id))


def _read(hours: WeekdayHours) -> OpeningHours:
    opens, closes = read_minute(hours.opens), read_minute(hours.closes)
    if opens is None or closes is None:
        raise invalid_field("hours", "not_a_time", "with times as 09:00, and 24:00 for midnight")
    return OpeningHours(WEEKDAYS.index(hours.weekday) + 1, opens, closes)


def _answer(stored: StoredCalendar | None) -> Answer:
    calendar = stored.calendar if stored else NO_CALENDAR
    return Answer(
        value=BusinessCalendar(
            time_zone=calendar.time_zone,
            hours=[
                WeekdayHours(
                    WEEKDAYS[each.weekday - 1], write_minute(each.opens), write_minute(each.closes)
                )
                for each in calendar.hours
            ],
            holidays=[NamedHoliday(each.day, each.name) for each in calendar.holidays],
            changed_at=present_time(stored.changed_at) if stored else None,
            version=stored.version if stored else 0,
        )
    )
