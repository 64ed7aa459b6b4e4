"""A provider that posts at a steady rate and repeats only what got no answer or a 5xx.

Requests leave when they are due, whether earlier ones are answered or not; a delivery's latency
runs from its first try to its success.
"""

import asyncio
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

from bench.figures import Latency, latency_of
from bench.http_client import is_complete

_TICK_SECONDS = 0.005
_REPEAT_AFTER_SECONDS = 0.5
_ANSWER_SECONDS = 15.0  # as long as Twilio waits


@dataclass(slots=True)
class _Posting:
    """One delivery until it is answered with success."""

    number: int
    began: float
    tries: int = 0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What the sender saw. `refused` got a 4xx: a provider would drop them."""

    accepted: "array[int]" = field(default_factory=lambda: array("q"))
    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    unanswered: int = 0
    server_errors: int = 0
    refused: int = 0

    @property
    def latency(self) -> Latency:
        return latency_of(self.seconds)


class Sender:
    """`write(number)` gives the whole request of a delivery, the same for every try."""

    def __init__(
        self, host: str, port: int, *, connections: int, write: Callable[[int], bytes]
    ) -> None:
        self._address = (host, port)
        self._write = write
        self._idle: deque[_Connection] = deque()
        self._waiting: deque[_Posting] = deque()
        self._missing = connections
        self._next = 0
        self.outcome = Outcome()

    async def send(self, rate: float, seconds: float) -> None:
        """Post `rate` deliveries a second; returns when the time is over."""
        began = perf_counter()
        first = self._next
        while (elapsed := perf_counter() - began) < seconds:
            due = first + int(elapsed * rate)
            while self._next < due:
                self._waiting.append(_Posting(self._next, perf_counter()))
                self._next += 1
            await self._dispatch()
            await asyncio.sleep(_TICK_SECONDS)

    async def settle(self, seconds: float) -> None:
        """Repeat what is not accepted yet, for so long at most."""
        deadline = perf_counter() + seconds
        while self.unsettled and perf_counter() < deadline:
            await self._dispatch()
            await asyncio.sleep(_TICK_SECONDS)

    @property
    def sent(self) -> int:
        return self._next

    @property
    def unsettled(self) -> int:
        """How many deliveries nobody has answered for good."""
        return self._next - len(self.outcome.accepted) - self.outcome.refused

    def close(self) -> None:
        while self._idle:
            self._idle.popleft().hang_up()

    async def _dispatch(self) -> None:
        while self._waiting:
            if not self._idle and not await self._dial():
                return
            connection = self._idle.popleft()
            posting = self._waiting.popleft()
            posting.tries += 1
            connection.post(posting, self._write(posting.number))

    async def _dial(self) -> bool:
        if not self._missing:
            return False
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: _Connection(self), *self._address)
        except OSError:
            return False
        self._missing -= 1
        self._idle.append(connection)
        return True

    def on_answer(self, connection: "_Connection", posting: _Posting, status: int) -> None:
        self._idle.append(connection)
        if 200 <= status < 300:
            self.outcome.accepted.append(posting.number)
            self.outcome.seconds.append(perf_counter() - posting.began)
        elif status >= 500:
            self.outcome.server_errors += 1
            self._repeat(posting)
        else:
            self.outcome.refused += 1

    def on_lost(self, connection: "_Connection", posting: _Posting | None) -> None:
        self._missing += 1
        if posting is not None:
            self.outcome.unanswered += 1
            self._repeat(posting)
        elif connection in self._idle:
            self._idle.remove(connection)

    def _repeat(self, posting: _Posting) -> None:
        asyncio.get_running_loop().call_later(_REPEAT_AFTER_SECONDS, self._waiting.append, posting)


class _Connection(asyncio.Protocol):
    """One kept connection with at most one request on its way."""

    __slots__ = ("_posting", "_reply", "_sender", "_timer", "_transport")

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._posting: _Posting | None = None
        self._reply = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports can all write, but are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def post(self, posting: _Posting, request: bytes) -> None:
        self._posting, self._reply = posting, b""
        assert self._transport is not None
        self._timer = asyncio.get_running_loop().call_later(_ANSWER_SECONDS, self.hang_up)
        self._transport.write(request)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._reply += data
        if self._posting is None or not is_complete(self._reply):
            return
        posting, self._posting = self._posting, None
        self._end_timer()
        self._sender.on_answer(self, posting, int(self._reply[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        posting, self._posting = self._posting, None
        self._end_timer()
        self._sender.on_lost(self, posting)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
