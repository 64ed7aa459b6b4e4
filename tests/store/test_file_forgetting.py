"""Files that nobody uses go, and those that were kept for long enough; no other is ever lost."""

import asyncio
from datetime import timedelta
from pathlib import Path

from conftest import OpenConnection
from filing import do, keep, key_of, let_holds_end, no_transaction_is_open, places
from flows import NOW, until
from played_bucket import PlayedBucket, played_bucket

from app.blobs import open_blobs
from store.blob_folder import FolderBlobs
from store.blobs import BlobError, BlobStore, read_blob
from store.database import Connection
from worker.background.file_forgetting import collect_files
from worker.background.file_moving import move_files

_ONE, _TWO, _LONG = b"one", b"two!", b"three"
_UPLOAD = b"""
    INSERT INTO uploads (customer_id, id, file_hash, filename, size_bytes)
    VALUES (1, gen_random_uuid(), %s, 'x', 1)
"""


async def _make_old(conn: Connection, days: int = 2) -> None:
    await conn.execute("UPDATE files SET created_at = %s", (NOW - timedelta(days=days),))


async def _use(conn: Connection, content: bytes) -> None:
    await conn.execute(_UPLOAD, (key_of(content)[1],))


async def _is_in(blobs: BlobStore, content: bytes) -> bool:
    try:
        return await read_blob(blobs, key_of(content)) == content
    except BlobError:
        return False


async def test_what_nobody_uses_goes_from_the_database_and_the_store(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn:
        await keep(conn, _ONE, _TWO)
        await do(move_files, conn, database_url, blobs)
        await keep(conn, _LONG)
        await _make_old(conn)
        await _use(conn, _TWO)
        assert await do(collect_files, conn, database_url, blobs) == 4  # two forgotten and removed
        assert await places(conn) == ["1 store 4"]
        assert (await _is_in(blobs, _ONE), await _is_in(blobs, _TWO)) == (False, True)
        assert await do(collect_files, conn, database_url, blobs) == 0


async def test_what_is_young_stays(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await keep(conn, _ONE)
        await conn.execute("UPDATE files SET created_at = %s", (NOW - timedelta(hours=23),))
        assert await do(collect_files, conn, database_url, FolderBlobs(tmp_path)) == 0
        assert await places(conn) == ["1 here 3"]


async def test_more_files_than_a_step_looks_at_are_collected(
    database_url: str, open_connection: OpenConnection
) -> None:
    contents = [str(number).encode() for number in range(1, 1101)]
    async with open_connection() as conn:
        await keep(conn, *contents)
        await _make_old(conn)
        for content in contents[::100]:
            await _use(conn, content)
        await do(collect_files, conn, database_url, None)
        assert len(await places(conn)) == 11


async def test_a_file_that_comes_again_while_it_is_removed_is_kept_anew(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        played_bucket() as bucket,
        open_connection() as conn,
        open_connection() as other,
    ):
        blobs = open_blobs(bucket.settings())
        assert blobs is not None
        await keep(conn, _ONE)
        await do(move_files, conn, database_url, blobs)
        await _make_old(conn)
        collecting = await _hanging(bucket, conn, database_url)
        assert await no_transaction_is_open(other)
        await _receive(other, _ONE)  # which waits for nobody
        assert await do(move_files, other, database_url, blobs) == 0  # it would be removed again
        bucket.goes_on.set()
        await collecting
        assert await places(conn) == ["1 here 3"]
        assert await do(move_files, conn, database_url, blobs) == 1
        assert await _is_in(blobs, _ONE)


async def _hanging(
    bucket: PlayedBucket, conn: Connection, database_url: str
) -> "asyncio.Task[int]":
    """Collect up to where the bucket is asked to remove something."""
    bucket.goes_on.clear()
    asked = len(bucket.asked)
    collecting = asyncio.create_task(
        do(collect_files, conn, database_url, open_blobs(bucket.settings()))
    )

    async def is_asked() -> bool:
        return len(bucket.asked) > asked

    await until(is_asked)
    return collecting


async def _receive(conn: Connection, content: bytes) -> None:
    async with conn.transaction():
        await keep(conn, content)
        await _use(conn, content)


async def test_a_file_that_somebody_is_about_to_use_is_left_alone(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn, open_connection() as other:
        await keep(conn, _ONE)
        await do(move_files, conn, database_url, blobs)
        await _make_old(conn)
        async with other.transaction():
            await keep(other, _ONE)
            assert await do(collect_files, conn, database_url, blobs) == 0
            await _use(other, _ONE)
        assert await do(collect_files, conn, database_url, blobs) == 0
        assert await _is_in(blobs, _ONE)


async def test_who_is_stopped_while_removing_loses_no_file_that_comes_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The blob is gone and the row is not: whoever brings the bytes again must not rely on it."""
    async with played_bucket() as bucket, open_connection() as conn, open_connection() as other:
        blobs = open_blobs(bucket.settings())
        assert blobs is not None
        await keep(conn, _ONE)
        await do(move_files, conn, database_url, blobs)
        await _make_old(conn)
        collecting = await _hanging(bucket, conn, database_url)
        bucket.blobs.clear()
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)
        await conn.close()
        bucket.goes_on.set()
        assert await places(other) == ["1 store forgotten 3"]
        await _receive(other, _ONE)
        assert await places(other) == ["1 here store 3"]
        await do(collect_files, other, database_url, blobs)
        await let_holds_end(other)
        assert await do(move_files, other, database_url, blobs) == 1
        assert await _is_in(blobs, _ONE)


async def test_what_a_bucket_does_not_remove_is_removed_later(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with played_bucket() as bucket, open_connection() as conn:
        blobs = open_blobs(bucket.settings())
        await keep(conn, _ONE)
        await do(move_files, conn, database_url, blobs)
        await _make_old(conn)
        bucket.fails_with = 503
        await do(collect_files, conn, database_url, blobs)
        assert await places(conn) == ["1 store forgotten 3"]
        bucket.fails_with = None
        await let_holds_end(conn)
        await do(collect_files, conn, database_url, blobs)
        assert (await places(conn), bucket.blobs) == ([], {})
