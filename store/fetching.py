"""Events that wait for what their provider keeps: leased, fetched once, and read like others then.

A lease is the time at which the event would be due again; that time is its fence. Knows no HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.event import ClaimedEvent, FetchedContent
from store.database import Connection
from store.large_bytes import LargeBytes
from store.sql import statements

_SQL = statements("fetching")
_LEASE = _SQL["lease_fetches"]
_HOLD = _SQL["hold_fetch"]
_KEEP = _SQL["keep_fetched"]
_QUEUE = _SQL["queue_fetched"]
_READ = _SQL["read_fetched"]

_MOST_BYTES = 16 * 1024 * 1024  # of what was fetched, in one batch


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLease:
    """An event to fetch for. `is_fetched`: that was done before, as when it is replayed."""

    event: ClaimedEvent
    leased_until: datetime
    is_fetched: bool


async def lease_fetches(conn: Connection, most: int, lease_seconds: float) -> list[FetchLease]:
    """Lease up to `most` of the events that are due to be fetched for."""
    cursor = await conn.execute(_LEASE, {"most": most, "lease_seconds": lease_seconds})
    return [
        FetchLease(
            leased_until=row[0],
            is_fetched=row[1],
            event=ClaimedEvent(
                customer_id=row[2],
                id=row[3],
                channel_id=row[4],
                provider=row[5],
                kind=row[6],
                dedup_key=row[7],
                body=row[8],
                content_type=row[9],
                headers_json=row[10],
                received_at=row[11],
                attempt=row[12],
                is_settled=False,
                traceparent=row[13],
            ),
        )
        for row in await cursor.fetchall()
    ]


async def hold_fetch(conn: Connection, lease: FetchLease) -> bool:
    """Lock an event for the rest of this transaction; False where its lease was lost."""
    parameters = _key(lease) | {"leased_until": lease.leased_until}
    return await (await conn.execute(_HOLD, parameters)).fetchone() is not None


async def settle_fetch(conn: Connection, lease: FetchLease, content: FetchedContent | None) -> None:
    """Keep what was fetched, or None: it was before; and let the event be read. It is held."""
    if content is not None:
        kept = {"content_type": content.content_type, "body": LargeBytes(content.body)}
        await conn.execute(_KEEP, _key(lease) | kept)
    await conn.execute(_QUEUE, _key(lease))


async def with_fetched(conn: Connection, events: Sequence[ClaimedEvent]) -> list[ClaimedEvent]:
    """Give events what was fetched for them; those for which it is too much at once are left out.

    These stay in the queue as they are, and the first of them comes next time.
    """
    keys = {
        "customer_ids": [event.customer_id for event in events],
        "event_ids": [event.id for event in events],
    }
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(_READ, keys | {"most_bytes": _MOST_BYTES})
        kept = {row[0]: row[1:] for row in await cursor.fetchall()}
    complete: list[ClaimedEvent] = []
    for event in events:
        content_type, body = kept.get(event.id, (None, None))
        if event.id not in kept:
            complete.append(event)
        elif body is not None:
            content = FetchedContent(content_type=content_type, body=body)
            complete.append(replace(event, fetched=content))
    return complete


def _key(lease: FetchLease) -> dict[str, object]:
    return {"customer_id": lease.event.customer_id, "event_id": lease.event.id}
