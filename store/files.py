"""Files that came with messages, kept once by the hash of their bytes. Knows no provider.

The bytes are in the row until a chore has put them into the store (store/moved_files.py). They are
read in binary: as text they would be twice as long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from domain.event import LARGE_BYTES
from domain.file_type import file_type
from store.database import Connection
from store.large_bytes import LargeBytes
from store.sql import statements

_SQL = statements("files")
_HOLD_KEPT = _SQL["hold_kept"]
_KEEP = _SQL["keep_files"]
_FIND = _SQL["find_file"]
_KEEP_LARGE = _SQL["keep_large_file"]
_FIND_INLINE = _SQL["find_inline_files"]

_MOST_INLINE_BYTES = 10_000_000

FileKey = tuple[int, bytes]  # customer id, SHA-256 of the content


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """`filename` and `content_type` are the sender's words; without `content` the store has it."""

    filename: str | None
    content_type: str | None
    hash: bytes
    content: bytes | None
    is_forgotten: bool


async def keep_files(conn: Connection, files: Mapping[FileKey, bytes]) -> None:
    """Keep files; those that are kept already stay as they are."""
    missing = await _hold_kept(conn, sorted(files))
    for key in missing:
        if len(files[key]) > LARGE_BYTES:  # in an array it would be in memory once more
            await _keep_large(conn, key, files[key])
    keys = [key for key in missing if len(files[key]) <= LARGE_BYTES]
    if not keys:
        return
    await conn.execute(
        _KEEP,
        {
            "customer_ids": [customer_id for customer_id, _ in keys],
            "hashes": [digest for _, digest in keys],
            "contents": [files[key] for key in keys],
            "media_types": [file_type(files[key]) for key in keys],
        },
    )


async def _hold_kept(conn: Connection, keys: Sequence[FileKey]) -> list[FileKey]:
    """Keep others from removing those that are kept already; return the rest."""
    held = await conn.execute(
        _HOLD_KEPT,
        {
            "customer_ids": [customer_id for customer_id, _ in keys],
            "hashes": [digest for _, digest in keys],
        },
    )
    kept = set(await held.fetchall())
    return [key for key in keys if key not in kept]


async def _keep_large(conn: Connection, key: FileKey, content: bytes) -> None:
    await conn.execute(
        _KEEP_LARGE,
        {
            "customer_id": key[0],
            "hash": key[1],
            "content": LargeBytes(content),
            "size_bytes": len(content),
            "media_type": file_type(content),
        },
    )


async def find_file(
    conn: Connection, customer_id: int, message_id: str, position: int
) -> StoredFile | None:
    """Find a file by its message and position; None where its provider keeps it, or none is."""
    async with conn.cursor(binary=True, row_factory=class_row(StoredFile)) as cursor:
        await cursor.execute(
            _FIND,
            {"customer_id": customer_id, "message_id": message_id, "position": position},
        )
        return await cursor.fetchone()


async def find_inline_files(
    conn: Connection, customer_id: int, message_id: str, content_ids: Sequence[str]
) -> list[tuple[str, bytes, bytes | None]]:
    """Find the files that a mail shows, as far as they are not too large.

    Shape: Content-ID, hash, and the bytes unless the store has them.
    """
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(
            _FIND_INLINE,
            {
                "customer_id": customer_id,
                "message_id": message_id,
                "content_ids": list(content_ids),
                "most_bytes": _MOST_INLINE_BYTES,
            },
        )
        return await cursor.fetchall()
