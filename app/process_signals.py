"""What a person tells `inlet up` by signals.

SIGINT and SIGTERM stop it, a second one at once. SIGHUP replaces web and workers one by one; but
when the terminal it was started from is closed, which comes as SIGHUP too, it stops.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

_ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessSignals:
    """The signals as events, while an event loop runs."""

    def __init__(self, at_once: Callable[[], None], *, had_terminal: bool) -> None:
        self.stop = asyncio.Event()
        self.replace = asyncio.Event()
        self._at_once = at_once
        self._had_terminal = had_terminal
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_stop)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    def _on_stop(self) -> None:
        if self.stop.is_set():
            self._at_once()
        self.stop.set()

    def _on_hangup(self) -> None:
        if self._had_terminal and not has_terminal():
            self._on_stop()
        else:
            self.replace.set()


def has_terminal() -> bool:
    """Say whether this process belongs to a terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextmanager
def signals_interrupt() -> Generator[None]:
    """Until an event loop takes over, let SIGTERM end us as Ctrl-C does: in order.

    There is nothing to replace yet.
    """
    had_terminal = has_terminal()

    def interrupt(number: int, _frame: object) -> None:
        if number != signal.SIGHUP or (had_terminal and not has_terminal()):
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ALL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Let nothing disturb an end that is bounded in time."""
    for number in _ALL:
        signal.signal(number, signal.SIG_IGN)
