"""One process that reads events for a worker: started, spoken to and ended. Knows no event.

A fresh interpreter each time, which shares with the worker a socket and the number of the event
that it is reading.
"""

import asyncio
import mmap
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from domain.event import LARGE_BYTES
from worker.reading.event import CannotRead
from worker.reading.limits import Limits
from worker.reading.wire import HEAD_BYTES, Frame, large_in, lengths_in

_NUMBER_BYTES = 8
_BUFFER_BYTES = 4 << 20


class NoReader(CannotRead):
    """No process could be started that reads."""


class Reader:
    """One process. `has_stalled`: it was ended because it got nowhere."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        number: mmap.mmap,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.pid: Final = process.pid
        self.has_stalled = False
        self._process = process
        self._number = memoryview(number).cast("q")
        self._incoming, self._outgoing = streams

    @property
    def current_number(self) -> int:
        """The number of the event that is being read, or 0."""
        return self._number[0]

    def send(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self._outgoing.write(piece)

    async def receive(self) -> Frame:
        """Raises: OSError or IncompleteReadError once the process has ended."""
        read = self._incoming.readexactly
        list_bytes, frame_bytes = lengths_in(await read(HEAD_BYTES))
        listed = await read(list_bytes) if list_bytes else b""
        payload = await read(frame_bytes)
        if not listed:
            return Frame(payload=payload)
        large = {place: await read(size_bytes) for place, size_bytes in large_in(listed)}
        return Frame(payload=payload, large=large)

    def kill(self) -> None:
        """End it at once, whatever it does."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._outgoing.transport.abort()

    async def end(self) -> int:
        """End it, unless it has ended; return its exit code: below zero for a signal."""
        self.kill()
        return await self._process.wait()


async def start_reader(registry: str, limits: Limits) -> Reader:
    """Start a process that reads with the providers of a registry, named as `module:name`.

    Raises: NoReader.
    """
    ours, theirs = socket.socketpair()
    shared = os.memfd_create("inlet_event_number")
    try:
        os.ftruncate(shared, _NUMBER_BYTES)
        number = mmap.mmap(shared, _NUMBER_BYTES)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "worker.reading.reader_process"),
            *(str(theirs.fileno()), str(shared), registry, msgspec.json.encode(limits).decode()),
            stdin=asyncio.subprocess.DEVNULL,
            # No secret of the worker's environment goes along.
            env={
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                # glibc gives larger pieces of memory back once they are free:
                # https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
                "MALLOC_MMAP_THRESHOLD_": str(LARGE_BYTES),
            },
            pass_fds=(theirs.fileno(), shared),
            start_new_session=True,  # a terminal's Ctrl-C is for the worker
        )
        streams = await asyncio.open_connection(sock=ours, limit=_BUFFER_BYTES)
        return Reader(process, number, streams)
    except OSError as error:
        ours.close()
        raise NoReader from error
    finally:
        theirs.close()
        os.close(shared)
