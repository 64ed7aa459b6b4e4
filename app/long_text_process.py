"""The process that works on long texts, one after the other, until whoever started it is gone.

It ends then in the middle of a text. Knows no text, and imports only what works on those that came.
"""

import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from domain.where_raised import where_raised

SIZE_BYTES: Final = 8
_NICENESS = 10  # webhooks and lists come first


def main() -> None:
    """Be the process that `LongTextsApart` starts, with a socket for its stdin."""
    # Of our session, among whose processes alone the niceness counts; Ctrl-C there is not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    line = socket.socket(fileno=sys.stdin.fileno())
    requests = SimpleQueue[Any]()
    Thread(target=_work, args=(line, requests), daemon=True).start()
    incoming = line.makefile("rb")
    try:
        while True:
            requests.put(pickle.load(incoming))  # noqa: S301  # who started us wrote it
    except EOFError:
        os._exit(0)


def _work(line: socket.socket, requests: SimpleQueue[Any]) -> None:
    while True:
        # Nothing of a text is held while the next is waited for.
        line.sendall(_answer(*requests.get()))


def _answer(seconds: float, function: Callable[..., object], given: Sequence[object]) -> bytes:
    # Whatever takes longer ends the process, also where it heeds nothing.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        answer = pickle.dumps((function(*given), None, ""))
    except BaseException as error:  # also a panic of what is written in Rust
        answer = pickle.dumps((None, type(error).__name__, where_raised(error)))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return len(answer).to_bytes(SIZE_BYTES, "big") + answer


if __name__ == "__main__":
    main()
