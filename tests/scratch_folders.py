"""Where the databases of tests lie: in memory, where there is room for them.

Making and dropping thousands of files costs a disk's file system more than Postgres itself.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory

_IN_MEMORY = Path("/dev/shm")  # noqa: S108
_ROOM_BYTES = 4 << 30
# A socket's path is short, so the folder is not where TMPDIR says.
_ON_DISK = Path("/tmp")  # noqa: S108  # a folder with a name of its own is made in it


@contextmanager
def scratch_folder(prefix: str) -> Generator[Path]:
    """Make a folder for the length of the block."""
    with TemporaryDirectory(prefix=prefix, dir=_IN_MEMORY if _has_room() else _ON_DISK) as folder:
        yield Path(folder)


def _has_room() -> bool:
    return _IN_MEMORY.is_dir() and disk_usage(_IN_MEMORY).free >= _ROOM_BYTES
