"""Where the processes come from that read for a worker: forked by one that does nothing else.

It is itself forked before the worker has connections and threads, holds nothing but the providers,
and so gives a new reader in milliseconds whenever one died. Knows no event.
"""

import asyncio
import gc
import mmap
import os
import signal
import socket
import struct
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NoReturn, cast

import structlog

from domain.provider import Provider
from worker.reading.event import CannotRead
from worker.reading.limits import ALL_ALONE, IN_BATCH, Limits
from worker.reading.reader_process import read_for_worker

_LOG = structlog.get_logger(__name__)

Place = Literal["in_batch", "all_alone"]
_PLACES: tuple[Place, ...] = ("in_batch", "all_alone")
_ORDER = struct.Struct("!ii")  # which place, and the process that had it until now, or 0
_BORN = struct.Struct("!ii")  # the new process, and how the old one ended
_MARK_BYTES = 8
_BIRTH_SECONDS = 10.0
_LAST_STANDARD = 2  # stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A process that reads, the line to it, and how the one before it ended."""

    pid: int
    line: socket.socket
    end_of_last: int


class NurseryGone(CannotRead):
    """No reader could be had; the next attempt begins with a new nursery."""


class Nursery:
    """Gives readers, one at a time for each place. `start` says what they read with."""

    def __init__(self, in_batch: Limits = IN_BATCH, all_alone: Limits = ALL_ALONE) -> None:
        self.limits: Mapping[Place, Limits] = {"in_batch": in_batch, "all_alone": all_alone}
        self._providers: Mapping[str, Provider] = {}
        self._marks = memoryview(mmap.mmap(-1, _MARK_BYTES * len(_PLACES))).cast("q")
        self._control: socket.socket | None = None
        self._pid = 0
        self._birth = asyncio.Lock()

    def start(self, providers: Mapping[str, Provider]) -> socket.socket:
        """Fork the nursery unless it is there. Best before there are threads and connections."""
        if self._control is not None:
            return self._control
        self._providers = providers
        ours, theirs = socket.socketpair()
        with warnings.catch_warnings():
            # Only a nursery that somebody killed is forked anew from a process with threads; the
            # child touches nothing of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _live(theirs, self._providers, self.limits, self._marks)
        theirs.close()
        ours.settimeout(_BIRTH_SECONDS)
        self._control, self._pid = ours, pid
        return ours

    def mark(self, place: Place) -> int:
        """Return the number of the event that is being read, or 0."""
        return self._marks[_PLACES.index(place)]

    async def replace(self, place: Place, old_pid: int = 0) -> Reader:
        """End the reader that had this place, if any, and fork the next.

        Raises: NurseryGone.
        """
        async with self._birth:
            try:
                return await self._replace(place, old_pid)
            except (OSError, struct.error, IndexError) as error:
                _LOG.warning("nursery_gone", error_class=type(error).__name__)
                self.close()
            if old_pid:
                with suppress(ProcessLookupError):
                    os.kill(old_pid, signal.SIGKILL)
            try:
                return await self._replace(place, 0)
            except (OSError, struct.error, IndexError) as error:
                self.close()
                raise NurseryGone from error

    def close(self) -> None:
        """End the nursery and every reader."""
        if self._control is None:
            return
        self._control.close()
        self._control = None
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    async def _replace(self, place: Place, old_pid: int) -> Reader:
        control = self.start(self._providers)
        index = _PLACES.index(place)
        control.sendall(_ORDER.pack(index, old_pid))
        await _until_readable(control)
        born, descriptors, _, _ = socket.recv_fds(control, _BORN.size, 1)
        pid, end = cast("tuple[int, int]", _BORN.unpack(born))
        self._marks[index] = 0
        return Reader(pid=pid, line=socket.socket(fileno=descriptors[0]), end_of_last=end)


async def _until_readable(control: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    loop.add_reader(control, lambda: readable.done() or readable.set_result(None))
    try:
        async with asyncio.timeout(_BIRTH_SECONDS):
            await readable
    finally:
        loop.remove_reader(control)


def _live(
    control: socket.socket,
    providers: Mapping[str, Provider],
    limits: Mapping[Place, Limits],
    marks: "memoryview[int]",
) -> NoReturn:
    """Be the nursery until the worker is gone; then end all readers, and never return."""
    readers: set[int] = set()

    def bear(index: int) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            control.close()
            ours.close()
            place = _PLACES[index]
            read_for_worker(theirs, marks[index : index + 1], providers, limits[place])
            os._exit(0)
        readers.add(pid)
        theirs.close()
        return pid, ours

    try:
        _forget_everything(control)
        while order := control.recv(_ORDER.size, socket.MSG_WAITALL):
            index, old_pid = cast("tuple[int, int]", _ORDER.unpack(order))
            end = _end(old_pid)
            readers.discard(old_pid)
            pid, line = bear(index)
            socket.send_fds(control, [_BORN.pack(pid, end)], [line.fileno()])
            line.close()
        for pid in readers:
            _end(pid)
    finally:
        os._exit(0)


def _forget_everything(control: socket.socket) -> None:
    """Keep nothing that belongs to the worker: descriptors, handlers, objects to be finalised.

    The numbers of its descriptors stay taken. A library that believes one to be its own may close
    it in every child, as libuv does with its signal pipe; it must not be a reader's line by then.
    """
    gc.freeze()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in map(int, os.listdir("/dev/fd")):
        if number > _LAST_STANDARD and number not in {control.fileno(), nowhere}:
            os.dup2(nowhere, number)


def _end(pid: int) -> int:
    """Kill a reader, unless it is dead, and return its exit code: below zero for a signal."""
    if not pid:
        return 0
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status)
