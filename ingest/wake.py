"""Wakes whoever waits for a commit: on its own connection, seldom enough, never in the way.

Knows nothing of what was committed.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from store.database import Connection, DatabaseError
from store.wake import wake

_LOG = structlog.get_logger(__name__)

_SHORTEST_GAP_SECONDS = 0.05
_PAUSE_AFTER_ERROR_SECONDS = 1.0


class Waker:
    """Turns any number of `poke` calls into few notifications."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        notify: Callable[[Connection], Awaitable[None]] = wake,
        gap_seconds: float = _SHORTEST_GAP_SECONDS,
    ) -> None:
        self._connect = connect
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
                        connection = await self._connect()
                    await self._notify(connection)
                    await asyncio.sleep(self._gap_seconds)
                except (DatabaseError, OSError) as error:
                    _LOG.info("wake_failed", error_class=type(error).__name__)
                    await asyncio.sleep(_PAUSE_AFTER_ERROR_SECONDS)
        finally:
            if connection is not None:
                await connection.close()
