"""Reads one event for operators: whole, with what was made of it and where it stands now."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.database import Connection
from store.event_listing import WholeEvent, find_event
from store.sql import statements

_SQL = statements("ops_event")
_FIND_DERIVED = _SQL["find_derived"]
_FIND_STANDING = _SQL["find_standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What was made of an event; all None while nothing was.

    `message_id` is the message it became; `receipt_status` and what follows is the receipt it was
    read as, and `about_message_id` the message that the receipt is about.
    """

    message_id: str | None
    conversation_id: str | None
    seq: int | None
    message_status: str | None
    receipt_status: str | None
    provider_status: str | None
    error_code: str | None
    occurred_at: datetime | None
    about_message_id: str | None
    about_conversation_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an event stands; `lane` is None where it does not wait, `error_class` where it was
    never given up. `waiting_part` of `waiting_total` is set of a part that is in no message yet.
    """

    lane: int | None
    attempt_count: int | None
    next_attempt_at: datetime | None
    error_class: str | None
    detail: str | None
    attempts: int | None
    failed_at: datetime | None
    resolution: str | None
    resolved_at: datetime | None
    waiting_part: int | None
    waiting_total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetail:
    whole: WholeEvent
    derived: Derived
    standing: Standing


async def find_event_detail(
    conn: Connection, customer_id: int, event_id: str
) -> EventDetail | None:
    """Find one event with everything that is known of it."""
    whole = await find_event(conn, customer_id, event_id)
    if whole is None:
        return None
    key = {"customer_id": customer_id, "event_id": event_id}
    derived_rows = conn.cursor(row_factory=class_row(Derived))
    await derived_rows.execute(_FIND_DERIVED, key)
    derived = await derived_rows.fetchone()
    standing_rows = conn.cursor(row_factory=class_row(Standing))
    await standing_rows.execute(_FIND_STANDING, key)
    standing = await standing_rows.fetchone()
    if derived is None or standing is None:
        return None
    return EventDetail(whole=whole, derived=derived, standing=standing)
