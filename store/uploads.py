"""Files that agents brought, until a message has them. Knows no HTTP and no provider.

Runs inside the caller's transaction. A file may be in several messages: who takes one back has it
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from store.database import Connection
from store.files import keep_files
from store.sql import statements

_SQL = statements("uploads")
_INSERT = _SQL["insert_upload"]
_HOLD = _SQL["hold_uploads"]
_ATTACH = _SQL["attach_uploads"]
_LIST_ATTACHED = _SQL["list_attached"]
_EXPIRE = _SQL["expire_uploads"]

UPLOADS_LAST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """A file with what it is called, and what it is said to be; `file_hash` is its SHA-256."""

    customer_id: int
    id: str
    filename: str
    content_type: str | None
    content: bytes
    file_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was brought, without its bytes."""

    id: str
    file_hash: bytes
    filename: str
    content_type: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that a message is sent with; without `content` the store has it."""

    filename: str
    content_type: str | None
    hash: bytes
    content: bytes | None
    is_forgotten: bool


async def insert_upload(conn: Connection, upload: NewUpload) -> None:
    """Keep a file that somebody brought."""
    await keep_files(conn, {(upload.customer_id, upload.file_hash): upload.content})
    await conn.execute(
        _INSERT,
        {
            "customer_id": upload.customer_id,
            "id": upload.id,
            "file_hash": upload.file_hash,
            "filename": upload.filename,
            "content_type": upload.content_type,
            "size_bytes": len(upload.content),
        },
    )


async def hold_uploads(conn: Connection, customer_id: int, ids: Sequence[str]) -> list[Upload]:
    """Find what was brought, in this order, and keep it from expiring; what is gone is left out."""
    async with conn.cursor(row_factory=class_row(Upload)) as cursor:
        await cursor.execute(_HOLD, {"customer_id": customer_id, "ids": list(ids)})
        return await cursor.fetchall()


async def attach_uploads(
    conn: Connection, customer_id: int, message_id: str, uploads: Sequence[Upload]
) -> None:
    """Give a message its files."""
    await conn.execute(
        _ATTACH,
        {
            "customer_id": customer_id,
            "message_id": message_id,
            "hashes": [upload.file_hash for upload in uploads],
            "content_types": [upload.content_type for upload in uploads],
            "filenames": [upload.filename for upload in uploads],
            "sizes": [upload.size_bytes for upload in uploads],
        },
    )


async def list_attached(
    conn: Connection, customer_id: int, message_id: str
) -> tuple[AttachedFile, ...]:
    """Read the files that a message of ours is sent with, as far as the database has them."""
    ids = {"customer_id": customer_id, "message_id": message_id}
    async with conn.cursor(binary=True, row_factory=class_row(AttachedFile)) as cursor:
        await cursor.execute(_LIST_ATTACHED, ids)
        return tuple(await cursor.fetchall())


async def expire_uploads(conn: Connection, before: datetime, limit: int) -> int:
    """Forget what was brought before then; return how much that was."""
    cursor = await conn.execute(_EXPIRE, {"before": before, "limit": limit})
    return cursor.rowcount
