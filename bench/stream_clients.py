"""Clients of the stream: their own process, raw sockets, one protocol object for each stream.

They share two cores with what they measure, so all but a sample only count what they are sent.
"""

import asyncio
import gc
import re
from collections.abc import Callable
from time import time
from typing import cast

import msgspec
import uvloop

from app.descriptor_limit import raise_descriptor_limit
from bench.child import serve_one

_SEQ = re.compile(rb'"message_seq":(\d+)')
_EVENT = b"\nevent: "
_OPENED_TOGETHER = 200
_PATIENCE_SECONDS = 15.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Open a stream with each of `keys` in turn; every one is to be sent `expected` events."""

    host: str
    port: int
    keys: list[str]
    streams: int
    expected: int
    sample_every: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`samples` are (seq, when it came); `complete` counts streams with exactly what was sent."""

    samples: list[tuple[int, float]]
    received: int
    complete: int


def main() -> None:
    """Do the job on stdin."""
    serve_one(Job, _prepare)


def _prepare(job: Job) -> Callable[[], Result]:
    raise_descriptor_limit()
    gc.freeze()
    gc.disable()

    def work() -> Result:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_follow(job))

    return work


class _Load:
    """What the streams share."""

    __slots__ = ("counts", "heard_at", "samples")

    def __init__(self, streams: int) -> None:
        self.counts = [0] * streams
        self.samples: list[tuple[int, float]] = []
        self.heard_at = time()


class _Stream(asyncio.Protocol):
    __slots__ = ("_is_sampled", "_load", "_number", "_request")

    def __init__(self, load: _Load, number: int, request: bytes, is_sampled: bool) -> None:
        self._load = load
        self._number = number
        self._request = request
        self._is_sampled = is_sampled

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports can all write, but are no subclass of asyncio's.
        cast("asyncio.WriteTransport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        load = self._load
        found = data.count(_EVENT)
        if not found:
            return
        load.counts[self._number] += found
        now = load.heard_at = time()
        if self._is_sampled:
            load.samples.extend((int(seq), now) for seq in _SEQ.findall(data))


async def _follow(job: Job) -> Result:
    load = _Load(job.streams)
    loop = asyncio.get_running_loop()
    requests = [
        f"GET /api/stream HTTP/1.1\r\nHost: {job.host}\r\nAuthorization: Bearer {key}\r\n\r\n"
        for key in job.keys
    ]

    async def open_one(number: int) -> None:
        request = requests[number % len(requests)].encode()
        is_sampled = number % job.sample_every == 0
        await loop.create_connection(
            lambda: _Stream(load, number, request, is_sampled), job.host, job.port
        )

    for first in range(0, job.streams, _OPENED_TOGETHER):
        last = min(first + _OPENED_TOGETHER, job.streams)
        await asyncio.gather(*(open_one(number) for number in range(first, last)))
    load.heard_at = time()
    while min(load.counts) < job.expected and time() - load.heard_at < _PATIENCE_SECONDS:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return Result(
        samples=load.samples,
        received=sum(load.counts),
        complete=load.counts.count(job.expected),
    )


if __name__ == "__main__":
    main()
