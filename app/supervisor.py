"""Keeps child processes alive: starts a dead one again, and stops them all in order.

Knows neither what the children do nor what they share.
"""

import asyncio
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from app.clock import monotonic

_LOG = structlog.get_logger(__name__)

_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_ALIVE_LONG_ENOUGH = 10.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a child runs. It stops when its stdin closes: so it cannot outlive us."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    descriptors: Sequence[int] = ()


class KeptChild:
    """One role and the process that plays it now."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._process: Process | None = None
        self._is_stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep a process alive."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ask the process to stop; kill it when it takes too long."""
        self._is_stopping = True
        self._send(signal.SIGTERM)
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=_STOP_SECONDS)
        if not done:
            _LOG.warning("child_killed", child=self._role.name)
            self.kill()
            await asyncio.wait([self._task])

    def kill(self) -> None:
        """End the process at once and for good."""
        self._is_stopping = True
        self._send(signal.SIGKILL)

    async def _keep(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._is_stopping:
            began = monotonic()
            self._process = await self._spawn()
            if self._is_stopping:
                self._send(signal.SIGTERM)
            code = await self._process.wait()
            self._process = None
            if self._is_stopping:
                return
            if monotonic() - began >= _ALIVE_LONG_ENOUGH:
                pause = _SHORTEST_PAUSE
            _LOG.warning("child_died", child=self._role.name, exit_code=code, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _spawn(self) -> Process:
        """Start the process in a session of its own: Ctrl-C is for us, who then stop it."""
        process = await asyncio.create_subprocess_exec(
            *self._role.command,
            stdin=PIPE,
            env=self._role.environment,
            pass_fds=self._role.descriptors,
            start_new_session=True,
        )
        _LOG.debug("child_started", child=self._role.name, pid=process.pid)
        return process

    def _send(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


class StopSignals:
    """SIGINT and SIGTERM as an event; the second one kills the children."""

    def __init__(self, children: Sequence[KeptChild]) -> None:
        self._children = children
        self._stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)

    async def wait(self) -> None:
        await self._stop.wait()

    def _on_signal(self) -> None:
        if self._stop.is_set():
            for child in self._children:
                child.kill()
        self._stop.set()


async def stop_in_order(children: Sequence[KeptChild]) -> None:
    """Stop each child once those before it are gone."""
    for child in children:
        await child.stop()
