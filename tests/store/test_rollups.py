"""Figures by hour and day: what is counted where, how they keep up, how wrong rows are mended."""

import asyncio
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from command_line import Inlet
from conftest import OpenConnection
from databases import PreparedDatabases
from flows import ANN, BEN, an_sms, make_channel, record, until, values, work
from many_conversations import fill_with_many
from read_plans import buffers, explain, id_of, indexes, read_whole
from rolling_up import Rolled, count_differing, rebuild_rollups, roll_up, rolled
from structure import make_agent, reply

from app.ids import new_id
from domain.actor import Actor
from domain.calendar import Calendar, OpeningHours
from inbox.conversations.tagging import add_tag
from inbox.settings.calendars import change_calendar
from store.database import Connection, connect
from store.sql import statements
from worker.background.chores import CHORES
from worker.background.consumers import rest_after, run_consumers
from worker.background.repeating import BackgroundConfig
from worker.background.rollups import rollup_consumer

Run = Callable[..., Any]

# A Monday, 23:50 in Kathmandu, whose hours begin at a quarter past by UTC.
_ASKED = datetime(2026, 3, 2, 18, 5, tzinfo=UTC)
_KATHMANDU = Calendar(
    time_zone="Asia/Kathmandu", hours=[OpeningHours(day, 540, 1020) for day in range(1, 6)]
)
_SAID = b"SELECT conversation_id::text FROM messages WHERE provider_message_id = %s"


async def _live(database_url: str, conn: Connection) -> str:
    """Let somebody ask at night and be answered in the morning; return the agent."""
    channel = await make_channel(conn, "sms")
    agent = await make_agent(conn)
    actor = Actor(customer_id=1, agent_id=agent)
    async with conn.transaction():
        await change_calendar(conn, actor, _KATHMANDU, new_id=new_id)
    await record(conn, channel, an_sms("a", ANN, minute=None), received_at=_ASKED)
    await record(conn, channel, an_sms("b", BEN, minute=None), received_at=_ASKED)
    await work(database_url)
    [conversation] = await values(conn, _SAID, "a")
    answered = _ASKED + timedelta(hours=10)  # 09:50 on Tuesday
    message = await reply(conn, str(conversation), answered)
    await conn.execute(b"UPDATE messages SET agent_id = %s WHERE id = %s", (agent, message))
    async with conn.transaction():
        await add_tag(conn, actor, str(conversation), "vip", entry_id=new_id())
    return agent


