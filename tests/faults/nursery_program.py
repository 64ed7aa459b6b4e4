"""A program of its own that forks a nursery from a running loop, and says which lines are open.

In a process that has little else open, as a worker does, and unlike the one that runs the tests.
"""

import asyncio
import socket
import sys

import uvloop

from providers import REGISTRY
from worker.reading.nursery import Nursery, Place

_ENOUGH_TO_BE_BORN = 0.2


async def main() -> None:
    """Let readers of both places follow each other; print a word for each."""
    nursery = Nursery()
    nursery.start(REGISTRY)
    last: dict[Place, int] = {}
    places: tuple[Place, ...] = ("all_alone", "in_batch")
    for place in places * 3:
        reader = await nursery.replace(place, last.get(place, 0))
        await asyncio.sleep(_ENOUGH_TO_BE_BORN)
        sys.stdout.write("open\n" if _is_open(reader.line) else "closed\n")
        last[place] = reader.pid
    nursery.close()


def _is_open(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) != b""
    except BlockingIOError:
        return True


if __name__ == "__main__":
    uvloop.run(main())
