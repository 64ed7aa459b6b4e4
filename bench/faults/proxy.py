"""A proxy before Postgres that cuts a connection after a given byte of an exchange.

It tells connections apart by their application_name, so that only the one that commits is cut.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Literal

Direction = Literal["request", "answer"]

_CHUNK = 1 << 16


@dataclass(slots=True)
class Cut:
    """Cut after this many bytes of the next request, or of its answer."""

    direction: Direction
    after_bytes: int
    is_done: bool = False
    seen: int = 0

    def allowed(self, direction: Direction, size: int) -> int | None:
        """Say how much of a chunk may pass before the cut; None where all of it may."""
        if self.is_done or direction != self.direction:
            return None
        room = self.after_bytes - self.seen
        self.seen += size
        if size < room:
            return None
        self.is_done = True
        return room


class Proxy:
    """Listens on loopback and passes on to Postgres. `cut` is for connections of one name."""

    def __init__(self, socket_path: str, name: bytes) -> None:
        self._socket_path = socket_path
        self._name = name
        self.cut: Cut | None = None
        self.refuses = False
        self.cuts = 0
        self.seen: dict[Direction, int] = {"request": 0, "answer": 0}
        self.port = 0
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    @contextmanager
    def running(self) -> Generator["Proxy"]:
        """Take connections in a thread of its own until the block ends."""
        listening = Event()
        thread = Thread(target=lambda: asyncio.run(self._listen(listening)))
        thread.start()
        listening.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join()

    async def _listen(self, listening: Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        hello = await reader.read(_CHUNK)
        is_watched = self._name in hello
        far_reader, far_writer = await asyncio.open_unix_connection(self._socket_path)
        far_writer.write(hello)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, far_writer, "request", is_watched))
                group.create_task(self._pass(far_reader, writer, "answer", is_watched))
        except* (ConnectionError, _Severed):
            pass
        finally:
            for side in (writer, far_writer):
                with suppress(OSError):
                    side.transport.abort()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        direction: Direction,
        is_watched: bool,
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            if is_watched:
                self.seen[direction] += len(chunk)
                room = self.cut.allowed(direction, len(chunk)) if self.cut else None
                if room is not None:
                    await self._sever(writer, chunk[:room])
            writer.write(chunk)
            await writer.drain()
        raise _Severed

    async def _sever(self, writer: asyncio.StreamWriter, last: bytes) -> None:
        """Let the last bytes arrive, then end both sides."""
        self.cuts += 1
        if last:
            writer.write(last)
            await writer.drain()
            await asyncio.sleep(0.002)
        raise _Severed


class _Severed(Exception):
    """The connection is over on both sides."""
