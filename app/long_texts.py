"""Has long texts worked on by a process apart, which is started when it is first needed.

One text after the other; who asks for what is asked for already shares it. A process that died is
replaced. Knows no text.
"""

import asyncio
import os
import pickle
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar, TypeVarTuple

import structlog

from app.long_text_process import SIZE_BYTES
from domain.long_texts import TextNotWorkedOn

T = TypeVar("T")
Given = TypeVarTuple("Given")

_LOG = structlog.get_logger(__name__)

LONG: Final = 20_000  # characters: some ten milliseconds of the slowest work

_TRIES = 2  # somebody may have killed the process
_BUFFER_BYTES = 4 << 20
_MEGABYTE = 1 << 20
_LARGE = 4 * _MEGABYTE


class LongTextsApart:
    """The long texts of this process. Whoever made it closes it.

    A text has `cpu_seconds` of the other process's own time, and as many again for each megabyte:
    ten times what the slowest work takes.
    """

    def __init__(self, cpu_seconds: float = 10.0) -> None:
        self._cpu_seconds = cpu_seconds
        self._process: _TextProcess | None = None
        self._turn = asyncio.Lock()
        self._asked_for: dict[object, asyncio.Task[Any]] = {}

    async def work_on(self, length: int, function: Callable[[*Given], T], *given: *Given) -> T:
        """Call a function: here, after whatever else is due, or apart if the text is long.

        Raises: TextNotWorkedOn; OSError if no process can be started.
        """
        if length <= LONG:
            await asyncio.sleep(0)
            return function(*given)
        asked = (function, given)
        task = self._asked_for.get(asked)
        if task is None:
            task = asyncio.create_task(self._work_apart(length, asked))
            self._asked_for[asked] = task
            task.add_done_callback(lambda _: self._asked_for.pop(asked))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is in hand, and end the process."""
        tasks = list(self._asked_for.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end()

    async def _work_apart(self, length: int, asked: tuple[Callable[..., object], object]) -> Any:
        async with self._turn:
            seconds = self._cpu_seconds * (1 + length / _MEGABYTE)
            request = pickle.dumps((seconds, *asked))
            for _ in range(_TRIES):
                process = self._process = self._process or await _start()
                try:
                    value, error_class, where = await process.exchange(request)
                except (OSError, asyncio.IncompleteReadError):
                    exit_code = await self._end()
                    _LOG.warning("text_process_died", exit_code=exit_code, characters=length)
                    continue
                if length > _LARGE:
                    # It would keep the memory: some 25 bytes for each character.
                    await self._end()
                if error_class is None:
                    return value
                _LOG.error("text_not_worked_on", error_class=error_class, where=where)
                break
        raise TextNotWorkedOn

    async def _end(self) -> int | None:
        process, self._process = self._process, None
        return None if process is None else await process.end()


class _TextProcess:
    """One process, and the socket to it."""

    def __init__(
        self, process: Process, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._incoming = incoming
        self._outgoing = outgoing

    async def exchange(self, request: bytes) -> tuple[Any, str | None, str]:
        """Return what came of it, or which error and where.

        Raises: OSError or IncompleteReadError once the process has ended.
        """
        self._outgoing.write(request)
        size = int.from_bytes(await self._incoming.readexactly(SIZE_BYTES), "big")
        # Our own process wrote it, which may do all that we may.
        return pickle.loads(await self._incoming.readexactly(size))  # noqa: S301

    async def end(self) -> int:
        """End it, unless it has ended; return its exit code: below zero for a signal."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._outgoing.transport.abort()
        return await self._process.wait()


async def _start() -> _TextProcess:
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "app.long_text_process"),
            stdin=theirs.fileno(),
            # No secret of our environment goes along.
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        return _TextProcess(process, *await asyncio.open_connection(sock=ours, limit=_BUFFER_BYTES))
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
