"""The local copy of all channels, for a start without a database. Secrets stay sealed in it."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from store.channels import StoredChannel


class _Copy(msgspec.Struct):
    """What the file holds; another `version` is not read."""

    version: int
    channels: list[StoredChannel]


_VERSION = 1


def write_copy(path: Path, channels: Sequence[StoredChannel]) -> None:
    """Replace the copy as a whole; only its owner may read it. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(_Copy(version=_VERSION, channels=list(channels))))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_copy(path: Path) -> list[StoredChannel] | None:
    """Read the copy; None where there is none that this version understands."""
    try:
        copy = msgspec.json.decode(path.read_bytes(), type=_Copy)
    except (OSError, msgspec.DecodeError):
        return None
    return copy.channels if copy.version == _VERSION else None
