"""Tells the parent, over a descriptor it gave us, that this process does its work now."""

import os
from collections.abc import Callable
from contextlib import suppress


def ready_reporter(descriptor: int | None) -> Callable[[], None]:
    """Make what is called once, when ready; without a descriptor nobody is told."""
    if descriptor is None:
        return lambda: None
    os.set_inheritable(descriptor, False)

    def tell() -> None:
        with suppress(OSError):  # the parent may be gone
            os.write(descriptor, b"1")
            os.close(descriptor)

    return tell
