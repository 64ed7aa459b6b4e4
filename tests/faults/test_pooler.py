"""Behind PgBouncer in transaction mode: everything works, whether it keeps statements or not."""

import asyncio
import json
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from databases import as_app
from inlet_up import PATIENCE_SECONDS, Running, admin_headers, folder_of_its_own, up, wait_until
from pooler import kept_statements, pgbouncer

from app.migrations import apply_migrations, roll_back_migrations
from store.database import Connection, connect, open_pool
from store.pooling import StatementForgotten

_SENDS = b"UPDATE channels SET send_url = 'http://127.0.0.1:9/send'"
_TEXTS = 60
_AT_ONCE = 12


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


@pytest.mark.parametrize("statements", kept_statements())
async def test_all_of_it_works_behind_a_pooler(
    empty_database_url: str, data_dir: Path, statements: int
) -> None:
    """Received, listed, answered, streamed; and nobody ever saw an error of the pooler's."""
    with (
        pgbouncer(as_app(empty_database_url), statements) as url,
        up(
            data_dir,
            DATABASE_URL=url,
            OWNER_DATABASE_URL=empty_database_url,
            POLL_SECONDS="0.1",
            LOG_FORMAT="json",
        ) as inlet,
    ):
        async with await connect(empty_database_url, "tests") as conn:
            await conn.execute(_SENDS)
        async with (
            httpx.AsyncClient(
                base_url=inlet.url, headers=admin_headers(), timeout=PATIENCE_SECONDS
            ) as client,
            client.stream("GET", "/api/stream") as stream,
        ):
            await _send_many(inlet)
            wait_until(lambda: inlet.message_count() == _TEXTS)
            conversation = (await client.get("/api/conversations")).json()["items"][0]["id"]
            answer = await client.post(
                f"/api/conversations/{conversation}/messages", json={"body": "Here we are."}
            )
            assert answer.status_code == 202, answer.text
            assert await _count_until_queued(stream) == _TEXTS
        lines = [json.loads(line) for line in inlet.log.read_text().splitlines()]
    off = [line for line in lines if line["event"] == "prepared_statements_off"]
    assert len(off) == (0 if statements else 2)  # the web process and the worker
    allowed = {"prepared_statements_off", "not_listening", "send_failed"}
    assert [
        line for line in lines if line["level"] != "info" and line["event"] not in allowed
    ] == []


async def _send_many(inlet: Running) -> None:
    def send(first: int) -> None:
        for number in range(first, _TEXTS, _AT_ONCE):
            assert inlet.send(f"pooled-{number}") == 200

    await asyncio.gather(*(asyncio.to_thread(send, first) for first in range(_AT_ONCE)))


async def _count_until_queued(stream: httpx.Response) -> int:
    """Count the messages that were received before the answer was queued."""
    received = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for line in stream.aiter_lines():
            received += line == "event: message.received"
            if line == "event: message.queued":
                return received
    raise AssertionError("the stream ended early")


async def test_a_lock_of_migrations_does_not_stay_in_the_pool(empty_database_url: str) -> None:
    """A session's lock would stay with a session of the pooler's, that the next one may not get."""
    with pgbouncer(empty_database_url, 0) as url:
        for _ in range(2):
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await apply_migrations(url)
                assert await roll_back_migrations(url)
        async with await connect(empty_database_url, "tests") as conn:
            locks = await conn.execute(b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert await locks.fetchone() == (0,)


async def test_a_pooler_that_begins_to_forget_is_noticed(database_url: str) -> None:
    """As one does that another program shares: what we prepared is gone, and nothing was done."""
    async with (
        open_pool(database_url, "tests", 2) as pool,
        await connect(database_url, "tests") as other,
    ):
        assert other.prepare_threshold is not None
        with pytest.raises(StatementForgotten):
            async with pool.connection() as conn:
                await _prepare_and_forget(conn)
        async with pool.connection() as conn:
            assert conn.prepare_threshold is None
            await conn.execute(b"SELECT 1", prepare=True)
        assert other.prepare_threshold is None


async def _prepare_and_forget(conn: Connection) -> None:
    await conn.execute(b"SELECT 1", prepare=True)
    await conn.execute(b"DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$", prepare=False)
    await conn.execute(b"SELECT 1", prepare=True)
