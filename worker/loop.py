"""The worker's loop: batch after batch while there is work, then wait to be woken.

Whatever breaks, the loop goes on: an outage is waited out, contention is tried again, and a batch
that Postgres refuses is narrowed down to the event that is to blame. Polling alone is correct;
notifications make it sooner.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from domain.provider import Provider
from domain.retry import RetryPolicy
from store.database import Connection, DatabaseError, Fault, connect, fault_of
from store.statistics import count_known_rows, gather_statistics
from store.wake import heard, listen
from store.workers import report_worker
from worker.batch import BatchConfig, BatchFailed, BatchResult, fail_event, process_batch
from worker.known import Known
from worker.overtaken import Overtaken
from worker.tally import Tally
from worker.waiting import wait_for, wake_at

_LOG = structlog.get_logger(__name__)

_REPORT_EVERY = timedelta(seconds=1)
_PLANNER_MILESTONES = [100, 2_000, 20_000]
_LONGEST_PAUSE_SECONDS = 5.0
_SHORTEST_PAUSE_SECONDS = 0.1


def _nobody_follows() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """How one worker works. `dice` gives numbers in [0, 1); `identity` is (id, host, pid).

    `on_commit` is called after each batch that left something to follow.
    """

    database_url: str
    batch_size: int
    claim_timeout_seconds: float
    retry: RetryPolicy
    clock: Callable[[], datetime]
    dice: Callable[[], float]
    poll_seconds: float
    identity: tuple[str, str, int]
    providers: Mapping[str, Provider]
    use_prepared: bool = True
    on_commit: Callable[[], None] = _nobody_follows


async def run_worker(config: WorkerConfig, stop: asyncio.Event) -> None:
    """Work until told to stop; the batch in hand is finished first."""
    worker = Worker(config)
    woken = asyncio.Event()
    background = [
        asyncio.create_task(_hear(config, woken)),
        asyncio.create_task(wake_at(stop, woken)),
    ]
    pause = _SHORTEST_PAUSE_SECONDS
    try:
        while not stop.is_set():
            woken.clear()
            try:
                result = await worker.step()
                await worker.report_when_due()
            except (DatabaseError, OSError) as error:
                _LOG.warning("database_away", error_class=type(error).__name__)
                await wait_for(stop, pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            pause = _SHORTEST_PAUSE_SECONDS
            if result.claimed:
                config.on_commit()
            else:
                await wait_for(woken, config.poll_seconds)
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await worker.close()


async def drain(config: WorkerConfig) -> int:
    """Process whatever is due now; return how many events were claimed."""
    worker = Worker(config)
    claimed = 0
    try:
        while True:
            result = await worker.step()
            if not result.claimed:
                return claimed
            claimed += len(result.claimed)
    finally:
        await worker.close()


class Worker:
    """One claim at a time, over one connection."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._batch = BatchConfig(
            providers=config.providers,
            claim_timeout_seconds=config.claim_timeout_seconds,
            retry=config.retry,
            dice=config.dice,
        )
        self._known = Known()
        self._connection: Connection | None = None
        self._limit = config.batch_size
        self._claimed = 0
        self._milestones = _PLANNER_MILESTONES
        self._reported_at = config.clock() - _REPORT_EVERY
        self._tally = Tally(*config.identity, config.clock())

    async def step(self) -> BatchResult:
        """Process one batch; an empty result means that nothing is due.

        Raises: DatabaseError or OSError when Postgres is away; the caller waits and calls again.
        """
        while True:
            conn = await self._connected()
            try:
                result = await process_batch(conn, self._limit, self._known, self._batch)
            except BatchFailed as failed:
                result = await self._narrow(conn, failed)
                if result is None:
                    continue
            else:
                self._limit = min(self._limit * 2, self._config.batch_size)
            self._tally.add(result, self._config.clock())
            await self._inform_planner(conn, len(result.claimed))
            return result

    async def report_when_due(self) -> None:
        """Say what this worker has done so far, once a second."""
        now = self._config.clock()
        if now - self._reported_at >= _REPORT_EVERY:
            self._reported_at = now
            await report_worker(await self._connected(), self._tally.report())

    async def close(self) -> None:
        """Report for the last time and hang up."""
        if self._connection is not None and not self._connection.closed:
            with suppress(DatabaseError, OSError):
                await report_worker(self._connection, self._tally.report())
            await self._connection.close()

    async def _inform_planner(self, conn: Connection, claimed: int) -> None:
        """Have a young database looked at as it grows by orders of magnitude."""
        self._claimed += claimed
        if self._milestones and self._claimed >= self._milestones[0]:
            self._milestones = [one for one in self._milestones if one > self._claimed]
            if await count_known_rows(conn) < self._claimed:
                await gather_statistics(conn)

    async def _narrow(self, conn: Connection, failed: BatchFailed) -> BatchResult | None:
        """Halve the batch, or fail the one event that is left; None to try again at once."""
        self._known.clear()
        fault = _fault_of(failed.error)
        if fault == "outage" or conn.closed:
            await conn.close()
            raise failed.error
        error_class = type(failed.error).__name__
        _LOG.warning("batch_failed", error_class=error_class, events=len(failed.claimed))
        if fault == "contention":
            return None
        if len(failed.claimed) > 1:
            self._limit = len(failed.claimed) // 2
            return None
        if not failed.claimed:
            raise failed.error
        return await fail_event(conn, failed.claimed[0], error_class, self._batch)

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._known.clear()
            self._connection = await self._connect()
        return self._connection

    async def _connect(self) -> Connection:
        return await connect(
            self._config.database_url, "inlet work", prepare=self._config.use_prepared
        )


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, DatabaseError):
        return fault_of(error)
    if isinstance(error, Overtaken):
        return "contention"
    return "outage" if isinstance(error, OSError) else "data"


async def _hear(config: WorkerConfig, woken: asyncio.Event) -> None:
    """Set `woken` whenever new work is announced; without a connection, polling has to do."""
    while True:
        with suppress(DatabaseError, OSError):
            async with await connect(config.database_url, "inlet listen") as conn:
                await listen(conn)
                while True:
                    if await heard(conn, timeout_seconds=60):
                        woken.set()
        await asyncio.sleep(_LONGEST_PAUSE_SECONDS)
