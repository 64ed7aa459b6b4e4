"""Files on their way from the database into the store of blobs. Knows no store.

A claim is a time in the row, not a transaction: the store may take long, and an open transaction
would hold back all who follow changes. A message that has the same file does not wait for it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.file_type import file_type
from store.database import Connection
from store.files import FileKey
from store.sql import statements

_SQL = statements("moved_files")
_CLAIM = _SQL["claim_files_to_move"]
_NOTE_MOVED = _SQL["note_moved"]
_NOTE_NOT_MOVED = _SQL["note_not_moved"]
_SAMPLE = _SQL["sample_moved"]
_COUNT_WAITING = _SQL["count_waiting"]

_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedFiles:
    """Files in a worker's hands. `held_until` is also what it is recognised by."""

    files: Mapping[FileKey, bytes]
    held_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFiles:
    """How many files are in the database, counted up to ten thousand.

    `oldest_at` is when the oldest of those came that could not be moved.
    """

    waiting: int
    failed: int
    oldest_at: datetime | None


async def claim_files_to_move(
    conn: Connection, most_files: int, most_bytes: int, seconds: float
) -> ClaimedFiles:
    """Hold files that are to be moved, for so long, and read them; a single one may be larger."""
    bounds = {"most_files": most_files, "most_bytes": most_bytes, "seconds": seconds}
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(_CLAIM, bounds)
        rows = await cursor.fetchall()
    return ClaimedFiles(
        files={(row[0], row[1]): row[2] for row in rows}, held_until=rows[0][3] if rows else None
    )


async def note_moved(conn: Connection, claimed: ClaimedFiles, keys: Sequence[FileKey]) -> None:
    """Let go of the bytes of files that the store has."""
    types = [file_type(claimed.files[key]) for key in keys]
    held = {"held_until": claimed.held_until, "media_types": types}
    await conn.execute(_NOTE_MOVED, columns_of(keys) | held)


async def note_not_moved(
    conn: Connection, claimed: ClaimedFiles, keys: Sequence[FileKey], tried: Collection[FileKey]
) -> None:
    """Hold files no longer that could not be moved; others come before those that were tried."""
    held = {"held_until": claimed.held_until, "were_tried": [key in tried for key in keys]}
    await conn.execute(_NOTE_NOT_MOVED, columns_of(keys) | held)


async def count_waiting(conn: Connection) -> WaitingFiles:
    """Count the files that are in the database, and those that should not be any more."""
    row = await (await conn.execute(_COUNT_WAITING, {"most": _MOST_COUNTED})).fetchone()
    waiting, failed, oldest_at = row or (0, 0, None)
    return WaitingFiles(waiting=waiting, failed=failed, oldest_at=oldest_at)


async def sample_moved(conn: Connection, most: int) -> list[FileKey]:
    """Return some of the files that the store should have."""
    return await (await conn.execute(_SAMPLE, {"most": most})).fetchall()


def columns_of(keys: Sequence[FileKey]) -> dict[str, object]:
    """Write keys as the two parameters of a statement."""
    return {
        "customer_ids": [customer_id for customer_id, _ in keys],
        "hashes": [digest for _, digest in keys],
    }
