"""uvicorn that stops promptly although streams are open. Knows no route."""

import socket
from collections.abc import Callable

import uvicorn


class PromptServer(uvicorn.Server):
    """Calls `end_streams` before it waits for open requests: a stream ends only when told to."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)
