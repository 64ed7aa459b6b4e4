"""A connection's way out: counts what the client takes, and closes so that the answer arrives.

Closing a socket while something unread lies in it resets the connection, and the last answer may
be lost with it. So our half is closed first, and what still comes is read and dropped for a while.
"""

import asyncio
from typing import Any


class LingeringTransport(asyncio.Transport):
    """Stands between a protocol and its transport. Units of `now`: the event loop's seconds."""

    __slots__ = ("_closed_at", "_inner", "_protocol", "_stuck_since", "_taken", "_written")

    def __init__(self, inner: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        self._inner = inner
        self._protocol = protocol
        self._closed_at: float | None = None
        self._written = 0
        self._taken = 0
        self._stuck_since: float | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed_at is None:
            self._written += len(data)
            self._inner.write(data)

    def close(self) -> None:
        """Close our half, and the rest when the client does or `end_when_due` says so."""
        if self.is_closing():
            return
        self._closed_at = asyncio.get_running_loop().time()
        self._inner.set_protocol(_Dropping(self._protocol))
        self._inner.resume_reading()
        self._inner.write_eof()

    def end_when_due(self, now: float, linger_seconds: float) -> None:
        """Close the rest of what was closed that long ago and has been sent whole."""
        if self._closed_at is None or self._inner.get_write_buffer_size():
            return
        if now - self._closed_at >= linger_seconds:
            self._inner.close()

    def stuck_seconds(self, now: float) -> float:
        """Say for how long the client has taken nothing of what waits for it."""
        waiting = self._inner.get_write_buffer_size()
        taken = self._written - waiting
        if not waiting or taken != self._taken or self._stuck_since is None:
            self._taken = taken
            self._stuck_since = now
            return 0.0
        return now - self._stuck_since

    def abort(self) -> None:
        self._inner.abort()

    def is_closing(self) -> bool:
        return self._closed_at is not None or self._inner.is_closing()

    def pause_reading(self) -> None:
        if self._closed_at is None:
            self._inner.pause_reading()

    def resume_reading(self) -> None:
        self._inner.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)


class _Dropping(asyncio.Protocol):
    """Reads on for a protocol that wants nothing more; the end of input closes the rest."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)
