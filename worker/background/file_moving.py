"""The chore that moves files from the database into the store of blobs.

A file is put there first, and let go of afterwards: who is stopped in between does it again. What
cannot be put stays where it is and is tried later, after all others.
"""

import asyncio
from collections import Counter
from datetime import datetime

import structlog

from store.blobs import BlobError, BlobStore
from store.database import Connection
from store.files import FileKey
from store.moved_files import claim_files_to_move, note_moved, note_not_moved
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

_LOG = structlog.get_logger(__name__)

_MOST_FILES = 16
_MOST_BYTES = 8_000_000
HELD_SECONDS = 600.0  # many times what a store is waited for


async def move_files(conn: Connection, _now: datetime, config: BackgroundConfig) -> Steps:
    """Move what is in the database, as long as some of it can be moved."""
    moved = config.blobs is not None
    while moved and config.blobs is not None:
        moved = await _move_some(conn, config.blobs)
        yield moved


async def _move_some(conn: Connection, blobs: BlobStore) -> int:
    """Move a few files; return how many. No transaction is open while the store is asked."""
    claimed = await claim_files_to_move(conn, _MOST_FILES, _MOST_BYTES, HELD_SECONDS)
    keys = list(claimed.files)
    errors = await asyncio.gather(*(_put(blobs, key, claimed.files[key]) for key in keys))
    moved = [key for key, error in zip(keys, errors, strict=True) if error is None]
    failed = [key for key, error in zip(keys, errors, strict=True) if error]
    if moved:
        await note_moved(conn, claimed, moved)
    if failed:
        # Where none can be put the store is away, and no file has to wait for others.
        await note_not_moved(conn, claimed, failed, failed if moved else failed[:1])
    for error_class, count in Counter(error for error in errors if error).items():
        _LOG.warning("files_not_moved", error_class=error_class, files=count)
    return len(moved)


async def _put(blobs: BlobStore, key: FileKey, content: bytes) -> str | None:
    """Put a file into the store; return the class of what went wrong."""
    try:
        await blobs.put(key, content)
    except BlobError as error:
        return error.error_class
    return None
