"""A worker: one claim at a time over one connection, and what it makes of one that failed.

A batch that Postgres refuses whole is narrowed down to the event that is to blame. Knows neither
when to work nor how to wait.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import structlog

from domain.provider import Provider
from domain.retry import RetryPolicy
from domain.tracing import UNTRACED, Tracing
from store.database import Connection, DatabaseError, connect, cut
from store.queue import ALONE, LIVE, REPEATED, Lane
from store.statistics import count_known_rows, gather_statistics
from store.workers import report_worker
from worker.batch import (
    BatchConfig,
    BatchFailed,
    BatchResult,
    fail_event,
    process_alone,
    process_batch,
)
from worker.known import Known
from worker.nursery import Nursery, Place
from worker.reading_room import ReadingRoom
from worker.refused import fault_behind
from worker.tally import Tally
from worker.traced import tell_traced
from worker.waiting import wait_for

_LOG = structlog.get_logger(__name__)

_REPORT_EVERY = timedelta(seconds=1)
_PLANNER_MILESTONES = [100, 2_000, 20_000]
# Repeated events get a turn each second, and a twentieth of the time, however much live work waits.
_REPEATED_EVERY_SECONDS = 1.0
_TIMES_OTHERS = 20
_LONGEST_REST = 120.0
_REST_STEP = 0.1
# Where refusals are frequent, smaller batches have less to write again.
_SMALLEST_WHILE_REFUSED = 128


def _nobody_follows() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """How one worker works. `dice` gives numbers in [0, 1); `identity` is (id, host, pid).

    `on_commit` is called after each batch that left something to follow. With a nursery events are
    read in processes apart, without one in this process, as tests do.
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
    nursery: Nursery | None = None
    version: str = ""
    tracing: Tracing = UNTRACED


