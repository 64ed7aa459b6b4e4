"""The last resort of a process that was told to stop: it ends in time, whatever still hangs.

What was answered is durable by then, and what was not committed rolls back.
"""

import os
from threading import Timer

import structlog

_LOG = structlog.get_logger(__name__)


def exit_within(seconds: float) -> None:
    """End this process after a time, unless it has ended by itself."""
    timer = Timer(seconds, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    _LOG.error("stop_took_too_long")
    os._exit(1)
