"""The sockets of people who are played: a connection for requests, a stream, a provider.

Each answer is waited for as a browser would; nothing of it is parsed but its length and status.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Protocol, cast

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_SENT_ID = re.compile(rb'"id":"([0-9a-f-]{36})"')
_MOST_TRIES = 3
_BEGINNING = b"retry: "
_EVENT = b"\nevent: "


class Book(Protocol):
    """Where it is written down how long something took."""

    def note(self, kind: str, seconds: float, *, is_good: bool) -> None: ...


def _nothing() -> None:
    pass


class Connection(asyncio.Protocol):
    """Asks one thing after the other; dials again where the server hung up on an idle one."""

    __slots__ = (
        "_address",
        "_book",
        "_reply",
        "_then",
        "_transport",
        "_tries",
        "_waiting",
        "_whole",
    )

    def __init__(self, book: Book, host: str, port: int) -> None:
        self._address = (host, port)
        self._book = book
        self._waiting: deque[tuple[str, bytes, float, Callable[[], None]]] = deque()
        self._transport: asyncio.WriteTransport | None = None
        self._reply = bytearray()
        self._whole = 0
        self._tries = 0

    def ask(self, kind: str, request: bytes, then: Callable[[], None] = _nothing) -> None:
        """Send a request once those before it are answered; `then` is called after its answer."""
        self._waiting.append((kind, request, perf_counter(), then))
        if len(self._waiting) == 1:
            self._send()

    def give_up(self, now: float) -> None:
        """Note what was not answered yet with the time that it has taken so far."""
        for kind, _, asked_at, _ in self._waiting:
            self._book.note(kind, now - asked_at, is_good=True)
        self._waiting.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports can all write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)
        if self._waiting:
            self._transport.write(self._waiting[0][1])

    def data_received(self, data: bytes) -> None:
        self._reply += data
        if not self._whole:
            found = _LENGTH.search(self._reply)
            if found is None:
                return
            self._whole = self._reply.index(b"\r\n\r\n") + 4 + int(found[1])
        if len(self._reply) < self._whole or not self._waiting:
            return
        kind, _, asked_at, then = self._waiting.popleft()
        is_good = self._reply.startswith(b"HTTP/1.1 2")
        self._reply.clear()
        self._whole = self._tries = 0
        self._book.note(kind, perf_counter() - asked_at, is_good=is_good)
        if self._waiting:
            self._send()
        then()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._reply.clear()
        self._whole = 0
        if self._waiting:
            self._send()

    def _send(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(self._waiting[0][1])
        elif self._tries < _MOST_TRIES:
            self._tries += 1
            _dial(self, *self._address)
        else:
            self._tries = 0
            kind, _, asked_at, then = self._waiting.popleft()
            self._book.note(kind, perf_counter() - asked_at, is_good=False)
            then()


class Stream(asyncio.Protocol):
    """One stream of changes. `opened` is told how long it took until it had begun."""

    __slots__ = ("_began_at", "_hear", "_opened", "_request", "_transport")

    def __init__(
        self,
        address: tuple[str, int],
        request: bytes,
        hear: Callable[[bytes, int], None],
        opened: Callable[[float, bool], None],
    ) -> None:
        self._began_at = perf_counter()
        self._request = request
        self._hear = hear
        self._opened: Callable[[float, bool], None] | None = opened
        self._transport: asyncio.WriteTransport | None = None
        _dial(self, *address)

    def close(self) -> None:
        """Leave."""
        self._hear = _hear_nothing
        self._opened = None
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._opened and _BEGINNING in data:
            self._tell(is_good=True)
        events = data.count(_EVENT)
        if events:
            self._hear(data, events)

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell(is_good=False)

    def _tell(self, *, is_good: bool) -> None:
        opened, self._opened = self._opened, None
        if opened:
            opened(perf_counter() - self._began_at, is_good)


class TakesAll(asyncio.Protocol):
    """The provider that replies are handed to: it takes each, and gives it a name."""

    __slots__ = ("_posted", "_transport")

    def __init__(self) -> None:
        self._posted = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._posted += data
        found = _LENGTH.search(self._posted)
        if not found or not self._transport:
            return
        if len(self._posted) < self._posted.index(b"\r\n\r\n") + 4 + int(found[1]):
            return
        named = _SENT_ID.search(self._posted)
        self._posted.clear()
        body = b'{"provider_message_id":"sent-%b"}' % (named[1] if named else b"")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)


def _hear_nothing(_data: bytes, _events: int) -> None:
    pass


def _dial(protocol: asyncio.Protocol, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    task = loop.create_task(loop.create_connection(lambda: protocol, host, port))

    def look(done: asyncio.Task[object]) -> None:
        if not done.cancelled() and done.exception():
            protocol.connection_lost(None)

    task.add_done_callback(look)
