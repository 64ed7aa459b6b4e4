"""Dead letters: read, queued again, given up. How an event becomes one is the worker's business."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.event import EventKind
from domain.recovery import MOST_COUNTED_EVENTS, Counted, EventSelection
from store.database import Connection
from store.sql import statements

_SQL = statements("dead_letters")
_LIST = _SQL["list_dead_letters"]
_FIND = _SQL["find_dead_letter"]
_COUNT = _SQL["count_dead_letters"]
_RETRY = _SQL["retry_dead_letters"]
_DROP = _SQL["drop_dead_letters"]

_ALL = EventSelection()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that was given up, and why; `resolution` is None while it waits for somebody."""

    event_id: str
    channel_id: str
    channel_name: str
    provider: str
    kind: EventKind
    provider_message_id: str | None
    error_class: str
    detail: str
    attempts: int
    received_at: datetime
    failed_at: datetime
    resolution: str | None
    resolved_at: datetime | None


async def list_dead_letters(
    conn: Connection,
    customer_id: int,
    selection: EventSelection = _ALL,
    *,
    limit: int,
    before: str | None = None,
) -> list[DeadLetter]:
    """List what waits for somebody, latest events first, those older than event `before`."""
    wanted = _wanted(customer_id, selection) | {"limit": limit, "before": before}
    async with conn.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(_LIST, wanted)
        return await cursor.fetchall()


async def find_dead_letter(conn: Connection, customer_id: int, event_id: str) -> DeadLetter | None:
    """Find one dead letter, resolved or not."""
    async with conn.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(_FIND, {"customer_id": customer_id, "event_id": event_id})
        return await cursor.fetchone()


async def count_dead_letters(
    conn: Connection, customer_id: int, selection: EventSelection = _ALL
) -> Counted:
    """Count what waits for somebody, up to `MOST_COUNTED_EVENTS`."""
    wanted = _wanted(customer_id, selection) | {"most": MOST_COUNTED_EVENTS}
    row = await (await conn.execute(_COUNT, wanted)).fetchone()
    count: int = row[0] if row else 0
    return Counted(count=count, is_capped=count >= MOST_COUNTED_EVENTS)


async def retry_dead_letters(
    conn: Connection,
    customer_id: int,
    selection: EventSelection = _ALL,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> list[str]:
    """Queue dead letters again, in the lane that live events do not wait for.

    Shape: the ids of those that were waiting for somebody, and now are not, in order; at most
    `limit` of those beyond event `after`.
    """
    return await _resolve(conn, _RETRY, customer_id, selection, after, limit)


async def drop_dead_letters(
    conn: Connection,
    customer_id: int,
    selection: EventSelection = _ALL,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> list[str]:
    """Give dead letters up; their events stay.

    Shape: as of `retry_dead_letters`.
    """
    return await _resolve(conn, _DROP, customer_id, selection, after, limit)


async def _resolve(
    conn: Connection,
    statement: bytes,
    customer_id: int,
    selection: EventSelection,
    after: str | None,
    limit: int | None,
) -> list[str]:
    wanted = _wanted(customer_id, selection) | {"after": after, "limit": limit}
    cursor = await conn.execute(statement, wanted)
    return sorted(row[0] for row in await cursor.fetchall())


def _wanted(customer_id: int, selection: EventSelection) -> dict[str, object]:
    return {
        "customer_id": customer_id,
        "event_ids": None if selection.ids is None else list(selection.ids),
        "error_class": selection.error_class,
        "provider": selection.provider,
        "channel_id": selection.channel_id,
        "since": selection.since,
        "until": selection.until,
    }
