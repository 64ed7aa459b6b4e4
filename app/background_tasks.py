"""Tasks that run as long as a process: one that breaks ends the process, and all end in time."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

_LOG = structlog.get_logger(__name__)

_STOP_SECONDS = 1.0


def start_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run a coroutine in the background."""
    task = asyncio.create_task(work)
    task.add_done_callback(_stop_the_process_if_broken)
    return task


async def end_tasks(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks, twice where once is not enough.

    The driver first asks a server that does not answer to give the statement up, and takes the
    second as final; and Python 3.11's `wait_for`, which the pool uses, may swallow one.
    """
    pending = set(tasks)
    for _ in range(2):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=_STOP_SECONDS)


def _stop_the_process_if_broken(task: asyncio.Task[None]) -> None:
    """End a process whose background task died: restarted, it works; left alone, it hangs."""
    if task.cancelled() or task.exception() is None:
        return
    error = task.exception()
    _LOG.critical("background_task_died", error_class=type(error).__name__)
    os.kill(os.getpid(), signal.SIGTERM)
