"""Asks whether the database is back, and moves the spool into it, oldest first.

The same idempotent insert as the group commit's, so that a commit whose outcome nobody knows is
simply done again. Never ends for good: whatever fails is tried again, after longer and longer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from domain.backoff import Backoff
from ingest import metrics
from ingest.spool_folder import LockedSpool
from ingest.spooling import Spooling
from store.bisection import halves, write_by_halves
from store.database import Connection, cut, cut_after
from store.events import NewEvent, limit_statement, record_by_channel
from store.faults import may_take_later
from store.polling import repeat, wait_for
from store.spool import Spooled, SpoolError

_LOG = structlog.get_logger(__name__)

_MOST_ROWS = 500
_MOST_BYTES = 1024 * 1024
_CONNECT_SECONDS = 5.0
_LEFTOVERS_SECONDS = 10.0
# The server gives a statement up itself, or each try would leave one behind that waits for a lock.
_STATEMENT_SECONDS = 5.0
_SINGLE_STATEMENT_SECONDS = 60.0
_GRACE_SECONDS = 3.0


class Drainer:
    """Drains one spooling. `on_drained` hears what was moved and how much was new by channel."""

    def __init__(
        self,
        spooling: Spooling,
        connect: Callable[[], Awaitable[Connection]],
        backoff: Backoff,
        on_drained: Callable[[Sequence[NewEvent], Mapping[str, int]], None],
    ) -> None:
        self._spooling = spooling
        self._connect = connect
        self._backoff = backoff
        self._on_drained = on_drained
        self._connection: Connection | None = None
        self._connecting: asyncio.Timeout | None = None
        self._most_rows = _MOST_ROWS
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Drain until stopped."""
        await repeat(self._step, self._stopping, self._backoff, self._on_failure)
        await self._hang_up()

    def stop(self) -> None:
        """Let `run` end soon, whatever it waits for."""
        self._stopping.set()
        self._spooling.has_news.set()
        if self._connection is not None:
            cut(self._connection)
        if self._connecting is not None:
            self._connecting.reschedule(asyncio.get_running_loop().time())

    async def _on_failure(self, error: Exception) -> None:
        if not self._stopping.is_set():
            _LOG.info("spool_not_drained", error_class=type(error).__name__)
            await self._hang_up()

    async def _step(self) -> float:
        self._spooling.has_news.clear()
        own = self._spooling.own
        if own is not None and own.file.rows:
            await self._move(own)
            if not own.file.rows:
                await self._spooling.change(own.file.shrink)
            return 0.0
        if self._spooling.is_away:
            await self._record([])
            self._spooling.mark_back()
            return 0.0
        leftover = await self._spooling.adopt()
        if leftover is None:
            await self._rest()
            return 0.0
        await self._move(leftover)
        if not leftover.file.rows:
            await self._spooling.leave()
        return 0.0

    async def _rest(self) -> None:
        """Wait for news, but look for leftovers now and then."""
        await self._hang_up()
        await self._spooling.open()
        await wait_for(self._spooling.has_news, _LEFTOVERS_SECONDS)

    async def _move(self, spool: LockedSpool) -> None:
        spooled = await self._spooling.in_thread(spool.file.oldest, self._most_rows, _MOST_BYTES)
        try:
            await write_by_halves(
                spooled,
                lambda part: self._insert(spool, part),
                lambda part, error: self._set_aside(spool, part, error),
                self._split,
            )
        except Exception:
            # Fewer take less time, where that was the reason.
            self._most_rows = max(1, len(spooled) // 2)
            raise
        self._most_rows = _MOST_ROWS
        own = self._spooling.own
        if own is None or own.file.rows <= _MOST_ROWS:
            self._spooling.mark_back()

    async def _insert(self, spool: LockedSpool, spooled: Sequence[Spooled]) -> None:
        events = [row.event for row in spooled]
        fresh = await self._record(events)
        await self._spooling.change(spool.file.remove, spooled)
        metrics.SPOOL_DRAINED.inc(len(spooled))
        self._on_drained(events, fresh)

    def _split(
        self, error: Exception, spooled: Sequence[Spooled]
    ) -> tuple[Sequence[Spooled], Sequence[Sequence[Spooled]]]:
        if isinstance(error, SpoolError) or may_take_later(error) or self._stopping.is_set():
            raise error
        return halves(spooled)

    async def _set_aside(
        self, spool: LockedSpool, spooled: Sequence[Spooled], error: Exception
    ) -> None:
        """Keep what the database refuses for what it says."""
        error_class = type(error).__name__
        for row in spooled:
            await self._spooling.change(spool.file.set_aside, row, error_class)
            metrics.SPOOL_REFUSED.inc()
            _LOG.error(
                "spooled_event_refused",
                error_class=error_class,
                event_id=row.event.id,
                channel_id=row.event.channel_id,
            )

    async def _record(self, events: Sequence[NewEvent]) -> Mapping[str, int]:
        """Insert events, perhaps none: that shows whether any could be."""
        seconds = _STATEMENT_SECONDS if len(events) != 1 else _SINGLE_STATEMENT_SECONDS
        connection = await self._live_connection()
        with cut_after(connection, seconds + _GRACE_SECONDS):
            async with connection.transaction():
                await limit_statement(connection, seconds)
                return await record_by_channel(connection, events)

    async def _live_connection(self) -> Connection:
        if self._connection is None or self._connection.closed:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS) as self._connecting:
                    self._connection = await self._connect()
            finally:
                self._connecting = None
        return self._connection

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
