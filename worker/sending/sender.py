"""The sending loop: leases what is due, hands it to the providers, records what came of it.

Many sends are in flight at once. An attempt is on record before anything is written; a send whose
outcome nobody knows is never repeated by itself. Polling alone is correct; notifications make it
sooner.
"""

import asyncio

import httpx
import structlog

from domain.backoff import Backoff
from store.database import Connection, Pool, connect, open_pool
from store.notifications import listen_changes
from store.polling import keep_listening, repeat, wake_at
from store.sending import (
    Ending,
    Lease,
    find_next_due,
    keep_leases,
    lease_due,
    list_expired,
    put_off,
    settle_unsent,
)
from store.wake import listen
from worker.background.repeating import log_failure
from worker.sending.config import SenderConfig
from worker.sending.dispatch import Dispatch
from worker.sending.provider_request import open_client

_LOG = structlog.get_logger(__name__)

_POOL_SIZE = 4
_SHORTEST_WAIT_SECONDS = 0.1
_LOST = Ending(
    outcome="unknown",
    code="worker_lost",
    detail="the worker was lost while sending: it may or may not have been sent",
)


async def run_sender(config: SenderConfig, stop: asyncio.Event) -> None:
    """Send until told to stop; what is in flight is finished first."""
    woken = asyncio.Event()
    pool = open_pool(config.database_url, "inlet send", _POOL_SIZE, prepare=config.use_prepared)
    client = open_client(config.most_in_flight, config.answer_seconds)
    await pool.open()
    sender = Sender(config, pool, client, woken)
    background = [
        asyncio.create_task(_listen(config, woken)),
        asyncio.create_task(wake_at(stop, woken)),
        asyncio.create_task(_keep_house(sender, config.lease_seconds / 4)),
    ]
    try:
        await repeat(sender.step, stop, Backoff(config.random), _log_failure, woken)
        await sender.finish()
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await sender.abandon()
        await client.aclose()
        await pool.close()


async def drain_sends(config: SenderConfig) -> int:
    """Send whatever may be sent now, to the end; return how many attempts that took."""
    pool = open_pool(config.database_url, "inlet send", _POOL_SIZE, prepare=config.use_prepared)
    sends = 0
    async with pool, open_client(config.most_in_flight, config.answer_seconds) as client:
        sender = Sender(config, pool, client, asyncio.Event())
        while begun := await sender.lease():
            sends += begun
            await sender.finish()
    return sends


class Sender:
    """What one process sends. `woken` is set whenever a send is over."""

    def __init__(
        self, config: SenderConfig, pool: Pool, client: httpx.AsyncClient, woken: asyncio.Event
    ) -> None:
        self._config = config
        self._pool = pool
        self._woken = woken
        self._in_flight: dict[asyncio.Task[None], Lease] = {}
        self._dispatch = Dispatch(config, pool, client)

    async def step(self) -> float:
        """Begin what may be sent now; return after how many seconds to look again.

        Raises: DatabaseError or OSError when Postgres is away.
        """
        began = await self.lease()
        async with self._pool.connection() as conn:
            next_due = await find_next_due(conn)
        if next_due is None or len(self._in_flight) >= self._config.most_in_flight:
            return self._config.poll_seconds
        shortest = 0.0 if began else _SHORTEST_WAIT_SECONDS
        return min(max(next_due, shortest), self._config.poll_seconds)

    async def lease(self) -> int:
        """Lease what may be sent now and begin to send it; return how much that is."""
        room = self._config.most_in_flight - len(self._in_flight)
        if room <= 0:
            return 0
        async with self._pool.connection() as conn, conn.transaction():
            leases = await lease_due(conn, self._config.worker_id, room, self._config.lease_seconds)
        for lease in leases:
            task = asyncio.create_task(self._dispatch.send(lease))
            self._in_flight[task] = lease
            task.add_done_callback(self._on_done)
        return len(leases)

    async def finish(self) -> None:
        """Wait until nothing is in flight."""
        while self._in_flight:
            await asyncio.wait(self._in_flight)

    async def abandon(self) -> None:
        """Drop what is still in flight: its leases will end, and its outcome is unknown."""
        for task in self._in_flight:
            task.cancel()
        await asyncio.gather(*self._in_flight, return_exceptions=True)

    async def keep_house(self) -> None:
        """Keep our leases, and end those of workers that are gone."""
        async with self._pool.connection() as conn:
            if self._in_flight:
                leases = list(self._in_flight.values())
                await keep_leases(conn, leases, self._config.lease_seconds)
            for lease, has_begun in await list_expired(conn):
                async with conn.transaction():
                    is_reaped = await _reap(conn, lease, has_begun)
                if is_reaped:
                    _LOG.warning("lease_reaped", message_id=lease.message_id, has_begun=has_begun)
                    self._tell()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._in_flight.pop(task, None)
        self._tell()
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("send_broke", error_class=type(error).__name__)

    def _tell(self) -> None:
        self._woken.set()
        self._config.on_commit()


async def _reap(conn: Connection, lease: Lease, has_begun: bool) -> bool:
    if has_begun:
        return await settle_unsent(conn, lease, _LOST, is_reaping=True)
    return await put_off(conn, lease, 0.0, is_reaping=True)


async def _keep_house(sender: Sender, every_seconds: float) -> None:
    while True:
        try:
            await sender.keep_house()
        except Exception as error:
            log_failure(error, work="keeping leases")
        await asyncio.sleep(every_seconds)


async def _log_failure(error: Exception) -> None:
    log_failure(error, work="sending")


async def _listen(config: SenderConfig, woken: asyncio.Event) -> None:
    await keep_listening(
        lambda: connect(config.database_url, "inlet send listen"),
        [listen, listen_changes],
        lambda _notification: woken.set(),
        Backoff(config.random),
    )
