"""A blob store in a folder: a file for each blob, written beside its place and then renamed.

Every folder on the way is opened without following a link. Knows no table.
"""

import asyncio
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from store.blobs import BlobError, BlobKey, blob_name
from store.owned_files import folder_below, make_folder, read_in, write_new_in

T = TypeVar("T")


class FolderBlobs:
    """The blobs below a folder, which belong to its owner."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: BlobKey, content: bytes) -> None:
        """Keep bytes; what is there already stays."""
        await _in_thread(self._put, key, content)

    async def get(self, key: BlobKey) -> bytes:
        """Read bytes."""
        return await _in_thread(self._get, key)

    async def delete(self, key: BlobKey) -> None:
        """Remove bytes, if they are there."""
        await _in_thread(self._delete, key)

    def _put(self, key: BlobKey, content: bytes) -> None:
        *names, name = blob_name(key)
        make_folder(self._root)
        with folder_below(self._root, names, make=True) as folder:
            if _has(folder, name, content):
                return
            _remove_unfinished(folder, name)
            unfinished = f"{name}.{token_hex(4)}"
            try:
                write_new_in(folder, unfinished, content)
                os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(unfinished, dir_fd=folder)
                raise
            os.fsync(folder)

    def _get(self, key: BlobKey) -> bytes:
        *names, name = blob_name(key)
        with folder_below(self._root, names) as folder:
            return read_in(folder, name)

    def _delete(self, key: BlobKey) -> None:
        *names, name = blob_name(key)
        with suppress(FileNotFoundError), folder_below(self._root, names) as folder:
            _remove_unfinished(folder, name)
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)


async def _in_thread(function: Callable[..., T], *given: object) -> T:
    try:
        return await asyncio.to_thread(function, *given)
    except FileNotFoundError as error:
        raise BlobError("missing", type(error).__name__) from error
    except OSError as error:
        raise BlobError("away", type(error).__name__) from error


def _has(folder: int, name: str, content: bytes) -> bool:
    """Say whether it is there already; what is there of another length, or a link, is not it."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    is_like_it = stat.S_ISREG(found.st_mode) and found.st_size == len(content)
    return is_like_it and read_in(folder, name) == content


def _remove_unfinished(folder: int, name: str) -> None:
    """Remove what a process left that was killed while it wrote this file."""
    for left in os.listdir(folder):
        if left.startswith(f"{name}."):
            with suppress(FileNotFoundError):
                os.unlink(left, dir_fd=folder)
