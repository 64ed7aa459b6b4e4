"""Does what is due by the clock, beside the main loop: wakes what is snoozed, forgets what is old.

Any number of workers may do this at once.
"""

import asyncio
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from domain.actor import Actor
from store.changes import prune_changes
from store.chores import (
    expire_idempotency_keys,
    expire_web_sessions,
    find_next_waking,
    wake_snoozed,
)
from store.database import Connection
from store.ledger import AuditEntry, record_audit
from worker.beside import BesideConfig, keep_doing

_AT_ONCE = 200
_FORGOTTEN_AT_ONCE = 1_000
_IDEMPOTENCY_KEYS_LAST = timedelta(days=7)
_FORGET_EVERY = timedelta(minutes=1)
_LONGEST_SLEEP = timedelta(seconds=1)
_SHORTEST_SLEEP = timedelta(milliseconds=10)


async def run_chores(config: BesideConfig, stop: asyncio.Event) -> None:
    """Do chores until told to stop; the one in hand is finished first."""
    await keep_doing(Chores(config).step, config.connect, stop)


class Chores:
    """One worker's chores."""

    def __init__(self, config: BesideConfig) -> None:
        self._config = config
        self._forgot_at: datetime | None = None

    async def step(self, conn: Connection) -> float:
        """Do what is due; return how many seconds there is nothing to do."""
        now = self._config.clock()
        while await self._wake(conn, now) == _AT_ONCE:
            pass
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            await self._forget(conn, now)
            self._forgot_at = now
        waking_at = await find_next_waking(conn)
        sleep = _LONGEST_SLEEP if waking_at is None else waking_at - self._config.clock()
        return min(max(sleep, _SHORTEST_SLEEP), _LONGEST_SLEEP).total_seconds()

    async def _wake(self, conn: Connection, now: datetime) -> int:
        async with conn.transaction():
            woken = await wake_snoozed(conn, now, _AT_ONCE)
            for customer_id, group in groupby(woken, key=itemgetter(0)):
                entries = [
                    AuditEntry(
                        id=self._config.new_id(),
                        action="conversation.woke",
                        conversation_id=conversation_id,
                    )
                    for _, conversation_id in group
                ]
                await record_audit(conn, Actor(customer_id=customer_id), entries)
        if woken:
            self._config.on_commit()
        return len(woken)

    async def _forget(self, conn: Connection, now: datetime) -> None:
        old = now - _IDEMPOTENCY_KEYS_LAST
        while await expire_idempotency_keys(conn, old, _FORGOTTEN_AT_ONCE) == _FORGOTTEN_AT_ONCE:
            pass
        while await expire_web_sessions(conn, now, _FORGOTTEN_AT_ONCE) == _FORGOTTEN_AT_ONCE:
            pass
        old = now - timedelta(days=self._config.outbox_days)
        while await prune_changes(conn, old, _FORGOTTEN_AT_ONCE) == _FORGOTTEN_AT_ONCE:
            pass
