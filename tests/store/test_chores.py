"""What is done by the clock: waking, forgetting, once, by any number of workers."""

import asyncio
from datetime import timedelta

from conftest import OpenConnection
from flows import NOW, an_sms, count_of, empty, make_channel, record, until, values, work

from app.ids import new_id
from store.database import connect
from worker.beside import BesideConfig
from worker.chores import Chores, run_chores

_SNOOZE = b"""
    UPDATE conversations SET status = 'snoozed', snoozed_until = %s
    WHERE id = (SELECT id FROM conversations WHERE status = 'open' ORDER BY id LIMIT 1)
"""


def _config(database_url: str, after: timedelta = timedelta(0)) -> BesideConfig:
    return BesideConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: NOW + after,
        new_id=new_id,
        outbox_days=7,
        on_commit=lambda: None,
    )


async def test_a_snoozed_conversation_wakes_when_its_time_has_come(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        people = [f"+1415556{number:04}" for number in range(3)]
        await record(conn, channel, *(an_sms(one, one) for one in people))
        await work(database_url)
        await conn.execute(_SNOOZE, (NOW - timedelta(hours=1),))
        await conn.execute(_SNOOZE, (NOW,))
        await conn.execute(_SNOOZE, (NOW + timedelta(milliseconds=300),))
        chores = Chores(_config(database_url))
        assert await chores.step(conn) == 0.3
        assert await values(conn, b"SELECT status FROM conversations ORDER BY id") == [
            "open", "open", "snoozed",
        ]  # fmt: skip
        assert await values(conn, b"SELECT version FROM conversations ORDER BY id") == [2, 2, 1]
        assert await values(conn, b"SELECT action FROM audit") == ["conversation.woke"] * 2
        told = b"SELECT version FROM outbox WHERE type = 'conversation.updated'"
        assert await values(conn, told) == [2, 2]
        await chores.step(conn)
        assert await count_of(conn, "audit") == 2


async def test_many_workers_wake_many_conversations_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        people = [f"+1415556{number:04}" for number in range(450)]
        await record(conn, channel, *(an_sms(one, one) for one in people))
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


async def test_chores_survive_an_outage(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
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
        await chores.step(conn)
        assert await values(conn, b"SELECT idempotency_key FROM idempotency_keys") == ["young"]
        assert await values(
            conn, b"SELECT lasts FROM (SELECT expires_at > %s FROM web_sessions) AS s (lasts)", NOW
        ) == [True]
        assert await values(conn, b"SELECT type FROM outbox ORDER BY seq") == ["young", "old"]
        assert await values(conn, b"SELECT consumer FROM outbox_cursors") == ["pruned"]


_OLD_AND_YOUNG = (
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
