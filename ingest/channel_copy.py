"""The local copy of all channels, for a start without a database. Secrets stay sealed in it."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from store.channels import StoredChannel
from store.owned_files import make_folder, read_owned, write_new


class _Copy(msgspec.Struct):
    """What the file holds; another `version` is not read."""

    version: int
    channels: list[StoredChannel]


_VERSION = 1


def write_copy(path: Path, channels: Sequence[StoredChannel]) -> None:
    """Replace the copy as a whole; only its owner may read it. Raises: OSError."""
    make_folder(path.parent)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    write_new(draft, msgspec.json.encode(_Copy(version=_VERSION, channels=list(channels))))
    draft.replace(path)


def read_copy(path: Path) -> list[StoredChannel] | None:
    """Read the copy; None where there is none that this version understands."""
    try:
        copy = msgspec.json.decode(read_owned(path), type=_Copy)
    except (OSError, msgspec.DecodeError):
        return None
    return copy.channels if copy.version == _VERSION else None
