"""Files that came with messages, kept once by the hash of their bytes. Knows no provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from store.database import Connection
from store.large_bytes import LARGE_BYTES, LargeBytes
from store.sql import statements

_SQL = statements("files")
_KEEP = _SQL["keep_files"]
_FIND = _SQL["find_file"]
_KEEP_LARGE = _SQL["keep_large_file"]
_FIND_INLINE = _SQL["find_inline_files"]

_MOST_INLINE_BYTES = 10_000_000

FileKey = tuple[int, bytes]  # customer id, SHA-256 of the content


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """`filename` is what the sender called it."""

    filename: str | None
    content: bytes


async def keep_files(conn: Connection, files: Mapping[FileKey, bytes]) -> None:
    """Keep files; those that are kept already stay as they are."""
    for key in sorted(files):
        if len(files[key]) > LARGE_BYTES:  # in an array it would be in memory once more
            large = {"customer_id": key[0], "hash": key[1], "content": LargeBytes(files[key])}
            await conn.execute(_KEEP_LARGE, large)
    keys = sorted(key for key, content in files.items() if len(content) <= LARGE_BYTES)
    if not keys:
        return
    await conn.execute(
        _KEEP,
        {
            "customer_ids": [customer_id for customer_id, _ in keys],
            "hashes": [digest for _, digest in keys],
            "contents": [files[key] for key in keys],
        },
    )


async def find_file(
    conn: Connection, customer_id: int, message_id: str, position: int
) -> StoredFile | None:
    """Find a file by its message and position; None where its provider keeps it, or none is."""
    async with conn.cursor(row_factory=class_row(StoredFile)) as cursor:
        await cursor.execute(
            _FIND,
            {"customer_id": customer_id, "message_id": message_id, "position": position},
        )
        return await cursor.fetchone()


async def find_inline_files(
    conn: Connection, customer_id: int, message_id: str, content_ids: Sequence[str]
) -> dict[str, bytes]:
    """Find the files that a mail shows, by Content-ID, as far as they are not too large."""
    cursor = await conn.execute(
        _FIND_INLINE,
        {
            "customer_id": customer_id,
            "message_id": message_id,
            "content_ids": list(content_ids),
            "most_bytes": _MOST_INLINE_BYTES,
        },
    )
    return dict(await cursor.fetchall())
