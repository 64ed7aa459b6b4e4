"""A web server on loopback that has media, and remembers what it was asked for and by whom."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from media_fetching import PNG


@dataclass(slots=True, kw_only=True)
class MediaServer:
    """`answers` are raw responses by path; `hangs` are paths that are never answered."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    hangs: set[str] = field(default_factory=set[str])
    asked: list[str] = field(default_factory=list[str])
    heads: list[str] = field(default_factory=list[str])
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1]
        self.asked.append(path)
        self.heads.append(head.lower())
        self.was_asked.set()
        if path in self.hangs:
            await reader.read()
        else:
            writer.write(self.answers.get(path) or answer(404))
        writer.close()


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Write a response; `content_type` is Content-Type."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("content-length", str(len(body)))
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def media_server() -> AsyncGenerator[MediaServer]:
    """Serve on a port of its own."""
    media = MediaServer()
    server = await asyncio.start_server(media.serve, "127.0.0.1", 0)
    media.port = server.sockets[0].getsockname()[1]
    async with server:
        yield media


def giving(seen: list[str | None]) -> Callable[[httpx.Request], httpx.Response]:
    """Give a picture to whoever asks, and note the credential that they show."""

    def give(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(200, content=PNG)

    return give
