"""The last resort of a process that was told to stop: it ends in time, whatever still hangs.

What was answered is durable by then, and what was not committed rolls back.
"""

import asyncio
import os
import signal
from threading import Timer

import structlog

_LOG = structlog.get_logger(__name__)


def exit_within(seconds: float) -> None:
    """End this process after a time, unless it has ended by itself."""
    timer = Timer(seconds, _end)
    timer.daemon = True
    timer.start()


def stop_on_signals(seconds: float) -> asyncio.Event:
    """Return what SIGINT and SIGTERM set; the process then ends within a time."""
    stop = asyncio.Event()

    def stop_in_time() -> None:
        stop.set()
        exit_within(seconds)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_in_time)
    return stop


def _end() -> None:
    _LOG.error("stop_took_too_long")
    os._exit(1)
