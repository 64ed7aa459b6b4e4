"""A lost connection is made again, and what was in hand counts as never tried."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from databases import as_owner
from flows import (
    ANN,
    BEN,
    CAT,
    an_sms,
    conversations,
    count_of,
    groups,
    make_channel,
    make_due,
    record,
    until,
    until_blocked,
    values,
    work,
    worker_config,
)

from store.database import Connection, connect
from store.queue import claim
from store.wake import wake
from worker.config import WorkerConfig
from worker.loop import drain, run_worker

_TERMINATE = b"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'inlet work' AND datname = current_database()
"""
_LISTENING = b"""
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'inlet listen' AND query LIKE '%%LISTEN%%'
        AND datname = current_database()
"""


@asynccontextmanager
async def _working(config: WorkerConfig) -> AsyncGenerator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(config, stop))
    try:
        yield task
    finally:
        stop.set()
        async with asyncio.timeout(120):
            await task


async def _until_done(conn: Connection) -> None:
    async def is_done() -> bool:
        return await count_of(conn, "inbound_queue") == 0

    await until(is_done)


async def test_connections_lost_in_mid_batch_and_when_idle(fresh_database_url: str) -> None:
    async with (
        await connect(fresh_database_url, "tests") as conn,
        await connect(fresh_database_url, "holder") as holder,
        _working(worker_config(fresh_database_url)),
    ):
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        await _until_done(conn)
        async with holder.transaction():
            await holder.execute("SELECT id FROM conversations FOR UPDATE")
            await record(conn, channel, an_sms("b", minute=1), an_sms("c", BEN, minute=2))
            await until_blocked(conn)
            assert await values(conn, _TERMINATE) == [1]
        await _until_done(conn)
        assert await groups(conn) == [("a", "b"), ("c",)]
        assert await values(conn, _TERMINATE) == [1]
        await record(conn, channel, an_sms("d", minute=3))
        await _until_done(conn)
        assert await groups(conn) == [("a", "b", "d"), ("c",)]
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_database_that_is_not_there_at_the_start(fresh_database_url: str) -> None:
    """Nobody may connect until somebody lets them; the worker waits and then works."""
    name = fresh_database_url.rpartition("/")[2].partition("?")[0]
    elsewhere = as_owner(fresh_database_url).replace(f"/{name}", "/postgres")
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        async with await connect(elsewhere, "tests") as operator:
            await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            async with _working(worker_config(fresh_database_url)) as task:
                await asyncio.sleep(0)
                assert not task.done()
                await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
                await _until_done(conn)
        assert await groups(conn) == [("a",)]
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_schema_that_is_not_there_yet_counts_no_attempt(fresh_database_url: str) -> None:
    """As while a migration is under way."""
    async with await connect(as_owner(fresh_database_url), "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        await conn.execute("ALTER TABLE outbox RENAME TO gone")
        async with _working(worker_config(fresh_database_url)):

            async def has_tried() -> bool:
                tried = b"SELECT xact_rollback > 0 FROM pg_stat_database"
                mine = tried + b" WHERE datname = current_database()"
                return await values(conn, mine) == [True]

            await until(has_tried)
            await conn.execute("ALTER TABLE gone RENAME TO outbox")
            await _until_done(conn)
        assert await groups(conn) == [("a",)]
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_notification_is_sooner_than_the_next_look(fresh_database_url: str) -> None:
    """It looks every five minutes; only a notification can be this quick."""
    async with (
        await connect(fresh_database_url, "tests") as conn,
        _working(replace(worker_config(fresh_database_url), poll_seconds=300)),
    ):
        channel = await make_channel(conn, "sms")

        async def is_listening() -> bool:
            return await values(conn, _LISTENING) == [1]

        await until(is_listening)
        for name in "abc":
            await record(conn, channel, an_sms(name))
            await wake(conn)
            await _until_done(conn)
        assert await groups(conn) == [("a", "b", "c")]


async def test_who_holds_a_conversation_holds_up_nobody_else(fresh_database_url: str) -> None:
    """The claim times out, and the batch is narrowed down to the one event that has to wait."""
    config = worker_config(fresh_database_url, claim_timeout_seconds=0.2)
    async with (
        await connect(fresh_database_url, "tests") as conn,
        await connect(fresh_database_url, "holder") as holder,
    ):
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a", ANN))
        await work(fresh_database_url)
        await record(conn, channel, an_sms("b", BEN), an_sms("c", ANN, minute=1), an_sms("d", CAT))
        async with holder.transaction():
            await holder.execute("SELECT id FROM conversations FOR UPDATE")
            await drain(config)
            assert await groups(conn) == [("a",), ("b",), ("d",)]
            failed = await values(conn, b"SELECT last_error FROM inbound_queue")
            assert failed == ["QueryCanceled"]
        await make_due(conn)
        await drain(config)
        assert await groups(conn) == [("a", "c"), ("b",), ("d",)]
        assert len(await conversations(conn)) == 3


async def test_a_worker_that_hangs_loses_its_claim(fresh_database_url: str) -> None:
    """A process stopped inside its transaction; Postgres hangs up after the claim's time."""
    hung = await connect(fresh_database_url, "hung")
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        await hung.execute("BEGIN")
        assert len(await claim(hung, 10, 0.2)) == 1

        async def is_free() -> bool:
            await work(fresh_database_url)
            return await count_of(conn, "messages") == 1

        await until(is_free)
        assert await groups(conn) == [("a",)]
    await hung.close()
