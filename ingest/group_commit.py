"""Group commit: many requests, one durable statement.

Flushes at once when idle; while a flush is in flight it gathers, so the batch grows with the load
and an idle request waits for nobody. Knows no HTTP and no provider.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

import structlog

from domain.errors import Unavailable
from ingest import metrics
from store.database import Connection, DatabaseError
from store.events import NewEvent, record_events

_LOG = structlog.get_logger(__name__)

_MOST_ROWS = 500
_MOST_BYTES = 1024 * 1024
_MOST_WAITING = 20_000


class _Submission:
    """The events of one delivery, and whoever waits for their commit."""

    __slots__ = ("committed", "events", "size_bytes")

    def __init__(self, events: Sequence[NewEvent], committed: asyncio.Future[None]) -> None:
        self.events = events
        self.committed = committed
        self.size_bytes = sum(len(event.body) for event in events)


class GroupCommit:
    """Commits events in batches over a connection of its own."""

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], on_commit: Callable[[], None]
    ) -> None:
        self._connect = connect
        self._on_commit = on_commit
        self._connection: Connection | None = None
        self._waiting: deque[_Submission] = deque()
        self._waiting_rows = 0
        self._work = asyncio.Event()
        self._is_closing = False

    async def submit(self, events: Sequence[NewEvent]) -> None:
        """Return once the events are durable, new or known.

        Raises: Unavailable when the database is away or too much waits already.
        """
        if self._is_closing or self._waiting_rows >= _MOST_WAITING:
            raise Unavailable("the webhook could not be kept; send it again")
        submission = _Submission(events, asyncio.get_running_loop().create_future())
        self._waiting.append(submission)
        self._waiting_rows += len(events)
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
        self._waiting_rows -= rows
        metrics.WAITING_ROWS.set(self._waiting_rows)
        return batch

    async def _flush(self, batch: Sequence[_Submission]) -> None:
        try:
            await self._record_on_a_live_connection(batch)
        except Exception as error:
            # Whatever it is: those who wait must hear of it, and the next batch must go out.
            if len(batch) > 1 and self._connection is not None and not self._connection.closed:
                # One delivery that Postgres refuses must not take its neighbours with it.
                for submission in batch:
                    await self._flush([submission])
                return
            await self._give_up(batch, error)
        else:
            for submission in batch:
                if not submission.committed.done():
                    submission.committed.set_result(None)
            self._on_commit()

    async def _record_on_a_live_connection(self, batch: Sequence[_Submission]) -> None:
        """Record, and once more where the connection proves dead: an idle one shows it only now.

        Whether the first try was committed does not matter: a repeated event is kept once.
        """
        if self._connection is not None and not self._connection.closed:
            try:
                await self._record(batch, self._connection)
            except DatabaseError:
                if not self._connection.closed:
                    raise
            else:
                return
        self._connection = await self._connect()
        await self._record(batch, self._connection)

    async def _record(self, batch: Sequence[_Submission], connection: Connection) -> None:
        events = [event for submission in batch for event in submission.events]
        began = perf_counter()
        fresh = await record_events(connection, events)
        metrics.COMMIT_SECONDS.observe(perf_counter() - began)
        metrics.BATCH_ROWS.observe(len(events))
        if fresh < len(events):
            metrics.DUPLICATES.inc(len(events) - fresh)

    async def _give_up(self, batch: Sequence[_Submission], error: Exception) -> None:
        _LOG.warning("group_commit_failed", error_class=type(error).__name__, rows=len(batch))
        for submission in batch:
            if not submission.committed.done():
                refusal = Unavailable("the webhook could not be kept; send it again")
                submission.committed.set_exception(refusal)
        if self._connection is not None and self._connection.broken:
            await self._connection.close()
