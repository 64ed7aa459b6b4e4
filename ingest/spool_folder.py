"""Which spool file is whose: one folder, numbered files, a lock for each.

A lock ends with its process, however that ends, so a file that nobody locks is a leftover. Lock
files are never removed: two processes could then hold two locks of one name.
"""

import fcntl
import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

import structlog

from store.owned_files import check_no_link, make_folder, open_owned
from store.spool import SpoolError, SpoolFile

_LOG = structlog.get_logger(__name__)

_SUFFIX = ".sqlite"
_COMPANIONS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class LockedSpool:
    """An open spool file and the lock that makes it ours."""

    file: SpoolFile
    lock: IO[bytes]

    def close(self) -> None:
        self.file.close()
        self.lock.close()

    def remove(self) -> None:
        """Close an empty file for good."""
        self.file.close()
        for suffix in ("", *_COMPANIONS):
            Path(f"{self.file.path}{suffix}").unlink(missing_ok=True)
        self.lock.close()


class SpoolFolder:
    """The folder. Its functions block; a thread calls them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Files in which only rows wait that the database does not take, or that cannot be read.
        self._settled: set[Path] = set()

    def open_own(self) -> LockedSpool:
        """Open the file with the lowest number that nobody holds; made where there is none.

        Raises: OSError, SpoolError.
        """
        make_folder(self._folder)
        for number in count(1):
            path = self._folder / f"{number}{_SUFFIX}"
            is_new = not path.exists()
            try:
                found = _open_locked(path)
            except SpoolError as error:
                if is_new:
                    raise
                self._give_up(path, error)
            else:
                if found is not None:
                    return found
        raise AssertionError

    def adopt(self) -> LockedSpool | None:
        """Open a leftover in which events wait, if there is one.

        Raises: OSError, SpoolError.
        """
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if path in self._settled:
                continue
            try:
                found = _open_locked(path)
            except SpoolError as error:
                self._give_up(path, error)
                continue
            if found is not None and found.file.rows:
                return found
            if found is not None:
                self.leave(found)
        return None

    def leave(self, spool: LockedSpool) -> None:
        """Let go of a drained leftover; it stays only where rows were set aside in it."""
        if spool.file.refused_rows:
            self._settled.add(spool.file.path)
            spool.close()
        else:
            spool.remove()

    def _give_up(self, path: Path, error: SpoolError) -> None:
        """Leave a file that cannot be read to whoever looks after the machine."""
        self._settled.add(path)
        _LOG.error("spool_unreadable", file=path.name, error_class=type(error).__name__)


def _open_locked(path: Path) -> LockedSpool | None:
    """Open a spool file, unless another process, or this one, has it, and try all of it again."""
    lock_file = open_owned(path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    lock = os.fdopen(lock_file, "ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    try:
        for suffix in _COMPANIONS:
            check_no_link(Path(f"{path}{suffix}"))
        # SQLite gives what it makes beside the file to the file's owner.
        os.close(open_owned(path, os.O_RDWR | os.O_CREAT))
        file = SpoolFile(path)
        file.take_back()
        return LockedSpool(file, lock)
    except BaseException:
        lock.close()
        raise
