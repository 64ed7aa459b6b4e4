"""A worker: batch after batch over its connections, and what it makes of one that failed.

While much waits it works on three batches at once: the next are claimed and read while one is
written. Knows neither when to work nor how to wait.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from time import perf_counter

from store.database import Connection, DatabaseError
from store.large_bytes import BUFFERS_KEPT_BYTES
from store.planner_statistics import count_known_rows, gather_statistics
from store.queue import LIVE, REPEATED, Lane
from store.workers import report_worker
from worker.batch import BatchFailed, BatchResult, WorkerLocks, process_batch
from worker.config import WorkerConfig, batch_config, do_nothing
from worker.counters import WorkerCounters
from worker.failed_batch import handle_failed_batch, log_failures
from worker.reading.batch_reader import BatchReader
from worker.session import Session
from worker.traces import tell_traced
from worker.writing.partial_write import fault_behind
from worker.writing.row_cache import RowCache

_REPORT_EVERY = timedelta(seconds=1)
_PLANNER_MILESTONES = [100, 2_000, 20_000]
# Repeated events get a turn each second, and a twentieth of the time, however much live work waits.
_REPEATED_EVERY_SECONDS = 1.0
_TIMES_OTHERS = 20


class Worker:
    """The worker itself, and what it shares with those that help it.

    It takes what is live, else what is repeated. The others take only what is live.
    """

    def __init__(self, config: WorkerConfig) -> None:
        self.config = config
        self.locks = WorkerLocks()
        self.counters = WorkerCounters(*config.identity, config.clock(), config.version)
        self.on_dangerous: Callable[[], None] = do_nothing
        self.on_backlog: Callable[[], None] = do_nothing
        self.has_live_work = False
        self.has_backlog = False
        readers = config.readers
        self._reader = BatchReader(readers.registry, readers.in_batch) if readers else None
        self._batch = batch_config(config, self._reader.read if self._reader else None, self.locks)
        self._row_cache = RowCache()
        self._session = Session(config, "inlet work")
        self._claimed = 0
        self._milestones = _PLANNER_MILESTONES
        self._reported_at = config.clock() - _REPORT_EVERY
        self._repeated_at = perf_counter() + _REPEATED_EVERY_SECONDS

    async def start(self) -> None:
        """Have a process ready that reads, so that the first batch need not wait for it.

        Raises: NoReader.
        """
        if self._reader is not None:
            async with self.locks.reading:
                await self._reader.start()

    async def step(self) -> BatchResult:
        """Process one batch; an empty result means that nothing is due.

        Raises: DatabaseError or OSError when Postgres is away, CannotRead when no process can be
        had that reads; the caller waits and calls again.
        """
        began = perf_counter()
        is_turn = began >= self._repeated_at
        result = await self.process(
            self._session, (REPEATED, LIVE) if is_turn else (LIVE, REPEATED)
        )
        if is_turn or result.lane == REPEATED:
            now = perf_counter()
            took = now - began if result.lane == REPEATED else 0.0
            self._repeated_at = now + max(_REPEATED_EVERY_SECONDS, _TIMES_OTHERS * took)
        return result

    async def process(self, session: Session, lanes: Sequence[Lane]) -> BatchResult:
        """Process one batch over this connection; one that fails whole is halved.

        Raises: as step does.
        """
        limit = self.config.batch_size
        while True:
            conn = await session.connected(self._row_cache)
            try:
                result = await process_batch(conn, limit, self._row_cache, self._batch, lanes)
                self._look_ahead(result, limit, lanes)
            except BatchFailed as failed:
                self._row_cache.clear()
                result = await handle_failed_batch(conn, failed, self._batch)
                if result is None:
                    limit = _narrowed(limit, failed)
                    continue
            self.account(result)
            await self._inform_planner(conn, len(result.claimed))
            if result.largest_bytes > BUFFERS_KEPT_BYTES:
                await session.renew()
            return result

    def account(self, result: BatchResult) -> None:
        """Count a batch, and say which events failed in it."""
        self.counters.add(result, self.config.clock())
        log_failures(result)
        tell_traced(result, self.config.tracing)
        if result.isolated:
            self.on_dangerous()

    async def report_when_due(self) -> None:
        """Say what this worker has done so far, once a second."""
        now = self.config.clock()
        if now - self._reported_at >= _REPORT_EVERY:
            self._reported_at = now
            await self._report()

    def cut(self) -> None:
        """Let whatever is under way at Postgres fail at once."""
        self._session.cut()

    async def close(self) -> None:
        """Report for the last time and hang up; the reader ends."""
        if self._session.is_open:
            with suppress(DatabaseError, OSError):
                await self._report()
        await self._session.close()
        if self._reader is not None:
            await self._reader.close()

    async def _report(self) -> None:
        await report_worker(await self._session.connected(self._row_cache), self.counters.report())

    def _look_ahead(self, result: BatchResult, limit: int, lanes: Sequence[Lane]) -> None:
        """Say whether live events come in, and whether they leave work for those that help."""
        if result.claimed and result.lane == lanes[0] == REPEATED:
            return  # nobody looked
        self.has_live_work = result.lane == LIVE and bool(result.claimed)
        self.has_backlog = result.lane == LIVE and len(result.claimed) >= limit
        if self.has_backlog:
            self.on_backlog()

    async def _inform_planner(self, conn: Connection, claimed: int) -> None:
        """Have a young database looked at as it grows by orders of magnitude."""
        self._claimed += claimed
        if self._milestones and self._claimed >= self._milestones[0]:
            self._milestones = [rows for rows in self._milestones if rows > self._claimed]
            if await count_known_rows(conn) < self._claimed:
                await gather_statistics(conn)


class BacklogWorker:
    """Claims and reads a worker's next batch while another is written; only while much waits."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._session = Session(worker.config, "inlet work")

    async def step(self) -> BatchResult:
        """Process one batch; an empty result means that there is too little work to help with.

        Raises: as Worker.step does.
        """
        if not self._worker.has_backlog:
            return BatchResult()
        return await self._worker.process(self._session, (LIVE,))

    def cut(self) -> None:
        """Let whatever is under way at Postgres fail at once."""
        self._session.cut()

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()


def backlog_workers(worker: Worker) -> list[BacklogWorker]:
    """Give a worker as much help as is of use: one claims, one reads, one writes."""
    return [BacklogWorker(worker), BacklogWorker(worker)]


def _narrowed(limit: int, failed: BatchFailed) -> int:
    """Halve a batch that is to blame itself, so that it ends with the one event that is."""
    if len(failed.claimed) > 1 and fault_behind(failed.error) == "data":
        return len(failed.claimed) // 2
    return limit
