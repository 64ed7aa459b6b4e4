"""uvicorn that answers all it has taken, lets nobody hold it up, and stops in time.

Knows no route.
"""

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import cast

import structlog
import uvicorn

from app.connection_limits import ConnectionLimits
from app.http_protocol import LimitedHttpProtocol

_LOG = structlog.get_logger(__name__)

_TICKS_PER_CHECK = 10  # uvicorn ticks ten times a second
_CHECK_SECONDS = 0.05
_ANSWER_SECONDS = 3.0
_LAST_ANSWER_SECONDS = 0.3
_CLOSE_SECONDS = 1.8


def _no_report() -> None:
    pass


class HttpServer(uvicorn.Server):
    """Calls `end_streams` when it begins to stop: a stream ends only when told to.

    `report_ready` is called once connections are accepted.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        end_streams: Callable[[], None],
        limits: ConnectionLimits | None = None,
        report_ready: Callable[[], None] = _no_report,
    ) -> None:
        self._limits = limits or ConnectionLimits(0)
        # uvicorn calls it as it would call the class.
        config.http = cast("type[asyncio.Protocol]", partial(LimitedHttpProtocol, self._limits))
        super().__init__(config)
        self._end_streams = end_streams
        self._tell_ready = report_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_CHECK == 0:
            self._check_timeouts()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, answer what was asked, and end; all of it in a bounded time.

        The socket may be another process's too, who then gets those that nobody accepted yet.
        """
        self._limits.stopping_since = asyncio.get_running_loop().time()
        self._end_streams()
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        # Requests that begin from now on are their connections' last, too.
        self.server_state.default_headers = [
            *self.server_state.default_headers,
            (b"connection", b"close"),
        ]
        for connection in self._connections():
            connection.shutdown()
        if not await self._are_gone_within(_ANSWER_SECONDS):
            await self._close_all()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.lifespan.shutdown()
        except TimeoutError:
            _LOG.error("shutdown_broken_off")

    async def _close_all(self) -> None:
        _LOG.warning("requests_given_up", requests=len(self.server_state.tasks))
        for connection in self._connections():
            connection.answer_and_close()
        for task in self.server_state.tasks:
            task.cancel()
        await self._are_gone_within(_LAST_ANSWER_SECONDS)
        for connection in self._connections():
            connection.abort()

    async def _are_gone_within(self, seconds: float) -> bool:
        """Wait until all connections and requests have ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self.server_state.connections or self.server_state.tasks:
            if self.force_exit or loop.time() > deadline:
                return False
            self._check_timeouts()
            await asyncio.sleep(_CHECK_SECONDS)
        return True

    def _check_timeouts(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in self._connections():
            connection.check_timeouts(now)

    def _connections(self) -> list[LimitedHttpProtocol]:
        return cast("list[LimitedHttpProtocol]", list(self.server_state.connections))
