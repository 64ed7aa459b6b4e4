"""Keeps one child process alive: starts a dead one again, and stops it in time.

Knows neither what the child does nor what it shares.
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from app.clock import monotonic
from domain.backoff import Backoff

_LOG = structlog.get_logger(__name__)

_ALIVE_LONG_ENOUGH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What a child runs. It stops when its stdin closes: so it cannot outlive us.

    One that `reports_ready` gets `--ready-fd`, and writes a byte there once it does its work.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    descriptors: Sequence[int] = ()
    reports_ready: bool = True


class SupervisedChild:
    """One spec and the process that runs it now. `random` gives numbers in [0, 1)."""

    def __init__(self, spec: ChildSpec, random: Callable[[], float]) -> None:
        self.spec = spec
        self._backoff = Backoff(random)
        self._process: Process | None = None
        self._is_ready = asyncio.Event()
        self._is_stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep a process alive."""
        self._task = asyncio.create_task(self._keep())

    async def is_ready_within(self, seconds: float) -> bool:
        """Wait until the process has said that it is ready; False where that takes too long."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_ready.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self, seconds: float) -> None:
        """Ask the process to stop; kill it when it takes too long."""
        self._is_stopping.set()
        self._send(signal.SIGTERM)
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=seconds)
        if not done:
            _LOG.warning("child_killed", child=self.spec.name)
            self.kill()
            await asyncio.wait([self._task])

    def kill(self) -> None:
        """End the process at once and for good."""
        self._is_stopping.set()
        self._send(signal.SIGKILL)

    async def _keep(self) -> None:
        while not self._is_stopping.is_set():
            began = monotonic()
            self._process = await self._spawn()
            if self._is_stopping.is_set():
                self._send(signal.SIGTERM)
            code = await self._process.wait()
            self._process = None
            if self._is_stopping.is_set():
                return
            if monotonic() - began >= _ALIVE_LONG_ENOUGH:
                self._backoff.reset()
            pause = self._backoff.pause()
            _LOG.warning(
                "child_died", child=self.spec.name, exit_code=code, again_in=round(pause, 3)
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._is_stopping.wait()

    async def _spawn(self) -> Process:
        """Start the process in a session of its own: Ctrl-C is for us, who then stop it."""
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                *(("--ready-fd", str(writing)) if self.spec.reports_ready else ()),
                stdin=PIPE,
                env=self.spec.environment,
                pass_fds=(*self.spec.descriptors, writing),
                start_new_session=True,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        asyncio.get_running_loop().add_reader(reading, self._hear, reading)
        _LOG.debug("child_started", child=self.spec.name, pid=process.pid)
        return process

    def _hear(self, reading: int) -> None:
        """Take the child's word that it is ready; without a word, it is gone."""
        if os.read(reading, 1):
            self._is_ready.set()
        asyncio.get_running_loop().remove_reader(reading)
        os.close(reading)

    def _send(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
