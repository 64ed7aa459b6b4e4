"""Files move from the database into the store: each is in one of them at least, at any time."""

import asyncio
import re
from pathlib import Path

import pytest
from conftest import OpenConnection
from filing import (
    config,
    do,
    keep,
    key_of,
    let_holds_end,
    no_transaction_is_open,
    places,
)
from flows import until, values
from played_bucket import played_bucket

from app.blobs import open_blobs
from store.blob_folder import FolderBlobs
from store.blobs import BlobError, BlobKey, BlobStore, read_blob
from store.moved_files import count_waiting
from store.sql import statements
from worker.background.chores import FILE_CHORES, run_chores
from worker.background.file_moving import move_files

_ONE, _TWO = b"%PDF-1.7 one", b"the second file"


class _Refusing:
    """A store that takes some, and breaks on the way back to whoever asked."""

    def __init__(self, blobs: BlobStore, *refused: bytes, breaks: bool = False) -> None:
        self._blobs = blobs
        self._refused = {key_of(content) for content in refused}
        self._breaks = breaks

    async def put(self, key: BlobKey, content: bytes) -> None:
        if key in self._refused:
            raise BlobError("away", "TooOdd")
        await self._blobs.put(key, content)
        if self._breaks:
            raise ConnectionResetError

    async def get(self, key: BlobKey) -> bytes:
        return await self._blobs.get(key)

    async def delete(self, key: BlobKey) -> None:
        await self._blobs.delete(key)


