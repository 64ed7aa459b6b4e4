"""The writing end of one open stream: bytes go out at once, and wait only for a slow client.

Whoever fans out writes to thousands of streams in a row. A task switch for each would cost more
than the write itself, so a write runs the server's `send` on the spot; only where that has to wait
does a task of the stream's own take over. Knows neither HTTP headers nor the outbox.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from typing import Any

from starlette.types import Send

MOST_PENDING_BYTES = 256 * 1024


class Outlet:
    """One stream, once its response has begun.

    `last_words` are for a client that is too far behind to be waited for.
    """

    __slots__ = (
        "_flushing", "_is_finished", "_last_words", "_pending", "_pending_bytes", "_send", "is_over"
    )  # fmt: skip

    def __init__(self, send: Send, last_words: Callable[[], bytes]) -> None:
        self.is_over = False
        self._send = send
        self._last_words = last_words
        self._is_finished = False
        self._pending: list[bytes] | None = None
        self._pending_bytes = 0
        self._flushing: asyncio.Task[None] | None = None

    def write(self, block: bytes) -> None:
        """Send a block, or keep it for a slow client; one that is too far behind is given up."""
        if self.is_over:
            return
        if self._flushing is None:
            self._start(block)
            return
        if self._pending is None:
            self._pending = []
        self._pending.append(block)
        self._pending_bytes += len(block)
        if self._pending_bytes > MOST_PENDING_BYTES:
            self._pending = [self._last_words()]
            self.is_over = True

    def end(self) -> None:
        """Finish the response, after what a slow client has yet to be sent."""
        if self.is_over:
            return
        self.is_over = True
        if self._flushing is None:
            self._start(b"")

    def _start(self, block: bytes) -> None:
        try:
            rest = begin(self._send(self._message(block)))
        except (OSError, RuntimeError):
            self.is_over = self._is_finished = True
            return
        if rest is not None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush(rest))

    async def _flush(self, rest: "Rest") -> None:
        """Wait for a slow client, then send on what came meanwhile."""
        try:
            await rest
            while self._pending is not None or (self.is_over and not self._is_finished):
                await self._send(self._message(self._take()))
        except (OSError, RuntimeError):
            self.is_over = self._is_finished = True
        finally:
            self._flushing = None

    def _take(self) -> bytes:
        taken = b"".join(self._pending or ())
        self._pending = None
        self._pending_bytes = 0
        return taken

    def _message(self, block: bytes) -> MutableMapping[str, Any]:
        self._is_finished = self.is_over
        return {"type": "http.response.body", "body": block, "more_body": not self.is_over}


class Rest:
    """What is left of something that has run up to its first wait. Awaiting it does that."""

    __slots__ = ("_steps", "_waits_for")

    def __init__(self, steps: Generator[Any, Any, None], waits_for: object) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield self._waits_for
        except BaseException:
            self._steps.close()
            raise
        yield from self._steps


def begin(awaitable: Awaitable[None]) -> Rest | None:
    """Run something here and now; None once it is done, or the rest of what has to wait."""
    steps = awaitable.__await__()
    try:
        waits_for = steps.send(None)
    except StopIteration:
        return None
    return Rest(steps, waits_for)
