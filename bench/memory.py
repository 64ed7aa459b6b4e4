"""What a process and those that it started take in memory, and how much more it became.

Reads /proc many times a second; what was there for a shorter time is not seen.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

_LOOK_SECONDS = 0.002
_LOOKS_PER_SEARCH = 20  # for processes that began meanwhile


class Growth:
    """How much memory a tree of processes took more than at the beginning. Units: bytes."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._pids = _tree(pid)
        self._before = self._now()
        self.most = 0

    def look(self, number: int) -> None:
        """Look once; `number` counts the looks."""
        if number % _LOOKS_PER_SEARCH == 0:
            self._pids = _tree(self._pid)
        self.most = max(self.most, self._now() - self._before)

    def _now(self) -> int:
        return sum(map(_resident, self._pids))


@contextmanager
def watched_memory(pid: int) -> Generator[Growth]:
    """Watch a process and its children until the block ends."""
    growth, done = Growth(pid), Event()

    def watch() -> None:
        number = 1
        while not done.wait(_LOOK_SECONDS):
            growth.look(number)
            number += 1

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield growth
    finally:
        done.set()
        thread.join()


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, _text(task).split())
    return found


def _resident(pid: int) -> int:
    for line in _text(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""
