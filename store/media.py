"""Attachments that lie at their provider: queued with their message, leased, fetched once, kept.

A lease is the time at which it would be due again; that time is its fence. What was fetched is a
file like others (store/files.py), moved and forgotten as they are. Knows no HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from psycopg.rows import class_row

from store.database import Connection
from store.files import keep_files
from store.outbox import Change, append_changes
from store.sql import statements

_SQL = statements("media")
_QUEUE = _SQL["queue_media"]
_LEASE = _SQL["lease_media"]
_DROP = _SQL["drop_media"]
_HOLD_CONVERSATION = _SQL["hold_conversation"]
_TOUCH_CONVERSATION = _SQL["touch_conversation"]
_HOLD = _SQL["hold_media"]
_SETTLE_STORED = _SQL["settle_stored"]
_PUT_OFF = _SQL["put_off"]
_SETTLE_FAILED = _SQL["settle_failed"]
_QUEUE_AGAIN = _SQL["queue_again"]
_COUNT = _SQL["count_media"]

MOST_COUNTED = 10_000

MessageKey = tuple[int, str]  # customer id, message id


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLease:
    """An attachment to fetch; not `is_wanted`: no message has it any more."""

    customer_id: int
    message_id: str
    position: int
    channel_id: str
    url: str
    attempt: int
    queued_at: datetime
    leased_until: datetime
    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaCounts:
    """What waits to be fetched, and what was given up within a day; each up to `MOST_COUNTED`."""

    waiting: int
    waiting_since: datetime | None
    failed: int


async def queue_media(conn: Connection, messages: Sequence[MessageKey]) -> None:
    """Queue what messages have at their provider, unless it was before."""
    ordered = sorted(messages)
    await conn.execute(
        _QUEUE,
        {
            "customer_ids": [customer_id for customer_id, _ in ordered],
            "message_ids": [message_id for _, message_id in ordered],
        },
    )


async def lease_media(conn: Connection, most: int, lease_seconds: float) -> list[MediaLease]:
    """Lease up to `most` of the attachments that are due; drop those that no message has."""
    async with conn.transaction(), conn.cursor(row_factory=class_row(MediaLease)) as cursor:
        await cursor.execute(_LEASE, {"most": most, "lease_seconds": lease_seconds})
        leases = await cursor.fetchall()
        for lease in leases:
            if not lease.is_wanted:
                await conn.execute(_DROP, _key(lease))
    return [lease for lease in leases if lease.is_wanted]


async def keep_media(conn: Connection, lease: MediaLease, content: bytes) -> bool:
    """Keep what was fetched, and tell of it; False where the lease was lost."""
    place = await _hold(conn, lease)
    if place is None:
        return False
    digest = sha256(content).digest()
    await keep_files(conn, {(lease.customer_id, digest): content})
    await conn.execute(_SETTLE_STORED, _key(lease) | {"file_hash": digest})
    await _tell(conn, lease.customer_id, lease.message_id, place)
    return True


async def fail_media(
    conn: Connection, lease: MediaLease, failure: tuple[str, str], wait_seconds: float | None
) -> bool:
    """Note why it could not be had, by class and in words; without a wait it is given up.

    Returns False where the lease was lost.
    """
    place = await _hold(conn, lease)
    if place is None:
        return False
    error_class, error = failure
    noted = _key(lease) | {"error_class": error_class, "error": error}
    if wait_seconds is not None:
        await conn.execute(_PUT_OFF, noted | {"wait_seconds": wait_seconds})
        return True
    await conn.execute(_SETTLE_FAILED, noted)
    await _tell(conn, lease.customer_id, lease.message_id, place)
    return True


async def queue_media_again(
    conn: Connection, customer_id: int, message_id: str, position: int
) -> bool:
    """Have an attachment fetched that failed; False where it did not, or is not at a provider."""
    key = {"customer_id": customer_id, "message_id": message_id}
    place = await (await conn.execute(_HOLD_CONVERSATION, key)).fetchone()
    if place is None:
        return False
    queued = await conn.execute(_QUEUE_AGAIN, key | {"position": position})
    if await queued.fetchone() is None:
        return False
    await _tell(conn, customer_id, message_id, place)
    return True


async def count_media(conn: Connection) -> MediaCounts:
    """Count what waits and what was given up, of all customers."""
    async with conn.cursor(row_factory=class_row(MediaCounts)) as cursor:
        await cursor.execute(_COUNT, {"most": MOST_COUNTED})
        return await cursor.fetchone() or MediaCounts(waiting=0, waiting_since=None, failed=0)


async def _hold(conn: Connection, lease: MediaLease) -> tuple[str, int] | None:
    """Lock the conversation, as everybody does first, then the attachment; None: lease lost."""
    place = await (await conn.execute(_HOLD_CONVERSATION, _key(lease))).fetchone()
    held = await (await conn.execute(_HOLD, _key(lease))).fetchone()
    return place if held else None


async def _tell(
    conn: Connection, customer_id: int, message_id: str, place: tuple[str, int]
) -> None:
    """Tell those who follow that a message looks otherwise."""
    conversation_id, seq = place
    touched = {"customer_id": customer_id, "conversation_id": conversation_id}
    version = await (await conn.execute(_TOUCH_CONVERSATION, touched)).fetchone()
    change = Change(
        type="message.updated",
        conversation_id=conversation_id,
        message_id=message_id,
        version=version[0] if version else None,
        message_seq=seq,
    )
    await append_changes(conn, customer_id, [change])


def _key(lease: MediaLease) -> dict[str, object]:
    return {
        "customer_id": lease.customer_id,
        "message_id": lease.message_id,
        "position": lease.position,
        "leased_until": lease.leased_until,
    }
