"""Ends a child process when its parent is gone, however it went.

The parent holds the other end of the child's stdin and never writes to it; the kernel closes it
when the parent dies.
"""

import os
import signal
import sys
from threading import Thread


def stop_with_parent() -> None:
    """Watch stdin from now on; send this process SIGTERM when it closes."""
    Thread(target=_wait_for_end_of_input, name="parent-watch", daemon=True).start()


def _wait_for_end_of_input() -> None:
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
