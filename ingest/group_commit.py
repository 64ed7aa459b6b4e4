"""Group commit: many requests, one durable statement.

Flushes at once when idle; while a flush is in flight it gathers, so the batch grows with the load
and an idle request waits for nobody. While the database is away, or does not answer in time, the
spool takes the batch. Knows no HTTP and no provider.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter

import structlog

from domain.errors import Unavailable
from ingest import metrics
from ingest.spooling import Spooling
from store.database import Connection, DatabaseError, cut
from store.events import NewEvent, record_by_channel
from store.faults import may_take_later
from store.large_bytes import BUFFERS_KEPT_BYTES

_LOG = structlog.get_logger(__name__)

_MOST_ROWS = 500
_MOST_BYTES = 1024 * 1024
_MOST_WAITING_ROWS = 20_000
_MOST_WAITING_BYTES = 64 * 1024 * 1024
_PATIENCE_SECONDS = 2.0
_LONG_PATIENCE_SECONDS = 10.0
_SLOWEST_BYTES_PER_SECOND = 8 << 20  # a large mail takes a busy machine longer


class _Submission:
    """The events of one delivery, and whoever waits for their commit."""

    __slots__ = ("committed", "events", "size_bytes")

    def __init__(self, events: Sequence[NewEvent], committed: asyncio.Future[None]) -> None:
        self.events = events
        self.committed = committed
        self.size_bytes = sum([len(event.body) + len(event.headers) for event in events])


class GroupCommit:
    """Commits events in batches over a connection of its own.

    `on_duplicates` hears of batches that were not all new, with how many were by channel id.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        spooling: Spooling,
        *,
        on_commit: Callable[[], None],
        on_duplicates: Callable[[Sequence[NewEvent], Mapping[str, int]], None],
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self.last_commit_seconds = 0.0
        self.waiting_rows = 0
        self._connect = connect
        self._spooling = spooling
        self._on_commit = on_commit
        self._on_duplicates = on_duplicates
        self._patience_seconds = patience_seconds
        self._deadline = 0.0
        self._connection: Connection | None = None
        self._waiting: deque[_Submission] = deque()
        self._waiting_bytes = 0
        self._work = asyncio.Event()
        self._is_closing = False

    async def submit(self, events: Sequence[NewEvent]) -> None:
        """Return once the events are durable, new or known.

        Raises: Unavailable when too much waits already, or neither database nor spool takes them.
        """
        if (
            self._is_closing
            or self.waiting_rows >= _MOST_WAITING_ROWS
            or self._waiting_bytes >= _MOST_WAITING_BYTES
        ):
            raise Unavailable("the webhook could not be kept; send it again")
        submission = _Submission(events, asyncio.get_running_loop().create_future())
        self._waiting.append(submission)
        self.waiting_rows += len(events)
        self._waiting_bytes += submission.size_bytes
        self._work.set()
        await submission.committed

    async def run(self) -> None:
        """Flush until closed; what was submitted before that is flushed first."""
        while True:
            await self._work.wait()
            batch = self._take()
            if batch:
                await self._flush(batch)
            elif self._is_closing:
                break
            else:
                self._work.clear()
        if self._connection is not None:
            await self._connection.close()

    def close(self) -> None:
        """Refuse new events and let `run` end when all is flushed."""
        self._is_closing = True
        self._work.set()

    def _take(self) -> list[_Submission]:
        batch: list[_Submission] = []
        rows = size_bytes = 0
        while self._waiting and rows < _MOST_ROWS and size_bytes < _MOST_BYTES:
            submission = self._waiting.popleft()
            batch.append(submission)
            rows += len(submission.events)
            size_bytes += submission.size_bytes
        self.waiting_rows -= rows
        self._waiting_bytes -= size_bytes
        metrics.WAITING_ROWS.set(self.waiting_rows)
        metrics.WAITING_BYTES.set(self._waiting_bytes)
        return batch

    async def _flush(self, batch: Sequence[_Submission]) -> None:
        if self._spooling.is_away:
            await self._spool(batch)
            return
        try:
            await self._record_in_time(batch)
        except Exception as error:
            # Whatever it is: those who wait must hear of it, and the next batch must go out.
            if may_take_later(error):
                self._spooling.mark_away(error)
                await self._spool(batch)
            else:
                await self._flush_separately(batch, error)
        else:
            _settle(batch)
            self._on_commit()
            await self._give_back_buffers(batch)

    async def _give_back_buffers(self, batch: Sequence[_Submission]) -> None:
        """Hang up after a large event: the buffers of a connection stay as large as that was."""
        largest = max(submission.size_bytes for submission in batch)
        if largest > BUFFERS_KEPT_BYTES and self._connection is not None:
            await self._connection.close()

    async def _spool(self, batch: Sequence[_Submission]) -> None:
        """Keep a batch on the disk: that is as good as committed."""
        try:
            await self._spooling.keep(
                [event for submission in batch for event in submission.events]
            )
        except Unavailable as refusal:
            _refuse(batch, refusal)
        except Exception as error:
            await self._flush_separately(batch, error)
        else:
            _settle(batch)

    async def _flush_separately(self, batch: Sequence[_Submission], error: Exception) -> None:
        """One delivery that cannot be kept must not take its neighbours with it."""
        if len(batch) > 1:
            for submission in batch:
                await self._flush([submission])
            return
        rows = len(batch[0].events)
        _LOG.warning("group_commit_failed", error_class=type(error).__name__, rows=rows)
        _refuse(batch, Unavailable("the webhook could not be kept; send it again"))

    async def _record_in_time(self, batch: Sequence[_Submission]) -> None:
        """Record, or give up soon enough for the spool to take over.

        The connection is cut then. Whether its commit went through does not matter: a repeated
        event is kept once.
        """
        loop = asyncio.get_running_loop()
        # Without a spool there is nothing better to do than to wait.
        patience = self._patience_seconds if self._spooling.can_keep else _LONG_PATIENCE_SECONDS
        size_bytes = sum(submission.size_bytes for submission in batch)
        self._deadline = loop.time() + patience + size_bytes / _SLOWEST_BYTES_PER_SECOND
        alarm = loop.call_at(self._deadline, self._cut)
        try:
            await self._record_on_a_live_connection(batch)
        finally:
            alarm.cancel()

    def _cut(self) -> None:
        if self._connection is not None:
            cut(self._connection)

    async def _record_on_a_live_connection(self, batch: Sequence[_Submission]) -> None:
        """Record, and once more where the connection proves dead: an idle one shows it only now."""
        loop = asyncio.get_running_loop()
        if self._connection is not None and not self._connection.closed:
            try:
                await self._record(batch, self._connection)
            except DatabaseError:
                if not self._connection.closed or loop.time() >= self._deadline:
                    raise
            else:
                return
        async with asyncio.timeout_at(self._deadline):
            self._connection = await self._connect()
        await self._record(batch, self._connection)

    async def _record(self, batch: Sequence[_Submission], connection: Connection) -> None:
        events = [event for submission in batch for event in submission.events]
        began = perf_counter()
        fresh = await record_by_channel(connection, events)
        self.last_commit_seconds = perf_counter() - began
        metrics.COMMIT_SECONDS.observe(self.last_commit_seconds)
        metrics.BATCH_ROWS.observe(len(events))
        if sum(fresh.values()) < len(events):
            self._on_duplicates(events, fresh)


def _settle(batch: Sequence[_Submission]) -> None:
    for submission in batch:
        if not submission.committed.done():
            submission.committed.set_result(None)


def _refuse(batch: Sequence[_Submission], refusal: Unavailable) -> None:
    for submission in batch:
        if not submission.committed.done():
            submission.committed.set_exception(Unavailable(refusal.detail))
