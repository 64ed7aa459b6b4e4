"""Sets a customer's business calendar. Used by the API, the page and the command. Knows none."""

from collections.abc import Callable

from domain.actor import Actor
from domain.calendar import NO_CALENDAR, Calendar, checked_calendar, no_such_zone
from domain.conversation_change import check_version
from store.audit import AuditEntry, record_audit
from store.calendars import (
    StoredCalendar,
    find_calendar,
    hold_calendar,
    knows_time_zone,
    set_calendar,
)
from store.database import Connection
from store.outbox import Change, append_changes


async def change_calendar(
    conn: Connection,
    actor: Actor,
    wanted: Calendar,
    *,
    version: int | None = None,
    new_id: Callable[[], str],
) -> StoredCalendar | None:
    """Set when a customer is at work; `version` is what the calendar must still have.

    Raises: ValidationFailed, VersionMismatch.
    """
    checked = checked_calendar(wanted)
    held = await hold_calendar(conn, actor.customer_id)
    check_version(version, held.version if held else 0)
    if checked == (held.calendar if held else NO_CALENDAR):
        return held
    if not await knows_time_zone(conn, checked.time_zone):
        raise no_such_zone()
    await set_calendar(conn, actor.customer_id, checked)
    detail = {
        "time_zone": checked.time_zone,
        "hours": len(checked.hours),
        "holidays": len(checked.holidays),
    }
    await record_audit(
        conn, actor, [AuditEntry(id=new_id(), action="calendar.changed", detail=detail)]
    )
    version_now = (held.version if held else 0) + 1
    change = Change(type="calendar.updated", version=version_now)
    await append_changes(conn, actor.customer_id, [change])
    return await find_calendar(conn, actor.customer_id)
