"""What is done by the clock: waking, forgetting, once, by any number of workers."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from conftest import OpenConnection
from flows import NOW, an_sms, count_of, empty, make_channel, record, until, values, work

from app.ids import new_id
from store.chores import list_chores
from store.database import Connection, connect
from store.planner_statistics import count_dead_rows
from worker.background.chores import Chore, Chores, run_chores
from worker.background.repeating import BackgroundConfig, repeat_connected
from worker.background.retention import Steps

_SNOOZE = b"""
    UPDATE conversations SET status = 'snoozed', snoozed_until = %s
    WHERE id = (SELECT id FROM conversations WHERE status = 'open' ORDER BY id LIMIT 1)
"""


def _config(database_url: str, after: timedelta = timedelta(0)) -> BackgroundConfig:
    return BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: NOW + after,
        new_id=new_id,
        on_commit=lambda: None,
    )


async def _do_all(chores: Chores, conn: Connection) -> float:
    """Do all that is due; return how long there is nothing to do."""
    while not (sleep := await chores.step(conn)):
        pass
    return sleep


async def test_a_snoozed_conversation_wakes_when_its_time_has_come(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        people = [f"+1415556{number:04}" for number in range(3)]
        await record(conn, channel, *(an_sms(person, person) for person in people))
        await work(database_url)
        await conn.execute(_SNOOZE, (NOW - timedelta(hours=1),))
        await conn.execute(_SNOOZE, (NOW,))
        await conn.execute(_SNOOZE, (NOW + timedelta(milliseconds=300),))
        chores = Chores(_config(database_url))
        assert await _do_all(chores, conn) == 0.3
        assert await values(conn, b"SELECT status FROM conversations ORDER BY id") == [
            "open", "open", "snoozed",
        ]  # fmt: skip
        assert await values(conn, b"SELECT version FROM conversations ORDER BY id") == [2, 2, 1]
        assert await values(conn, b"SELECT action FROM audit") == ["conversation.woke"] * 2
        told = b"SELECT version FROM outbox WHERE type = 'conversation.updated'"
        assert await values(conn, told) == [2, 2]
        await _do_all(chores, conn)
        assert await count_of(conn, "audit") == 2


async def test_many_workers_wake_many_conversations_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        people = [f"+1415556{number:04}" for number in range(450)]
        await record(conn, channel, *(an_sms(person, person) for person in people))
        await work(database_url, 500)
        await conn.execute(
            b"UPDATE conversations SET status = 'snoozed', snoozed_until = %s", (NOW,)
        )
        stop = asyncio.Event()
        workers = [asyncio.create_task(run_chores(_config(database_url), stop)) for _ in range(3)]

        async def are_awake() -> bool:
            asleep = b"SELECT count(*) FROM conversations WHERE status = 'snoozed'"
            return await values(conn, asleep) == [0]

        await until(are_awake)
        stop.set()
        await asyncio.gather(*workers)
        assert await values(conn, b"SELECT DISTINCT version FROM conversations") == [2]
        assert await count_of(conn, "audit") == 450


async def test_chores_survive_an_outage(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        await work(database_url)
        stop = asyncio.Event()
        chores = asyncio.create_task(run_chores(_config(database_url), stop))
        for nth in range(3):
            await conn.execute(_SNOOZE, (NOW,))

            async def is_awake() -> bool:
                return await values(conn, b"SELECT status FROM conversations") == ["open"]

            await until(is_awake)
            assert await count_of(conn, "audit") == nth + 1
            await conn.execute(
                b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                b" WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        stop.set()
        await chores


async def test_what_is_old_is_forgotten(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await empty(conn)
        for statement in _OLD_AND_YOUNG:
            await conn.execute(statement, {"now": NOW})
        chores = Chores(_config(database_url))
        await _do_all(chores, conn)
        assert await values(conn, b"SELECT idempotency_key FROM idempotency_keys") == ["young"]
        assert await values(
            conn, b"SELECT lasts FROM (SELECT expires_at > %s FROM web_sessions) AS s (lasts)", NOW
        ) == [True]
        assert await values(conn, b"SELECT type FROM outbox ORDER BY seq") == ["young", "old"]
        assert await values(conn, b"SELECT consumer FROM outbox_cursors") == ["pruned"]
        assert await values(conn, b"SELECT kind FROM jobs ORDER BY kind") == ["replay", "retry"]
        assert await values(conn, b"SELECT error_class FROM changes_set_aside") == ["young"]


_OLD_AND_YOUNG = (
    b"""
    INSERT INTO changes_set_aside (consumer, seq, customer_id, type, error_class, created_at)
    SELECT 'search', t.seq, 1, 'message.received', t.age, %(now)s - t.lasts
    FROM (VALUES (1, 'old', interval '31 days'), (2, 'young', interval '29 days'))
        AS t (seq, age, lasts)
    """,
    b"""
    INSERT INTO jobs (customer_id, id, kind, request, total, status, created_at, ended_at)
    SELECT 1, gen_random_uuid(), t.kind, '{}', 0, t.status, %(now)s - t.age,
        CASE WHEN t.status = 'done' THEN %(now)s - t.age END
    FROM (
        VALUES ('bulk', 'done', interval '91 days'), ('retry', 'done', interval '89 days'),
            ('replay', 'running', interval '91 days')
    ) AS t (kind, status, age)
    """,
    b"""
    INSERT INTO idempotency_keys
    SELECT 1, gen_random_uuid(), name, sha256(''), 200, '', %(now)s - age
    FROM (VALUES ('old', interval '8 days'), ('young', interval '6 days')) AS t (name, age)
    """,
    b"""
    INSERT INTO api_keys (customer_id, id, name, key_hash, scopes)
    VALUES (1, gen_random_uuid(), 'a key', sha256('a key'), '{admin}')
    """,
    b"""
    INSERT INTO web_sessions (token_hash, customer_id, key_id, expires_at)
    SELECT sha256(t.name::bytea), 1, k.id, %(now)s + t.lasts
    FROM api_keys AS k, (VALUES ('a', interval '1 hour'), ('b', interval '-1 hour'))
        AS t (name, lasts)
    """,
    b"""
    INSERT INTO outbox (customer_id, type, created_at)
    SELECT 1, t.type, %(now)s - t.age
    FROM (
        VALUES (1, 'old', interval '8 days'), (2, 'young', interval '6 days'),
            (3, 'old', interval '8 days')
    ) AS t (number, type, age)
    ORDER BY t.number
    """,
)


async def test_each_chore_is_done_by_one_of_many_workers(
    database_url: str, open_connection: OpenConnection
) -> None:
    done: list[str] = []

    async def counted(_conn: Connection, _now: datetime, _config: BackgroundConfig) -> Steps:
        done.append("counted")
        yield 3
        yield 4

    async def broken(_conn: Connection, _now: datetime, _config: BackgroundConfig) -> Steps:
        done.append("broken")
        yield 1
        raise RuntimeError

    chores = {
        "broken": Chore(every_seconds=60, steps=broken),
        "counted": Chore(every_seconds=60, steps=counted),
    }
    many = [Chores(_config(database_url), chores) for _ in range(5)]
    async with AsyncExitStack() as stack:
        conns = [await stack.enter_async_context(open_connection()) for _ in many]
        both = [_do_all(config, conn) for config, conn in zip(many, conns, strict=True)]
        await asyncio.gather(*both)
        assert sorted(done) == ["broken", "counted"]
        await _do_all(many[0], conns[0])
        assert len(done) == 2
        assert [(run.name, run.rows) for run in await list_chores(conns[0])] == [
            ("broken", 0), ("counted", 7),
        ]  # fmt: skip
        await conns[0].execute("UPDATE chore_runs SET ran_at = ran_at - interval '61 seconds'")
        await _do_all(many[1], conns[1])
        assert sorted(done) == ["broken", "broken", "counted", "counted"]


async def test_dead_rows_of_the_queue_are_cleared(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await conn.execute(_MANY_QUEUED)
        await conn.execute("DELETE FROM inbound_queue")

        async def is_known() -> bool:
            return await count_dead_rows(conn) >= 6000

        await until(is_known)
        await _do_all(Chores(_config(database_url)), conn)

        async def is_cleared() -> bool:
            return await count_dead_rows(conn) == 0

        await until(is_cleared)


async def test_whatever_a_step_raises_the_next_one_follows(database_url: str) -> None:
    stop = asyncio.Event()
    raised: list[Exception] = [ValueError(), OSError(), KeyError()]

    async def step(_conn: Connection) -> float:
        if raised:
            raise raised.pop()
        stop.set()
        return 0.0

    async def open_one() -> Connection:
        return await connect(database_url, "tests")

    await asyncio.wait_for(repeat_connected(step, open_one, stop), 120)
    assert raised == []


_MANY_QUEUED = b"""
    INSERT INTO inbound_queue (customer_id, event_id)
    SELECT 1, gen_random_uuid() FROM generate_series(1, 6000)
"""
