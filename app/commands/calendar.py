"""`inlet calendar`: when a customer is at work, by which business hours are counted."""

from typing import Annotated

import typer

from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    operator_session,
    run,
)
from app.terminal_output import show_facts, show_json
from domain.actor import Actor
from domain.calendar import NO_CALENDAR, Calendar
from domain.errors import OperatorError, ValidationFailed
from domain.written_calendar import read_holidays, read_hours, write_holidays, write_hours
from inbox.settings.calendars import change_calendar
from store.calendars import StoredCalendar, find_calendar

app = typer.Typer(
    name="calendar", no_args_is_help=True, help="When a customer is at work: zone, hours, holidays."
)

_TimeZone = Annotated[
    str | None, typer.Option(help="The IANA name of the zone of their days, as Europe/Berlin.")
]
_Hours = Annotated[
    list[str] | None,
    typer.Option(
        help="Opening hours, as `monday-friday 09:00-12:30, 13:30-17:00`; again for other days. "
        "`none`: business time is clock time."
    ),
]
_Holidays = Annotated[
    list[str] | None,
    typer.Option(
        "--holiday",
        help="A day without opening hours, as `2026-12-25 Christmas Day`; again for others. "
        "`none`: there are no more.",
    ),
]
_NONE = ["none"]


@app.command()
def show(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """Show when a customer is at work."""
    run(_show(customer, as_json))


@app.command("set")
def set_(
    *,
    time_zone: _TimeZone = None,
    hours: _Hours = None,
    holidays: _Holidays = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Set the zone, all opening hours or all holidays; what is not named stays as it is."""
    if time_zone is None and hours is None and holidays is None:
        raise OperatorError("say what to change: see `inlet calendar set --help`")
    run(_set(customer, time_zone, hours, holidays, as_json))


async def _show(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        _present(await find_calendar(session.conn, session.customer_id), as_json)


async def _set(
    customer: str,
    time_zone: str | None,
    hours: list[str] | None,
    holidays: list[str] | None,
    as_json: bool,
) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await find_calendar(session.conn, session.customer_id)
        before = stored.calendar if stored else NO_CALENDAR
        try:
            wanted = Calendar(
                time_zone=time_zone or before.time_zone,
                hours=before.hours if hours is None else read_hours(_unless_none(hours)),
                holidays=before.holidays
                if holidays is None
                else read_holidays(_unless_none(holidays)),
            )
            actor = Actor(customer_id=session.customer_id)
            changed = await change_calendar(session.conn, actor, wanted, new_id=new_id)
        except ValidationFailed as refused:
            raise OperatorError(refused.detail) from None
    _present(changed, as_json)


def _unless_none(lines: list[str]) -> list[str]:
    return [] if lines == _NONE else lines


def _present(stored: StoredCalendar | None, as_json: bool) -> None:
    calendar = stored.calendar if stored else NO_CALENDAR
    facts = {
        "time_zone": calendar.time_zone,
        "hours": write_hours(calendar.hours),
        "holidays": write_holidays(calendar.holidays),
        "changed_at": stored.changed_at if stored else None,
        "version": stored.version if stored else 0,
    }
    if as_json:
        show_json(facts)
        return
    show_facts(
        {
            "time_zone": calendar.time_zone,
            "hours": "; ".join(write_hours(calendar.hours)) or "none: business time is clock time",
            "holidays": "; ".join(write_holidays(calendar.holidays)) or "none",
            "changed": stored.changed_at if stored else None,
        }
    )
