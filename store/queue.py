"""The queue of inbound events: claim, settle, put off, dead-letter. A claim is a row lock.

Everything here runs inside the caller's transaction, so effects and acknowledgement commit
together. Knows nothing of what is done with an event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from psycopg.rows import class_row

from domain.event import LARGE_BYTES, ClaimedEvent
from store.database import Connection
from store.sql import statements

_SQL = statements("queue")
_BEGIN_CLAIM = _SQL["begin_claim"]
_CLAIM = _SQL["claim"]
_HOLD = _SQL["hold"]
_READ_BODY = _SQL["read_body"]
_SETTLE = _SQL["settle"]
_RECORD_FAILURES = _SQL["record_failures"]
_PUT_OFF = _SQL["put_off"]
_DEAD_LETTER = _SQL["dead_letter"]
_ISOLATE = _SQL["isolate"]
_AWAIT_FETCH = _SQL["await_fetch"]
_QUEUE_DEPTH = _SQL["queue_depth"]

# A worker holds three batches in memory whole; e-mails with attachments can be 30 MiB each.
_MOST_BYTES = 16 * 1024 * 1024

Lane = Literal[0, 1, 2, 3]
LIVE: Lane = 0
REPEATED: Lane = 1  # failed before, or queued again on purpose: when nothing live waits
ISOLATED: Lane = 2  # it stopped or stalled whoever read it
FETCHING: Lane = 3  # its provider keeps a part that has to be fetched: store/fetching.py
LANE_NAMES: Mapping[int, str] = {
    LIVE: "live", REPEATED: "repeated", ISOLATED: "alone", FETCHING: "fetching",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed attempt. `wait_seconds` until the next one; None gives the event up."""

    event: ClaimedEvent
    error_class: str
    detail: str
    wait_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    queued: int
    oldest_seconds: float


async def claim(
    conn: Connection, most_events: int, timeout_seconds: float, lane: Lane = LIVE
) -> list[ClaimedEvent]:
    """Claim due events of a lane, oldest first, for the rest of this transaction."""
    await limit_claim(conn, timeout_seconds)
    async with conn.cursor(row_factory=class_row(ClaimedEvent)) as cursor:
        limits = {"most_events": most_events, "most_bytes": _MOST_BYTES, "large": LARGE_BYTES}
        await cursor.execute(_CLAIM, {"lane": lane} | limits)
        claimed = await cursor.fetchall()
    return [event if event.body else await _with_body(conn, event) for event in claimed]


async def _with_body(conn: Connection, event: ClaimedEvent) -> ClaimedEvent:
    """Read a large body in pieces, in binary: else it would be in memory five times more."""
    key = {"customer_id": event.customer_id, "event_id": event.id, "length": 4 * LARGE_BYTES}
    body, size_bytes = bytearray(), 1
    async with conn.cursor(binary=True) as cursor:
        while len(body) < size_bytes:
            await cursor.execute(_READ_BODY, key | {"begin": len(body)})
            row = await cursor.fetchone()
            if not row or not row[0]:
                break
            size_bytes = row[1]
            body += row[0]
    return replace(event, body=bytes(body))


async def limit_claim(conn: Connection, timeout_seconds: float) -> None:
    """Settle how this transaction plans and waits, and when Postgres ends it."""
    await conn.execute(_BEGIN_CLAIM, {"timeout": f"{int(timeout_seconds * 1000)}ms"})


async def hold(conn: Connection, event: ClaimedEvent) -> bool:
    """Claim one event by name; False when it is settled or somebody else has it."""
    key = {"customer_id": event.customer_id, "event_id": event.id}
    return await (await conn.execute(_HOLD, key)).fetchone() is not None


async def settle(conn: Connection, events: Sequence[ClaimedEvent]) -> None:
    """Take processed events out of the queue."""
    await conn.execute(_SETTLE, _keys(events))


async def record_failures(conn: Connection, failures: Sequence[Failure]) -> None:
    """Keep failed attempts; put the events off or give them up."""
    if not failures:
        return
    await conn.execute(_RECORD_FAILURES, _described(failures))
    waiting = [failure for failure in failures if failure.wait_seconds is not None]
    if waiting:
        when = {"wait_seconds": [failure.wait_seconds for failure in waiting]}
        await conn.execute(_PUT_OFF, _described(waiting) | when)
    given_up = [failure for failure in failures if failure.wait_seconds is None]
    if given_up:
        attempts = [failure.event.attempt for failure in given_up]
        await conn.execute(_DEAD_LETTER, _described(given_up) | {"attempts": attempts})


async def isolate(conn: Connection, events: Sequence[ClaimedEvent]) -> None:
    """Let events be read alone from now on; that is no failed attempt."""
    if events:
        await conn.execute(_ISOLATE, _keys(events))


async def await_fetch(conn: Connection, events: Sequence[ClaimedEvent]) -> None:
    """Let events wait until what their provider keeps was fetched; that is no failed attempt."""
    if events:
        await conn.execute(_AWAIT_FETCH, _keys(events))


async def queue_depth(conn: Connection) -> QueueDepth:
    """Count what waits."""
    row = await (await conn.execute(_QUEUE_DEPTH)).fetchone()
    queued, oldest_seconds = row or (0, 0.0)
    return QueueDepth(queued=queued, oldest_seconds=max(0.0, oldest_seconds))


def _keys(events: Sequence[ClaimedEvent]) -> dict[str, list[object]]:
    return {
        "customer_ids": [event.customer_id for event in events],
        "event_ids": [event.id for event in events],
    }


def _described(failures: Sequence[Failure]) -> dict[str, list[object]]:
    columns = _keys([failure.event for failure in failures])
    columns |= {
        "error_classes": [failure.error_class for failure in failures],
        "details": [failure.detail for failure in failures],
    }
    return columns
