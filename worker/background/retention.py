"""The chores that forget: what is old enough goes, customer by customer, a step at a time.

Each is a generator of steps, a transaction each, that says how many rows it removed; whoever does
them may stop after any. Knows no schedule.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from store.changes import prune_changes
from store.database import Connection
from store.hook_deliveries import forget_attempts, forget_deliveries, give_up_forgotten
from store.retention import (
    expire_idempotency_keys,
    expire_web_sessions,
    forget_dead_letters,
    forget_events,
    forget_hours,
    forget_jobs,
    forget_processes,
    forget_quarantined,
    forget_set_aside,
    list_policies,
)
from store.rollups import forget_refreshes
from store.uploads import UPLOADS_LAST, expire_uploads
from worker.background.repeating import BackgroundConfig

_AT_ONCE = 1_000
_LARGE_AT_ONCE = 100
_IDEMPOTENCY_KEYS_LAST = timedelta(days=7)
_HOURS_LAST = timedelta(days=90)
_JOBS_LAST = timedelta(days=90)
_SET_ASIDE_LAST = timedelta(days=30)
_HOOK_DELIVERIES_LAST = timedelta(days=30)
_PROCESSES_LAST = timedelta(days=7)
_REFRESHES_LAST = timedelta(days=2)

Steps = AsyncGenerator[int]


async def forget_answers(conn: Connection, now: datetime, _config: BackgroundConfig) -> Steps:
    """Forget answers kept for repeated requests, logins that ended, and files that were brought."""
    for forget in (
        partial(expire_idempotency_keys, conn, now - _IDEMPOTENCY_KEYS_LAST),
        partial(expire_web_sessions, conn, now),
        partial(expire_uploads, conn, now - UPLOADS_LAST),
    ):
        async for gone in _in_portions(forget):
            yield gone


async def forget_changes(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Empty the outbox from its front."""
    async for gone in _in_portions(partial(prune_changes, conn, now, config.retention.outbox_days)):
        yield gone


async def forget_received(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Forget events that are settled; what was made of them stays."""
    for customer_id, own in await list_policies(conn):
        days = own.event_days or config.retention.event_days
        after: str | None = None
        while days:
            async with conn.transaction():
                done = await forget_events(
                    conn, customer_id, now - timedelta(days=days), after, _AT_ONCE
                )
            yield done.gone
            after = done.after
            if after is None:
                break


async def forget_given_up(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Forget dead letters, and the events that nothing was made of."""
    for customer_id, own in await list_policies(conn):
        days = own.dead_letter_days or config.retention.dead_letter_days
        gone = _AT_ONCE
        while gone == _AT_ONCE:
            async with conn.transaction():
                gone = await forget_dead_letters(
                    conn, customer_id, now - timedelta(days=days), _AT_ONCE
                )
            yield gone


async def forget_refused(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Forget deliveries whose signature failed."""
    for customer_id, own in await list_policies(conn):
        days = own.quarantine_days or config.retention.quarantine_days
        forget = partial(forget_quarantined, conn, customer_id, now - timedelta(days=days))
        async for gone in _in_portions(forget, _LARGE_AT_ONCE):
            yield gone


async def forget_told(conn: Connection, now: datetime, _config: BackgroundConfig) -> Steps:
    """Forget what hooks were told, and give up what has waited as long for one that is disabled."""
    before = now - _HOOK_DELIVERIES_LAST
    for forget in (
        partial(give_up_forgotten, conn, before, now),
        partial(forget_attempts, conn, before),
        partial(forget_deliveries, conn, before),
    ):
        async for gone in _in_portions(forget):
            yield gone


async def forget_reports(conn: Connection, now: datetime, _config: BackgroundConfig) -> Steps:
    """Forget the hours of channels, what ended or was set aside, and processes that are gone."""
    for forget in (
        partial(forget_set_aside, conn, now - _SET_ASIDE_LAST),
        partial(forget_jobs, conn, now - _JOBS_LAST),
        partial(forget_hours, conn, now - _HOURS_LAST),
        partial(forget_refreshes, conn, now - _REFRESHES_LAST),
    ):
        async for gone in _in_portions(forget):
            yield gone
    yield await forget_processes(conn, now - _PROCESSES_LAST)


async def _in_portions(forget: Callable[[int], Awaitable[int]], at_once: int = _AT_ONCE) -> Steps:
    """Forget up to so many at once, until there are fewer; `forget` says how many there were."""
    gone = at_once
    while gone == at_once:
        gone = await forget(at_once)
        yield gone
