"""Lets a process that uvicorn serves in end with code 0 when it is told to stop."""

import signal
from collections.abc import Generator
from contextlib import contextmanager

_STOPPED_BY = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def clean_exit_on_signal() -> Generator[None]:
    """Swallow the signal that uvicorn raises again once it has stopped."""

    def swallow(_number: int, _frame: object) -> None:
        pass

    before = {number: signal.signal(number, swallow) for number in _STOPPED_BY}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
