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

from app.doorkeeper import Doorkeeper
from app.guarded_protocol import GuardedProtocol

_LOG = structlog.get_logger(__name__)

_TICKS_A_LOOK = 10  # uvicorn ticks ten times a second
_LOOK_SECONDS = 0.05
_ANSWER_SECONDS = 3.0
_GOODBYE_SECONDS = 0.3
_CLOSE_SECONDS = 1.8


def _nobody() -> None:
    pass


class PromptServer(uvicorn.Server):
    """Calls `end_streams` when it begins to stop: a stream ends only when told to.

    `tell_ready` is called once connections are accepted.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        end_streams: Callable[[], None],
        doorkeeper: Doorkeeper | None = None,
        tell_ready: Callable[[], None] = _nobody,
    ) -> None:
        self._doorkeeper = doorkeeper or Doorkeeper(0)
        # uvicorn calls it as it would call the class.
        config.http = cast("type[asyncio.Protocol]", partial(GuardedProtocol, self._doorkeeper))
        super().__init__(config)
        self._end_streams = end_streams
        self._tell_ready = tell_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_LOOK == 0:
            self._look()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, answer what was asked, and end; all of it in a bounded time.

        The socket may be another process's too, who then gets those that nobody accepted yet.
        """
        self._doorkeeper.stopping_since = asyncio.get_running_loop().time()
        self._end_streams()
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        # Requests that begin from now on are their connections' last, too.
        self.server_state.default_headers = [
            *self.server_state.default_headers,
            (b"connection", b"close"),
        ]
        for connection in self._connections():
            connection.shutdown()
        if not await self._are_gone_within(_ANSWER_SECONDS):
            await self._give_up()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.lifespan.shutdown()
        except TimeoutError:
            _LOG.error("shutdown_broken_off")

    async def _give_up(self) -> None:
        _LOG.warning("requests_given_up", requests=len(self.server_state.tasks))
        for connection in self._connections():
            connection.give_up()
        for task in self.server_state.tasks:
            task.cancel()
        await self._are_gone_within(_GOODBYE_SECONDS)
        for connection in self._connections():
            connection.abort()

    async def _are_gone_within(self, seconds: float) -> bool:
        """Wait until all connections and requests have ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self.server_state.connections or self.server_state.tasks:
            if self.force_exit or loop.time() > deadline:
                return False
            self._look()
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in self._connections():
            connection.look(now)

    def _connections(self) -> list[GuardedProtocol]:
        return cast("list[GuardedProtocol]", list(self.server_state.connections))
