"""Consumers of the outbox: each change once and in order, whatever breaks beside them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest
from conftest import OpenConnection
from flows import count_of, values

from app.clock import utc_now
from store.changes import BEGINNING, OutboxRow, changes_of_all, cursor_of_now, prune_changes
from store.consumers import add_consumer, advance_consumer, hold_consumer
from store.database import Connection, connect
from store.notifications import notify_changes
from store.outbox import Change, append_changes
from worker.background.consumers import (
    Consumer,
    Follower,
    Write,
    drain_consumer,
    run_consumers,
    write_nothing,
)

_PATIENCE_SECONDS = 120.0
_SET_ASIDE = b"SELECT concat_ws(' ', consumer, type, error_class) FROM changes_set_aside"
_NOTE = b"INSERT INTO noted (seq) VALUES (%s)"


@asynccontextmanager
async def noting(open_owner_connection: OpenConnection) -> AsyncGenerator[Connection]:
    """Open a connection, and make a table that a consumer fills, for the time of a test."""
    async with open_owner_connection() as conn:
        await conn.execute(b"CREATE TABLE noted (seq bigint PRIMARY KEY, at serial)")
        try:
            yield conn
        finally:
            await conn.execute(b"DROP TABLE noted")


async def append(conn: Connection, *seqs: int) -> None:
    await append_changes(
        conn, 1, [Change(type="message.received", message_seq=seq) for seq in seqs]
    )


async def note(_conn: Connection, rows: Sequence[OutboxRow]) -> Write:
    """Do what a consumer does: write something for each change."""

    async def write(conn: Connection) -> None:
        for row in rows:
            await conn.execute(_NOTE, (row.message_seq,))

    return write


async def noted(conn: Connection) -> list[object]:
    return await values(conn, b"SELECT seq FROM noted ORDER BY at")


async def until_noted(conn: Connection, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await count_of(conn, "noted") < count:  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0.01)


async def test_each_change_is_done_once_and_in_order(open_owner_connection: OpenConnection) -> None:
    async with noting(open_owner_connection) as conn:
        consumer = Consumer(name="noting", handle=note, batch_size=2)
        await append(conn, 1, 2, 3)

        assert await drain_consumer(conn, consumer) == 3
        await append(conn, 4)
        assert await drain_consumer(conn, consumer) == 1
        assert await drain_consumer(conn, consumer) == 0
        assert await noted(conn) == [1, 2, 3, 4]


async def test_each_consumer_has_a_cursor_of_its_own(open_owner_connection: OpenConnection) -> None:
    async def ignore(_conn: Connection, _rows: Sequence[OutboxRow]) -> Write:
        return write_nothing

    async with noting(open_owner_connection) as conn:
        await append(conn, 1)
        assert await drain_consumer(conn, Consumer(name="noting", handle=note)) == 1
        assert await drain_consumer(conn, Consumer(name="other", handle=ignore)) == 1


async def test_work_and_cursor_stand_or_fall_together(
    open_owner_connection: OpenConnection,
) -> None:
    async def note_and_fall(_conn: Connection, rows: Sequence[OutboxRow]) -> Write:
        async def write(conn: Connection) -> None:
            await (await note(conn, rows))(conn)
            raise ConnectionResetError

        return write

    async with noting(open_owner_connection) as conn:
        await append(conn, 1)
        with pytest.raises(ConnectionResetError):
            await drain_consumer(conn, Consumer(name="noting", handle=note_and_fall))

        assert await noted(conn) == []
        assert await drain_consumer(conn, Consumer(name="noting", handle=note)) == 1


@pytest.mark.parametrize("poison", [1, 5, 8])
async def test_a_change_that_cannot_be_done_is_set_aside_alone(
    open_owner_connection: OpenConnection, poison: int
) -> None:
    async def note_but_one(conn: Connection, rows: Sequence[OutboxRow]) -> Write:
        if any(row.message_seq == poison for row in rows):
            raise KeyError
        return await note(conn, rows)

    async with noting(open_owner_connection) as conn:
        await append(conn, *range(1, 9))
        follower = Follower(Consumer(name="noting", handle=note_but_one))
        while (await follower.step(conn)).has_more:
            pass

        assert await noted(conn) == [seq for seq in range(1, 9) if seq != poison]
        assert (follower.done, follower.set_aside) == (7, 1)
        assert await values(conn, _SET_ASIDE) == ["noting message.received KeyError"]


async def test_data_that_postgres_refuses_is_set_aside_too(
    open_owner_connection: OpenConnection,
) -> None:
    async with noting(open_owner_connection) as conn:
        await conn.execute(b"INSERT INTO noted (seq) VALUES (2)")
        await append(conn, 1, 2, 3)
        follower = Follower(Consumer(name="noting", handle=note))
        while (await follower.step(conn)).has_more:
            pass

        assert await noted(conn) == [2, 1, 3]
        assert follower.set_aside == 1


async def test_one_process_at_a_time_runs_a_consumer(open_owner_connection: OpenConnection) -> None:
    async with noting(open_owner_connection) as conn, open_owner_connection() as other:
        consumer = Consumer(name="noting", handle=note)
        await drain_consumer(conn, consumer)
        await append(conn, 1)
        async with other.transaction():
            assert await hold_consumer(other, "noting") is not None
            assert await drain_consumer(conn, consumer) == 0
        assert await drain_consumer(conn, consumer) == 1


async def test_what_an_open_transaction_holds_back_comes_in_its_place(
    open_owner_connection: OpenConnection,
) -> None:
    async with noting(open_owner_connection) as conn, open_owner_connection() as slow:
        consumer = Consumer(name="noting", handle=note)
        async with slow.transaction():
            await append(slow, 1)
            await append(conn, 2)
            assert await drain_consumer(conn, consumer) == 0
        assert await drain_consumer(conn, consumer) == 2
        assert await noted(conn) == [1, 2]


async def test_consumers_run_until_told_to_stop_and_survive_a_lost_connection(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async def open_one() -> Connection:
        return await connect(database_url, "tests consumers")

    stop = asyncio.Event()
    async with noting(open_owner_connection) as conn:
        running = asyncio.create_task(
            run_consumers(open_one, [Consumer(name="noting", handle=note)], stop)
        )
        await append(conn, 1)
        await until_noted(conn, 1)
        await conn.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE application_name = 'tests consumers' AND datname = current_database()"
        )
        await append(conn, 2)
        await notify_changes(conn)
        await until_noted(conn, 2)
        stop.set()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await running

        assert await noted(conn) == [1, 2]


async def test_what_takes_long_holds_nobody_back_who_follows_the_outbox(
    open_owner_connection: OpenConnection,
) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def think(_conn: Connection, _rows: Sequence[OutboxRow]) -> Write:
        began.set()
        await go_on.wait()
        return write_nothing

    async with noting(open_owner_connection) as conn, open_owner_connection() as other:
        await append(conn, 1)
        thinking = asyncio.create_task(drain_consumer(other, Consumer(name="slow", handle=think)))
        await began.wait()
        await append(conn, 2)
        assert await drain_consumer(conn, Consumer(name="slow", handle=note)) == 0
        assert await drain_consumer(conn, Consumer(name="noting", handle=note)) == 2
        go_on.set()
        assert await thinking == 1


async def test_an_idle_consumer_opens_no_transaction(open_owner_connection: OpenConnection) -> None:
    """One that did would hold back whoever follows the outbox."""
    async with noting(open_owner_connection) as conn:
        consumer = Consumer(name="noting", handle=note)
        await append(conn, 1)
        await drain_consumer(conn, consumer)
        await conn.execute(b"SET default_transaction_read_only = on")
        assert await drain_consumer(conn, consumer) == 0
        await conn.execute(b"RESET default_transaction_read_only")


async def prune(conn: Connection) -> int:
    return await prune_changes(conn, utc_now(), 7, 100)


async def test_pruning_waits_for_age_and_for_every_consumer(
    open_owner_connection: OpenConnection,
) -> None:
    async with open_owner_connection() as conn:
        await append(conn, 1, 2, 3)
        first, second, third = (await changes_of_all(conn, BEGINNING, 10)).rows
        assert await prune(conn) == 0
        await conn.execute(b"UPDATE outbox SET created_at = now() - interval '8 days'")
        await add_consumer(conn, "noting")
        await advance_consumer(conn, "noting", second.cursor)
        await append(conn, 4)
        assert await prune(conn) == 2

        found = await changes_of_all(conn, first.cursor, 10)
        assert found.pruned_to == second.cursor
        assert found.misses(first.cursor)
        assert not found.misses(second.cursor)
        await advance_consumer(conn, "noting", await cursor_of_now(conn))
        assert await prune(conn) == 1
        rest = await changes_of_all(conn, third.cursor, 10)
        assert [row.message_seq for row in rest.rows] == [4]