async def test_files_move_and_their_rows_stay(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn:
        await keep(conn, _ONE, _TWO)
        assert await do(move_files, conn, database_url, blobs) == 2
        assert await places(conn) == ["1 store 12", "1 store 15"]
        for content in (_ONE, _TWO):
            assert await read_blob(blobs, key_of(content)) == content
        assert await do(move_files, conn, database_url, blobs) == 0


async def test_what_an_older_version_wrote_has_its_size_and_type_afterwards(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        insert = b"INSERT INTO files (customer_id, hash, content) VALUES (1, %s, %s)"
        await conn.execute(insert, (key_of(_ONE)[1], _ONE))
        assert await places(conn) == ["1 here"]
        await do(move_files, conn, database_url, FolderBlobs(tmp_path))
        assert await places(conn) == ["1 store 12"]
        assert await values(conn, b"SELECT media_type FROM files") == ["application/pdf"]


async def test_without_a_store_they_stay(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await keep(conn, _ONE)
        assert await do(move_files, conn, database_url, None) == 0
        assert await places(conn) == ["1 here 12"]


async def test_more_than_a_step_can_hold_is_moved(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    contents = [bytes([number]) * 3 for number in range(40)]
    large = [bytes([number]) * 20_000_000 for number in range(3)]
    async with open_connection() as conn:
        await keep(conn, *contents, *large)
        assert await do(move_files, conn, database_url, blobs) == 43
        for content in (*contents, *large):
            assert await read_blob(blobs, key_of(content)) == content


async def test_who_stops_between_the_store_and_the_commit_does_it_again(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn:
        await keep(conn, _ONE)
        with pytest.raises(ConnectionResetError):
            await do(move_files, conn, database_url, _Refusing(blobs, breaks=True))
        assert await blobs.get(key_of(_ONE)) == _ONE
        assert await places(conn) == ["1 here 12"]
        assert await do(move_files, conn, database_url, blobs) == 0  # somebody may be at it still
        await let_holds_end(conn)
        assert await do(move_files, conn, database_url, blobs) == 1
        assert await read_blob(blobs, key_of(_ONE)) == _ONE


async def test_what_cannot_be_put_holds_no_other_up(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    contents = [bytes([number]) * (number + 1) for number in range(40)]
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn:
        await keep(conn, *contents)
        await do(move_files, conn, database_url, _Refusing(blobs, *contents[:20]))
        for _ in range(20):
            await do(move_files, conn, database_url, _Refusing(blobs, *contents[:20]))
        stayed = [place for place in await places(conn) if "here" in place]
        assert stayed == [f"1 here tried {length}" for length in range(1, 21)]
        found = await count_waiting(conn)
        assert (found.waiting, found.failed, found.oldest_at is None) == (20, 20, False)
        assert await do(move_files, conn, database_url, blobs) == 20
        assert (await count_waiting(conn)).oldest_at is None


async def test_a_bucket_that_is_away_loses_nothing_and_is_left_alone_for_a_while(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with played_bucket() as bucket, open_connection() as conn:
        await keep(conn, *(bytes([number]) for number in range(40)))
        bucket.fails_with = 503
        assert await do(move_files, conn, database_url, open_blobs(bucket.settings())) == 0
        assert len(bucket.asked) <= 32  # one step, each tried twice
        assert (await count_waiting(conn)).failed == 1
        bucket.fails_with = None
        assert await do(move_files, conn, database_url, open_blobs(bucket.settings())) == 40
        assert len(bucket.blobs) == 40


async def test_a_message_with_the_same_file_does_not_wait_for_a_bucket_that_hangs(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        played_bucket() as bucket,
        open_connection() as conn,
        open_connection() as other,
    ):
        await keep(conn, _ONE)
        bucket.goes_on.clear()
        moving = asyncio.create_task(
            do(move_files, conn, database_url, open_blobs(bucket.settings()))
        )

        async def is_asked() -> bool:
            return bool(bucket.asked)

        await until(is_asked)
        async with asyncio.timeout(5), other.transaction():
            await keep(other, _ONE, _TWO)
            insert = b"""
                INSERT INTO uploads (customer_id, id, file_hash, filename, size_bytes)
                VALUES (1, gen_random_uuid(), %s, 'x', 1)
            """
            await other.execute(insert, (key_of(_ONE)[1],))
        assert not moving.done()
        assert await no_transaction_is_open(other)
        bucket.goes_on.set()
        assert await moving == 2
        assert await places(conn) == ["1 store 12", "1 store 15"]


async def test_many_workers_move_each_file_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        played_bucket() as bucket,
        open_connection() as conn,
        open_connection() as second,
        open_connection() as third,
    ):
        await keep(conn, *(bytes([number]) for number in range(100)))
        blobs = open_blobs(bucket.settings())
        moved = await asyncio.gather(
            *(do(move_files, each, database_url, blobs) for each in (conn, second, third))
        )
        assert sum(moved) == 100
        assert len(bucket.blobs) == len(bucket.asked) == 100


async def test_the_same_file_of_two_customers_is_two(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn:
        await conn.execute("INSERT INTO customers (id, name) VALUES (2, 'other')")
        await keep(conn, _ONE)
        await keep(conn, _ONE, customer_id=2)
        assert await do(move_files, conn, database_url, blobs) == 2
        assert await places(conn) == ["1 store 12", "2 store 12"]
        await blobs.delete(key_of(_ONE))
        assert await read_blob(blobs, key_of(_ONE, 2)) == _ONE


async def test_a_file_that_comes_again_after_it_was_moved_stays_in_the_store(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await keep(conn, _ONE)
        await do(move_files, conn, database_url, FolderBlobs(tmp_path))
        await keep(conn, _ONE)
        assert await places(conn) == ["1 store 12"]


async def test_a_worker_moves_files_beside_everything_else(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn:
        await keep(conn, _ONE)
        working = asyncio.create_task(run_chores(config(database_url, blobs), stop, FILE_CHORES))

        async def has_moved() -> bool:
            return await places(conn) == ["1 store 12"]

        await until(has_moved)
        stop.set()
        await working
    assert await read_blob(blobs, key_of(_ONE)) == _ONE


async def test_a_step_reads_no_more_than_it_takes(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await keep(conn, *(str(number).encode() for number in range(3000)))
        await conn.execute("ANALYZE files")
        claim = statements("moved_files")["claim_files_to_move"]
        explained = await conn.execute(
            b"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) " + claim,
            {"most_files": 16, "most_bytes": 1 << 20, "seconds": 60.0},
        )
        plan = "\n".join([row[0] for row in await explained.fetchall()])
    assert "Index Scan using files_to_move" in plan
    assert "Seq Scan" not in plan
    assert max(float(count) for count in re.findall(r"rows=([0-9.]+)", plan)) == 16
