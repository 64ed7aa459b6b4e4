"""Wakes whoever waits for a commit: on its own connection, seldom enough, never in the way.

Knows nothing of what was committed.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.backoff import Backoff
from store.database import Connection, cut_after
from store.wake import wake

_LOG = structlog.get_logger(__name__)

_SHORTEST_GAP_SECONDS = 0.05
_CONNECT_SECONDS = 5.0
_NOTIFY_SECONDS = 2.0


class Waker:
    """Turns any number of `poke` calls into few notifications."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        backoff: Backoff,
        notify: Callable[[Connection], Awaitable[None]] = wake,
        gap_seconds: float = _SHORTEST_GAP_SECONDS,
    ) -> None:
        self._connect = connect
        self._backoff = backoff
        self._notify = notify
        self._gap_seconds = gap_seconds
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Say that there is work; returns at once."""
        self._poked.set()

    async def run(self) -> None:
        """Notify until cancelled; without a database the workers' polling has to do."""
        connection: Connection | None = None
        try:
            while True:
                await self._poked.wait()
                self._poked.clear()
                try:
                    if connection is None or connection.closed:
                        async with asyncio.timeout(_CONNECT_SECONDS):
                            connection = await self._connect()
                    with cut_after(connection, _NOTIFY_SECONDS):
                        await self._notify(connection)
                    self._backoff.reset()
                    await asyncio.sleep(self._gap_seconds)
                except Exception as error:
                    _LOG.info("wake_failed", error_class=type(error).__name__)
                    await asyncio.sleep(self._backoff.pause())
                    self._poked.set()
        finally:
            if connection is not None:
                await connection.close()
