"""Forgets what was received long enough ago, customer by customer, a bounded number at a time.

What waits or was given up is held by its event's row, so that nobody queues it meanwhile. Knows
no clock and no policy.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.retention import OwnRetention, first_id_of
from store.database import Connection
from store.sql import statements

_SQL = statements("retention")
_LIST_POLICIES = _SQL["list_policies"]
_HOLD_OLD_EVENTS = _SQL["hold_old_events"]
_DELETE_EVENTS = _SQL["delete_events"]
_HOLD_OLD_DEAD_LETTERS = _SQL["hold_old_dead_letters"]
_DELETE_DEAD_LETTERS = _SQL["delete_dead_letters"]
_FORGET_QUARANTINED = _SQL["forget_quarantined"]
_FORGET_HOURS = _SQL["forget_hours"]
_FORGET_WEB_PROCESSES = _SQL["forget_web_processes"]
_FOLD_WORKERS = _SQL["fold_workers"]
_FORGET_JOBS = _SQL["forget_jobs"]
_FORGET_SET_ASIDE = _SQL["forget_set_aside"]
_EXPIRE_KEYS = _SQL["expire_idempotency_keys"]
_EXPIRE_SESSIONS = _SQL["expire_web_sessions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What one step did: `gone` rows, and the last one that was looked at, if there may be more."""

    gone: int
    after: str | None


async def list_policies(conn: Connection) -> list[tuple[int, OwnRetention]]:
    """List every customer with what they say about keeping things."""
    rows = await (await conn.execute(_LIST_POLICIES)).fetchall()
    return [
        (
            row[0],
            OwnRetention(
                event_days=row[1],
                dead_letter_days=row[2],
                quarantine_days=row[3],
                outbox_days=row[4],
                file_days=row[5],
            ),
        )
        for row in rows
    ]


async def forget_events(
    conn: Connection, customer_id: int, before: datetime, after: str | None, limit: int
) -> Forgotten:
    """Forget settled events received before a time, among the next `limit` behind an id."""
    found = await (
        await conn.execute(
            _HOLD_OLD_EVENTS,
            {
                "customer_id": customer_id,
                "before": before,
                "below": first_id_of(before),
                "after": after,
                "limit": limit,
            },
        )
    ).fetchall()
    gone = await _delete_events(conn, customer_id, [row[0] for row in found if row[1]])
    return Forgotten(gone=gone, after=found[-1][0] if len(found) == limit else None)


async def forget_dead_letters(
    conn: Connection, customer_id: int, before: datetime, limit: int
) -> int:
    """Forget dead letters that were resolved, or else failed, before a time; return how many.

    The event of one that nobody retried goes with it: nothing was ever made of it.
    """
    cursor = await conn.execute(
        _HOLD_OLD_DEAD_LETTERS, {"customer_id": customer_id, "before": before, "limit": limit}
    )
    found = await cursor.fetchall()
    await _delete_events(conn, customer_id, [row[0] for row in found if row[1]])
    alone = [row[0] for row in found if not row[1]]
    if alone:
        await conn.execute(_DELETE_DEAD_LETTERS, {"customer_id": customer_id, "ids": alone})
    return len(found)


async def forget_quarantined(
    conn: Connection, customer_id: int, before: datetime, limit: int
) -> int:
    """Forget refused deliveries received before a time; return how many."""
    cursor = await conn.execute(
        _FORGET_QUARANTINED,
        {
            "customer_id": customer_id,
            "before": before,
            "below": first_id_of(before),
            "limit": limit,
        },
    )
    return cursor.rowcount


async def forget_hours(conn: Connection, before: datetime, limit: int) -> int:
    """Forget the hours of channels before a time; return how many."""
    return (await conn.execute(_FORGET_HOURS, {"before": before, "limit": limit})).rowcount


async def forget_jobs(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` jobs that ended before a time; return how many."""
    return (await conn.execute(_FORGET_JOBS, {"before": before, "limit": limit})).rowcount


async def forget_set_aside(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` changes that were set aside before a time; return how many."""
    return (await conn.execute(_FORGET_SET_ASIDE, {"before": before, "limit": limit})).rowcount


async def forget_processes(conn: Connection, before: datetime) -> int:
    """Forget processes last seen before a time, but not what the workers have done."""
    webs = (await conn.execute(_FORGET_WEB_PROCESSES, {"before": before})).rowcount
    row = await (await conn.execute(_FOLD_WORKERS, {"before": before})).fetchone()
    return webs + (row[0] if row else 0)


async def _delete_events(conn: Connection, customer_id: int, ids: list[str]) -> int:
    if not ids:
        return 0
    cursor = await conn.execute(_DELETE_EVENTS, {"customer_id": customer_id, "ids": ids})
    return cursor.rowcount


async def expire_idempotency_keys(conn: Connection, before: datetime, limit: int) -> int:
    """Forget answers given before a time, of all customers; return how many."""
    return (await conn.execute(_EXPIRE_KEYS, {"before": before, "limit": limit})).rowcount


async def expire_web_sessions(conn: Connection, before: datetime, limit: int) -> int:
    """Forget logins that ended before a time, of all customers; return how many."""
    return (await conn.execute(_EXPIRE_SESSIONS, {"before": before, "limit": limit})).rowcount
