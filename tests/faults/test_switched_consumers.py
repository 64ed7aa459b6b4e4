"""Consumers that are switched off cost nothing, and catch up once they are on again."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conftest import OpenConnection
from flows import ANN, BEN, NOW, a_mail, an_sms, count_of, make_channel, record, until, values, work
from worker_process import worker_process

from app.consumers import MAKERS, make_consumers
from app.ids import new_id
from app.settings import Settings
from domain.consumer import CONSUMERS
from domain.long_texts import IN_PLACE
from store.changes import prune_changes
from store.database import Connection, connect
from store.ops_now import OutboxLag, read_outbox_lags
from worker.background.consumers import drain_consumer
from worker.background.repeating import BackgroundConfig
from worker.background.search_index import search_consumer
from worker.background.switching import CATCH_UPS, catch_up, switch_off

_MUCH_LATER = datetime.now(UTC) + timedelta(days=30)
_UNLIKE = b"""
    SELECT count(*) FROM messages AS m
    LEFT JOIN search_documents AS d ON d.customer_id = m.customer_id AND d.message_id = m.id
    WHERE d.conversation_id IS DISTINCT FROM m.conversation_id
"""


async def _switch_off(database_url: str, *names: str) -> None:
    async def connect_one() -> Connection:
        return await connect(database_url, "tests")

    off = [name for name in CONSUMERS if name in names]
    await switch_off(connect_one, off, asyncio.Event())


async def _catch_up(conn: Connection) -> int:
    config = BackgroundConfig(
        connect=lambda: connect("", "tests"),
        clock=lambda: NOW,
        new_id=new_id,
        on_commit=lambda: None,
    )
    return sum([done async for done in catch_up(conn, NOW, config)])


async def _lag(conn: Connection, name: str) -> OutboxLag:
    [lag] = [lag for lag in await read_outbox_lags(conn) if lag.consumer == name]
    return lag


def test_every_consumer_can_be_switched_off() -> None:
    assert tuple(MAKERS) == tuple(CONSUMERS)
    assert set(CATCH_UPS) <= set(CONSUMERS)
    off = Settings.load({"CONSUMERS_OFF": "Hooks, search"}, Path("none"))
    assert [each.name for each in make_consumers(off, IN_PLACE)] == ["mail", "rollups"]
    assert [each.name for each in make_consumers(Settings(), IN_PLACE)] == list(CONSUMERS)


async def test_what_was_off_reads_on_where_it_was(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        await record(conn, sms, an_sms("before", ANN))
        await work(database_url)
        await drain_consumer(conn, search_consumer())
        await _switch_off(database_url, "search")
        await record(conn, sms, an_sms("meanwhile", BEN))
        await work(database_url)
        off = await _lag(conn, "search")
        assert off.off_since is not None
        assert off.stale_since == off.off_since
        assert not off.has_missed
        assert await drain_consumer(conn, search_consumer()) == 1
        assert await values(conn, _UNLIKE) == [0]
        on = await _lag(conn, "search")
        assert (on.off_since, on.stale_since, on.has_missed) == (None, None, False)


async def test_what_the_outbox_no_longer_tells_is_made_up_for(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        mail = await make_channel(conn, "mail", "email")
        await record(conn, mail, a_mail("answer", answers="first", minute=1))
        await work(database_url)
        await drain_consumer(conn, search_consumer())
        await _switch_off(database_url, "search", "hooks")
        await record(conn, mail, a_mail("first"), a_mail("other", "ben@example.org"))
        await work(database_url)
        # Nobody who is off keeps the outbox from being emptied.
        assert await prune_changes(conn, _MUCH_LATER, 7, 1_000) > 3
        assert await count_of(conn, "outbox") == 0
        assert (await _lag(conn, "search")).has_missed
        assert await _catch_up(conn) == 0
        await record(conn, mail, a_mail("after", "cat@example.org"))
        await work(database_url)
        assert await drain_consumer(conn, search_consumer()) == 1
        assert await values(conn, _UNLIKE) == [3]
        assert await _catch_up(conn) == 3
        assert await values(conn, _UNLIKE) == [0]
        assert not (await _lag(conn, "search")).has_missed
        assert (await _lag(conn, "hooks")).has_missed


async def test_a_worker_does_without_what_is_off_and_the_next_catches_up(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        sms = await make_channel(conn, "sms")
        async with worker_process(database_url, tmp_path / "off.log", CONSUMERS_OFF="search,hooks"):
            await record(conn, sms, an_sms("one", ANN), an_sms("two", BEN))

            async def is_off() -> bool:
                is_noted = b"SELECT consumer FROM outbox_cursors WHERE off_since IS NOT NULL"
                return len(await values(conn, is_noted)) == 2

            async def is_written() -> bool:
                return await count_of(conn, "messages") == 2

            await until(is_off)
            await until(is_written)
            assert await count_of(conn, "search_documents") == 0
            followed = (
                b"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'inlet hooks'"
            )
            assert await values(conn, followed) == [0]
        async with worker_process(database_url, tmp_path / "on.log"):

            async def is_found() -> bool:
                return await count_of(conn, "search_documents") == 2

            await until(is_found)
            assert (
                await values(
                    conn, b"SELECT consumer FROM outbox_cursors WHERE off_since IS NOT NULL"
                )
                == []
            )