class Worker:
    """One claim at a time, over one connection: what is live, else what is repeated."""

    def __init__(self, config: WorkerConfig) -> None:
        self.config = config
        self.tally = Tally(*config.identity, config.clock(), config.version)
        self.on_dangerous: Callable[[], None] = _nobody_follows
        self.has_live_work = False
        self._room = _open_room(config)
        self._batch = _batch_config(config, self._room)
        self._known = Known()
        self._line = _Line(config, "inlet work")
        self._limit = config.batch_size
        self._claimed = 0
        self._milestones = _PLANNER_MILESTONES
        self._reported_at = config.clock() - _REPORT_EVERY
        self._repeated_at = perf_counter() + _REPEATED_EVERY_SECONDS

    async def step(self) -> BatchResult:
        """Process one batch; an empty result means that nothing is due.

        Raises: DatabaseError or OSError when Postgres is away, CannotRead when no process can be
        had that reads; the caller waits and calls again.
        """
        while True:
            conn = await self._line.connected(self._known)
            began = perf_counter()
            lanes: Sequence[Lane] = (LIVE, REPEATED)
            if began >= self._repeated_at:
                lanes = (REPEATED, LIVE)
            try:
                result = await process_batch(conn, self._limit, self._known, self._batch, lanes)
            except BatchFailed as failed:
                result = await self._narrow(conn, failed)
                if result is None:
                    continue
            else:
                self._adapt(result, began)
            self._account(result)
            await self._inform_planner(conn, len(result.claimed))
            return result

    async def rest(self, stop: asyncio.Event) -> None:
        """Go on at once."""

    async def report_when_due(self) -> None:
        """Say what this worker has done so far, once a second."""
        now = self.config.clock()
        if now - self._reported_at >= _REPORT_EVERY:
            self._reported_at = now
            await report_worker(await self._line.connected(self._known), self.tally.report())

    def cut(self) -> None:
        """Let whatever is under way at Postgres fail at once."""
        self._line.cut()

    async def close(self) -> None:
        """Report for the last time and hang up; the readers end."""
        await self._line.close(self.tally)
        if self._room is not None:
            self._room.close()
        if self.config.nursery is not None:
            self.config.nursery.close()

    def _adapt(self, result: BatchResult, began: float) -> None:
        """Choose the size of the next batch, and when repeated events have their next turn."""
        now = perf_counter()
        self.has_live_work = result.lane == LIVE and bool(result.claimed)
        if result.lane == REPEATED or not result.claimed:
            self._repeated_at = now + max(_REPEATED_EVERY_SECONDS, _TIMES_OTHERS * (now - began))
            return
        if self._repeated_at <= began:
            self._repeated_at = now + _REPEATED_EVERY_SECONDS
        if result.refused:
            self._limit = max(min(_SMALLEST_WHILE_REFUSED, self._limit), self._limit // 2)
        elif self._limit < _SMALLEST_WHILE_REFUSED:
            self._limit = min(self._limit * 2, self.config.batch_size)
        else:
            self._limit = min(self._limit * 5 // 4, self.config.batch_size)

    def _account(self, result: BatchResult) -> None:
        """Count a batch, and say which events failed in it."""
        self.tally.add(result, self.config.clock())
        _log_failures(result)
        tell_traced(result, self.config.tracing)
        if any(failure.lane == ALONE for failure in result.failures):
            self.on_dangerous()

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
        result = await _judge(conn, failed, self._batch)
        if result is None and len(failed.claimed) > 1 and fault_behind(failed.error) == "data":
            self._limit = len(failed.claimed) // 2
        return result


class AloneWorker:
    """Takes, one by one, the events that stopped or stalled their reader; beside a worker."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._config = worker.config
        self._room = _open_room(self._config, "all_alone")
        self._batch = _batch_config(self._config, self._room)
        self._known = Known()
        self._line = _Line(self._config, "inlet work alone")
        self._rest_seconds = 0.0

    async def step(self) -> BatchResult:
        """Process one event; an empty result means that none is due.

        Raises: as Worker.step does.
        """
        while True:
            conn = await self._line.connected(self._known)
            began = perf_counter()
            try:
                result = await process_alone(conn, self._known, self._batch)
            except BatchFailed as failed:
                self._known.clear()
                result = await _judge(conn, failed, self._batch)
                if result is None:
                    continue
            self._worker.tally.add(result, self._config.clock())
            _log_failures(result)
            tell_traced(result, self._config.tracing)
            took = perf_counter() - began
            self._rest_seconds = min(took * _TIMES_OTHERS, _LONGEST_REST) if result.claimed else 0
            return result

    async def rest(self, stop: asyncio.Event) -> None:
        """Leave the machine to live work for most of the time, for as long as there is some."""
        end = perf_counter() + self._rest_seconds
        while self._worker.has_live_work and not stop.is_set() and perf_counter() < end:
            await wait_for(stop, min(_REST_STEP, self._rest_seconds))

    async def report_when_due(self) -> None:
        """Say nothing: the worker that this is beside counts its events too."""

    def cut(self) -> None:
        self._line.cut()

    async def close(self) -> None:
        await self._line.close(None)
        if self._room is not None:
            self._room.close()


class _Line:
    """A connection that is made again when it is lost."""

    def __init__(self, config: WorkerConfig, name: str) -> None:
        self._config = config
        self._name = name
        self._connection: Connection | None = None

    async def connected(self, known: Known) -> Connection:
        """Return the connection; with a new one, nothing is known any more."""
        if self._connection is None or self._connection.closed:
            known.clear()
            self._connection = await connect(
                self._config.database_url, self._name, prepare=self._config.use_prepared
            )
        return self._connection

    def cut(self) -> None:
        if self._connection is not None:
            cut(self._connection)

    async def close(self, tally: Tally | None) -> None:
        if self._connection is not None and not self._connection.closed:
            with suppress(DatabaseError, OSError):
                if tally is not None:
                    await report_worker(self._connection, tally.report())
            await self._connection.close()


async def _judge(conn: Connection, failed: BatchFailed, config: BatchConfig) -> BatchResult | None:
    """Fail the one event that is to blame; None to try again at once.

    Raises: what failed, where it is nobody's fault or nobody is left to blame.
    """
    fault = fault_behind(failed.error)
    if fault == "outage" or conn.closed:
        await conn.close()
        raise failed.error
    error_class = type(failed.error).__name__
    _LOG.warning("batch_failed", error_class=error_class, events=len(failed.claimed))
    if fault == "contention" or len(failed.claimed) > 1:
        return None
    if not failed.claimed:
        raise failed.error
    return await fail_event(conn, failed.claimed[0], error_class, config)


def _log_failures(result: BatchResult) -> None:
    """Say which events failed, once that is committed."""
    for failure in result.failures:
        _LOG.warning(
            "event_failed",
            event_id=failure.event.id,
            channel_id=failure.event.channel_id,
            attempt=failure.event.attempt,
            error_class=failure.error_class,
            is_given_up=failure.wait_seconds is None,
        )


def _open_room(config: WorkerConfig, place: Place = "in_batch") -> ReadingRoom | None:
    if config.nursery is None:
        return None
    config.nursery.start(config.providers)
    return ReadingRoom(config.nursery, place)


def _batch_config(config: WorkerConfig, room: ReadingRoom | None) -> BatchConfig:
    return BatchConfig(
        providers=config.providers,
        claim_timeout_seconds=config.claim_timeout_seconds,
        retry=config.retry,
        dice=config.dice,
        read=room.read if room is not None else None,
    )
