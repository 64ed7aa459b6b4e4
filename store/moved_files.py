"""Files on their way from the database into the store of blobs. Knows no store.

Runs inside the caller's transaction, which holds what it moves; a message that has the same file
does not wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.file_type import file_type
from store.database import Connection
from store.files import FileKey
from store.sql import statements

_SQL = statements("moved_files")
_HOLD = _SQL["hold_files_to_move"]
_NOTE_MOVED = _SQL["note_moved"]
_NOTE_NOT_MOVED = _SQL["note_not_moved"]
_SAMPLE = _SQL["sample_moved"]
_COUNT_WAITING = _SQL["count_waiting"]

_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFiles:
    """How many files are in the database, counted up to ten thousand.

    `oldest_at` is when the oldest of those came that could not be moved.
    """

    waiting: int
    failed: int
    oldest_at: datetime | None


async def hold_files_to_move(
    conn: Connection, most_files: int, most_bytes: int
) -> dict[FileKey, bytes]:
    """Hold files that are to be moved, and read them; a single one may be larger."""
    cursor = await conn.execute(_HOLD, {"most_files": most_files, "most_bytes": most_bytes})
    return {(row[0], row[1]): row[2] for row in await cursor.fetchall()}


async def note_moved(conn: Connection, files: Mapping[FileKey, bytes]) -> None:
    """Let go of the bytes of files that the store has."""
    types = [file_type(content) for content in files.values()]
    await conn.execute(_NOTE_MOVED, _keys(list(files)) | {"media_types": types})


async def note_not_moved(conn: Connection, keys: Sequence[FileKey]) -> None:
    """Let others come before files that could not be moved."""
    await conn.execute(_NOTE_NOT_MOVED, _keys(keys))


async def count_waiting(conn: Connection) -> WaitingFiles:
    """Count the files that are in the database, and those that should not be any more."""
    row = await (await conn.execute(_COUNT_WAITING, {"most": _MOST_COUNTED})).fetchone()
    waiting, failed, oldest_at = row or (0, 0, None)
    return WaitingFiles(waiting=waiting, failed=failed, oldest_at=oldest_at)


async def sample_moved(conn: Connection, most: int) -> list[FileKey]:
    """Return some of the files that the store should have."""
    return await (await conn.execute(_SAMPLE, {"most": most})).fetchall()


def _keys(keys: Sequence[FileKey]) -> dict[str, list[int] | list[bytes]]:
    return {
        "customer_ids": [customer_id for customer_id, _ in keys],
        "hashes": [digest for _, digest in keys],
    }
