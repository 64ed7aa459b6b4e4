"""The page of the business calendar: leads see it, admins set it as people write it."""

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from domain.calendar import NO_CALENDAR, Calendar
from domain.errors import Refusal
from domain.written_calendar import read_holidays, read_hours, write_holidays, write_hours
from inbox.http.values import parse_version
from inbox.operations.page_views import Notice
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import PageRequest
from inbox.reports.page_frame import HOME, show
from inbox.settings.calendars import change_calendar
from store.calendars import find_calendar
from store.database import Connection

PATH = f"{HOME}/calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarForm:
    """The calendar as it is written, one line for each span of weekdays or holiday."""

    time_zone: str
    hours: str
    holidays: str
    version: int


async def show_calendar(page_request: PageRequest) -> Response:
    """Show when the customer is at work."""
    async with page_request.shared.pool.connection() as conn:
        stored = await find_calendar(conn, page_request.key.customer_id)
        calendar = stored.calendar if stored else NO_CALENDAR
        form = CalendarForm(
            time_zone=calendar.time_zone,
            hours="\n".join(write_hours(calendar.hours)),
            holidays="\n".join(write_holidays(calendar.holidays)),
            version=stored.version if stored else 0,
        )
        is_saved = page_request.request.query_params.get("saved") == "yes"
        saved = [Notice(text="The calendar is set. Figures are being counted anew.", tone="ok")]
        return await _show(conn, page_request, form, saved if is_saved else [])


async def set_calendar_form(page_request: PageRequest) -> Response:
    """Set the calendar; what is wrong with it is said above what was written."""
    written = CalendarForm(
        time_zone=page_request.field("time_zone").strip(),
        hours=page_request.field("hours"),
        holidays=page_request.field("holidays"),
        version=parse_version(page_request.field("version")),
    )
    shared = page_request.shared
    async with shared.pool.connection() as conn:
        try:
            async with conn.transaction():
                wanted = Calendar(
                    time_zone=written.time_zone,
                    hours=read_hours(written.hours.splitlines()),
                    holidays=read_holidays(written.holidays.splitlines()),
                )
                await change_calendar(
                    conn,
                    page_request.actor,
                    wanted,
                    version=written.version,
                    new_id=shared.new_id,
                )
        except Refusal as refusal:
            text = f"{refusal.detail[:1].upper()}{refusal.detail[1:]}."
            notice = Notice(text=text, tone="fail")
            return await _show(conn, page_request, written, [notice], refusal.status)
    shared.poke()
    return RedirectResponse(f"{PATH}?saved=yes", 303, headers=PAGE_HEADERS)


async def _show(
    conn: Connection,
    page_request: PageRequest,
    form: CalendarForm,
    notices: list[Notice],
    status: int = 200,
) -> Response:
    return await show(
        conn,
        page_request,
        "calendar.html",
        "calendar",
        status,
        form=form,
        notices=notices,
        may_change=page_request.key.allows("admin"),
    )