async def test_hours_and_days_are_those_of_the_calendar(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        agent = await _live(database_url, conn)
        await roll_up(conn)
        await _do_chore(conn)
        counted = await rolled(conn)
    night, morning = (datetime(2026, 3, 2, hour, 15, tzinfo=UTC) for hour in (17, 18))
    of_hours = {
        (by, figure, at, detail): found
        for (grain, by, _, figure, at, detail), found in counted.items()
        if grain == "hour" and by in ("all", "agent")
    }
    ten_hours, fifty_minutes = (36_000_000, 3_000_000)
    clock, business = await _classes(database_url, ten_hours, fifty_minutes)
    next_day = morning + timedelta(hours=9)
    assert of_hours == {
        ("all", "messages_in", night, ""): (2, 0),
        ("all", "conversations_new", night, ""): (2, 0),
        ("all", "first_asked", night, ""): (2, 0),
        ("all", "first_response", night, clock): (1, ten_hours),
        ("all", "first_response_business", night, business): (1, fifty_minutes),
        ("all", "messages_out", next_day, ""): (1, 0),
        ("all", "delivery", next_day, "sent"): (1, 0),
        ("agent", "first_response", night, clock): (1, ten_hours),
        ("agent", "first_response_business", night, business): (1, fifty_minutes),
        ("agent", "messages_out", next_day, ""): (1, 0),
        ("agent", "delivery", next_day, "sent"): (1, 0),
    }
    monday, tuesday = morning - timedelta(days=1), morning
    assert counted["day", "tag", "vip", "messages_in", monday, ""] == (1, 0)
    assert counted["day", "agent", agent, "messages_out", tuesday, ""] == (1, 0)


async def test_a_class_is_off_by_three_per_cent_at_most(open_connection: OpenConnection) -> None:
    query = b"""
        SELECT max(abs(duration_of_class(class_of_duration(ms::bigint)) * 1000 / ms - 1))
        FROM generate_series(1000, 100000000, 997) AS ms
    """
    async with open_connection() as conn:
        [most] = await values(conn, query)
        assert await values(conn, b"SELECT class_of_duration(0), class_of_duration(999)") == [0]
    assert 0.02 < float(str(most)) < 0.0296


_DAMAGE = (
    b"UPDATE rollups SET amount = amount + 1 WHERE grouped_by = 'tag'",
    b"DELETE FROM rollups WHERE grain = 'day'",
    b"UPDATE rollups SET starts_at = starts_at - interval '400 d' WHERE figure = 'delivery'",
    b"DELETE FROM conversation_figures WHERE tags <> '{}'",
    b"UPDATE conversation_figures SET tags = '{wrong}'",
)


def test_what_was_put_in_by_hand_is_found_and_mended(
    database_url: str, run: Run, inlet: Inlet
) -> None:
    right = run(_prepare, database_url)
    for damage in _DAMAGE:
        assert run(_damage, database_url, damage) != (0, 0)
        told = inlet("rollup", "rebuild", "--json").json
        assert told["conversations"] == 2
        assert told["differing"] > 0
        assert run(_check, database_url) == right
    assert "Counted 2 conversations again: 0 rows" in inlet("rollup", "rebuild").out
    assert inlet("rollup", "rebuild", "--customer", "nobody").code == 1


async def _prepare(database_url: str) -> Rolled:
    async with await connect(database_url, "tests") as conn:
        await _live(database_url, conn)
        await roll_up(conn)
        await rebuild_rollups(conn)
    return await _check(database_url)


async def _damage(database_url: str, statement: bytes) -> tuple[int, int]:
    async with await connect(database_url, "tests") as conn:
        await conn.execute(statement)
        return await count_differing(conn)


async def _check(database_url: str) -> Rolled:
    async with await connect(database_url, "tests") as conn:
        assert await count_differing(conn) == (0, 0)
        return await rolled(conn)


def test_what_was_there_before_is_counted_by_a_chore(
    database_url: str, run: Run, inlet: Inlet
) -> None:
    run(_forget_figures, database_url)
    waiting = inlet("rollup", "status", "--json").json
    assert [each["reason"] for each in waiting["rebuilds"]] == ["calendar"]
    assert waiting["last_hour"]["conversations"] == 2
    run(_do_chore_at, database_url)
    shown = inlet("rollup", "status").out
    assert "No figures are being made again." in shown
    assert "conversations counted" in shown


async def _forget_figures(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await _live(database_url, conn)
        await roll_up(conn)
        await conn.execute(b"DELETE FROM conversation_figures")
        await conn.execute(b"DELETE FROM rollups")


async def _do_chore_at(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await _do_chore(conn)
        assert await count_differing(conn) == (0, 0)


async def test_whoever_rests_follows_all_the_same(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        stop = asyncio.Event()
        following = asyncio.create_task(
            run_consumers(lambda: connect(database_url, "tests"), [rollup_consumer()], stop)
        )
        for nth in range(3):
            await record(conn, channel, an_sms(f"m{nth}", minute=None))
            await work(database_url)

            async def is_counted(wanted: int = nth + 1) -> bool:
                query = b"SELECT amount FROM rollups WHERE figure = 'messages_in'"
                return set(await values(conn, query)) == {wanted}

            await until(is_counted)
        stop.set()
        await following
        assert await values(conn, b"SELECT sum(changes) FROM rollup_refreshes") == [3]
    assert [rest_after(seconds) for seconds in (0.001, 0.25, 9.0)] == [1.0, 2.0, 5.0]


@pytest.fixture(scope="module")
def large(prepared_databases: PreparedDatabases) -> Generator[str]:
    with prepared_databases.copy(fill_with_many) as (url, _):
        yield url


async def test_a_refresh_reads_no_more_than_what_changed(large: str) -> None:
    """One of the conversations has 2,000 messages."""
    given = {
        "customer_ids": [1] * 50,
        "conversation_ids": [id_of(f"conversation1{number}") for number in range(50)],
    }
    how = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    plan = await explain(large, how, statements("rollups")["list_differing_figures"], given)
    assert {"conversations_pkey"} <= indexes(plan)
    assert not {"conversations", "messages"} & read_whole(plan)
    assert buffers(plan) <= 6_000


async def _do_chore(conn: Connection) -> None:
    """Do the chore that rebuilds until there is nothing left."""
    config = BackgroundConfig(
        connect=lambda: connect("", "tests"),
        clock=lambda: _ASKED,
        new_id=new_id,
        on_commit=lambda: None,
    )
    steps = CHORES["rebuild_rollups"].steps
    while await values(conn, b"SELECT count(*) FROM rollup_rebuilds") != [0]:
        assert [step async for step in steps(conn, _ASKED, config)]


async def _classes(database_url: str, *milliseconds: int) -> list[str]:
    async with await connect(database_url, "tests") as conn:
        query = b"SELECT class_of_duration(t)::text FROM unnest(%s::bigint[]) AS t"
        return [str(each) for each in await values(conn, query, list(milliseconds))]
