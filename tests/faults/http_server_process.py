"""The server that web processes run, in this process, around a small application."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import Receive, Scope, Send

from app.connection_limits import ClientTimeouts, ConnectionLimits
from app.http_server import HttpServer
from app.listener import listening_socket

PATIENCE_SECONDS = 120.0
POST = b"POST /%s HTTP/1.1\r\nHost: inlet\r\nContent-Length: %d\r\n\r\n"
GET = b"GET /%s HTTP/1.1\r\nHost: inlet\r\n\r\n"
BIG = 32 * 1024 * 1024


class Application:
    """Answers with the body's length; counts who left before their body was whole."""

    def __init__(self) -> None:
        self.gone = 0
        self.chunks = asyncio.Queue[bytes]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        if scope["path"] == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while chunk := await self.chunks.get():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        body = bytes(BIG) if scope["path"] == "/big" else b"%d" % size
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Served:
    def __init__(self, port: int, application: Application, server: HttpServer) -> None:
        self.port = port
        self.application = application
        self.server = server
        self.has_ended = asyncio.Event()

    async def accepts_nobody(self) -> bool:
        return not self.server.servers[0].is_serving()

    async def is_empty(self) -> bool:
        return not self.server.server_state.connections

    @asynccontextmanager
    async def client(
        self,
    ) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                yield reader, writer
        finally:
            writer.transport.abort()


@asynccontextmanager
async def serving(
    timeouts: ClientTimeouts, *, most_connections: int = 0, keep_alive: int = 75
) -> AsyncGenerator[Served]:
    application = Application()
    config = uvicorn.Config(
        application,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=keep_alive,
    )
    limits = ConnectionLimits(most_connections, timeouts, counts_loopback=True)
    with listening_socket("127.0.0.1", 0) as listener:
        server = HttpServer(config, lambda: None, limits)
        # Its signal handlers are for a process of its own.
        running = asyncio.create_task(server._serve([listener]))  # pyright: ignore[reportPrivateUsage]
        try:
            served = Served(listener.getsockname()[1], application, server)
            running.add_done_callback(lambda _: served.has_ended.set())
            yield served
        finally:
            server.should_exit = True
            await running
