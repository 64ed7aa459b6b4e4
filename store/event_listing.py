"""Reads events for operators: listings, one event whole, and what became of it.

Recording and processing events is done elsewhere; nothing here writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from domain.event import EventKind, SignatureResult
from store.database import Connection
from store.sql import statements

_SQL = statements("event_listing")
_LIST = _SQL["list_events"]
_FIND = _SQL["find_event"]
_STATUS = _SQL["event_status"]
_FAILURES = _SQL["list_failures"]

EventStatus = Literal["received", "error", "processed", "dead_letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to list; None filters nothing. `before` is the event that the page ends below."""

    channel_id: str | None = None
    kind: EventKind | None = None
    status: EventStatus | None = None
    provider_message_id: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """One event and what became of it; `next_attempt_at` is None once it is settled."""

    event_id: str
    channel_id: str
    channel_name: str
    provider: str
    kind: EventKind
    provider_message_id: str | None
    status: EventStatus
    failed_attempts: int | None
    error_class: str | None
    next_attempt_at: datetime | None
    signature: SignatureResult
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """One failed attempt, counted from 1."""

    attempt: int
    error_class: str
    detail: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeEvent:
    """An event with its bytes, and the message it became or (a receipt) is about."""

    event: ListedEvent
    dedup_key: str
    headers: Mapping[str, str]
    content_type: str
    body: bytes
    message_id: str | None
    conversation_id: str | None
    failures: tuple[FailedAttempt, ...]


async def list_events(
    conn: Connection, customer_id: int, wanted: EventFilter, limit: int
) -> list[ListedEvent]:
    """List a customer's events, newest first."""
    cursor = await conn.execute(
        _LIST,
        {
            "customer_id": customer_id,
            "channel_id": wanted.channel_id,
            "kind": wanted.kind,
            "status": wanted.status,
            "provider_message_id": wanted.provider_message_id,
            "before": wanted.before,
            "limit": limit,
        },
    )
    return [_listed(row) for row in await cursor.fetchall()]


async def find_event(conn: Connection, customer_id: int, event_id: str) -> WholeEvent | None:
    """Find one event whole, with every failed attempt at it."""
    key = {"customer_id": customer_id, "event_id": event_id}
    cursor = await conn.execute(_FIND, key)
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await conn.execute(_FAILURES, key)
    failures = [
        FailedAttempt(attempt=attempt, error_class=error_class, detail=detail, failed_at=failed_at)
        for attempt, error_class, detail, failed_at in await cursor.fetchall()
    ]
    return WholeEvent(
        event=_listed(row[:12]),
        dedup_key=row[12],
        headers=row[13],
        content_type=row[14],
        body=row[15],
        message_id=row[16],
        conversation_id=row[17],
        failures=tuple(failures),
    )


async def event_status(
    conn: Connection, customer_id: int, channel_id: str, dedup_key: str
) -> tuple[str, EventStatus] | None:
    """Find the id and the status of the event with this dedup key, or None if there is none."""
    cursor = await conn.execute(
        _STATUS,
        {"customer_id": customer_id, "channel_id": channel_id, "dedup_key": dedup_key},
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else None


def _listed(row: tuple[Any, ...]) -> ListedEvent:
    return ListedEvent(
        event_id=row[0],
        channel_id=row[1],
        channel_name=row[2],
        provider=row[3],
        kind=row[4],
        provider_message_id=row[5],
        status=row[6],
        failed_attempts=row[7],
        error_class=row[8],
        next_attempt_at=row[9],
        signature=row[10],
        received_at=row[11],
    )
