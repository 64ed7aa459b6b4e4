"""Reads dead letters and queues them again. How an event becomes one is the worker's business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.event import EventKind
from store.database import Connection
from store.sql import statements

_SQL = statements("dead_letters")
_LIST = _SQL["list_dead_letters"]
_FIND = _SQL["find_dead_letter"]
_RETRY = _SQL["retry_dead_letters"]


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
    *,
    limit: int,
    error_class: str | None = None,
    before: str | None = None,
) -> list[DeadLetter]:
    """List what waits for somebody, latest events first, those older than event `before`."""
    wanted = {
        "customer_id": customer_id,
        "limit": limit,
        "error_class": error_class,
        "before": before,
    }
    async with conn.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(_LIST, wanted)
        return await cursor.fetchall()


async def find_dead_letter(conn: Connection, customer_id: int, event_id: str) -> DeadLetter | None:
    """Find one dead letter, resolved or not."""
    async with conn.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(_FIND, {"customer_id": customer_id, "event_id": event_id})
        return await cursor.fetchone()


async def retry_dead_letters(
    conn: Connection,
    customer_id: int,
    *,
    event_ids: Sequence[str] | None = None,
    error_class: str | None = None,
) -> list[str]:
    """Queue dead letters again, these or (None) all, of one error class or any.

    Shape: the ids of those that were waiting for somebody, and now are not.
    """
    cursor = await conn.execute(
        _RETRY,
        {
            "customer_id": customer_id,
            "event_ids": None if event_ids is None else list(event_ids),
            "error_class": error_class,
        },
    )
    return sorted(row[0] for row in await cursor.fetchall())
