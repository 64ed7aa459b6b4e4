"""Keeps inbound events: once each, and queued by the same statement.

Knows nothing of what an event says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.event import LARGE_BYTES, EventKind, SignatureResult
from store.database import Connection
from store.large_bytes import LargeBytes
from store.sql import statements

_SQL = statements("events")
_RECORD_EVENTS = _SQL["record_events"]
_RECORD_TRACED_EVENTS = _SQL["record_traced_events"]
_LIMIT_STATEMENT = _SQL["limit_statement"]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A row of `inbound_events` to be. `headers` is a JSON object as text.

    `traceparent` is the W3C trace context of its request; None while nothing is traced.
    Positional, and in the order of the statement: a delivery a request makes thousands a second.
    """

    customer_id: int
    id: str
    channel_id: str
    provider: str
    kind: EventKind
    provider_message_id: str | None
    dedup_key: str
    signature: SignatureResult
    headers: str
    content_type: str
    body: bytes
    received_at: datetime
    traceparent: str | None = None


async def record_events(conn: Connection, events: Sequence[NewEvent]) -> int:
    """Record and queue events; return how many were new."""
    return sum((await record_by_channel(conn, events)).values())


async def record_by_channel(conn: Connection, events: Sequence[NewEvent]) -> dict[str, int]:
    """Record and queue events; return how many were new, by channel id where any was."""
    large = _large(events)
    parameters: dict[str, object] = {
        "customer_ids": [event.customer_id for event in events],
        "ids": [event.id for event in events],
        "channel_ids": [event.channel_id for event in events],
        "providers": [event.provider for event in events],
        "kinds": [event.kind for event in events],
        "provider_message_ids": [event.provider_message_id for event in events],
        "dedup_keys": [event.dedup_key for event in events],
        "signatures": [event.signature for event in events],
        "headers": [event.headers for event in events],
        "content_types": [event.content_type for event in events],
        "bodies": [None if event is large else event.body for event in events],
        "large_body": LargeBytes(large.body) if large else None,
        "received_ats": [event.received_at for event in events],
    }
    statement = _RECORD_EVENTS
    if any([event.traceparent for event in events]):
        statement = _RECORD_TRACED_EVENTS
        parameters["traceparents"] = [event.traceparent for event in events]
    cursor = await conn.execute(statement, parameters)
    return dict(await cursor.fetchall())


def _large(events: Sequence[NewEvent]) -> NewEvent | None:
    """Choose the event whose body goes by itself: in an array it would be in memory once more."""
    longest = max(events, key=_body_bytes, default=None)
    return longest if longest is not None and len(longest.body) > LARGE_BYTES else None


def _body_bytes(event: NewEvent) -> int:
    return len(event.body)


async def limit_statement(conn: Connection, seconds: float) -> None:
    """Let the server give up what takes longer, until the end of this transaction."""
    await conn.execute(_LIMIT_STATEMENT, {"timeout": f"{round(seconds * 1000)}ms"})
