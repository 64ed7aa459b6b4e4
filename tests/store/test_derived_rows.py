"""What does not agree with its events and messages is found by itself, and only that."""

import asyncio
from collections.abc import Generator

import pytest
from conftest import OpenConnection
from databases import PreparedDatabases, as_owner, run_coroutine
from flows import (
    NOW,
    OWN_EMAIL,
    a_mail,
    an_sms,
    count_of,
    make_channel,
    record,
    values,
    work,
)
from many_conversations import fill_with_many
from read_plans import buffers, explain, id_of, indexes, read_whole
from rebuilding import live, look, mend

from store.database import Connection, connect
from store.sql import statements

_OF = b"(SELECT id FROM messages WHERE provider_message_id = "
_IN = b" WHERE id = (SELECT conversation_id FROM messages WHERE provider_message_id = 't1')"

_WRONG: dict[str, tuple[tuple[bytes, ...], dict[str, set[str]]]] = {
    "counts": (
        (b"UPDATE conversations SET message_count = 1, inbound_count = 1, last_seq = 9" + _IN,),
        {"conversations": {"message_count", "inbound_count", "last_seq"}},
    ),
    "what is unread": (
        (b"UPDATE conversations SET last_inbound_seq = 1, waiting_since = now()" + _IN,),
        {"conversations": {"last_inbound_seq", "waiting_since"}},
    ),
    "the last message": (
        (
            b"UPDATE conversations SET last_message_id = first_message_id,"
            b" last_activity_at = last_activity_at + interval '1 s'" + _IN,
        ),
        {"conversations": {"last_message_id", "last_activity_at"}},
    ),
    "a hole in the numbers": (
        (
            b"UPDATE messages SET seq = seq + 5 WHERE provider_message_id = 'short'",
            b"UPDATE conversations SET last_seq = 6, last_inbound_seq = 6 WHERE id ="
            b" (SELECT conversation_id FROM messages WHERE provider_message_id = 'short')",
        ),
        {"conversations": {"seq"}},
    ),
    "a lost message": (
        (
            b"DELETE FROM message_recipients WHERE message_id = " + _OF + b"'t2')",
            b"DELETE FROM messages WHERE provider_message_id = 't2'",
        ),
        {
            "conversations": {"message_count", "inbound_count", "seq"},
            "inbound_events": {"messages"},
        },
    ),
    "nothing at all": (
        (
            b"DELETE FROM message_recipients WHERE message_id = " + _OF + b"'short')",
            b"DELETE FROM messages WHERE provider_message_id = 'short'",
        ),
        {"conversations": {"messages"}, "inbound_events": {"messages"}},
    ),
    "who takes part": (
        (
            b"DELETE FROM conversation_participants WHERE role = 'other' AND conversation_id ="
            b" (SELECT conversation_id FROM messages WHERE provider_message_id = 't1')",
        ),
        {"conversations": {"participants"}},
    ),
    "a message without its event": (
        (
            b"UPDATE messages SET received_at = now(), sent_at = now()"
            b" WHERE provider_message_id = 'short'",
            b"UPDATE conversations SET last_activity_at = now(), first_message_at = now(),"
            b" waiting_since = now() WHERE id ="
            b" (SELECT conversation_id FROM messages WHERE provider_message_id = 'short')",
            b"DELETE FROM inbound_events WHERE id = " + _OF + b"'short')",
        ),
        {"conversations": {"events"}},
    ),
    "a lost receipt": (
        (b"DELETE FROM message_receipts",),
        {"inbound_events": {"message_receipts"}},
    ),
}


async def _noted(conn: Connection) -> dict[str, set[str]]:
    """Say what differs, by table."""
    query = b"SELECT part, columns FROM derived_differences"
    rows = await (await conn.execute(query)).fetchall()
    parts = [part for part, _ in rows]
    assert len(set(parts)) == len(parts)
    return {part: set(columns) for part, columns in rows}


async def _live(database_url: str, conn: Connection) -> None:
    """Live through everything, with a receipt of a message that somebody else sent."""
    lived = await live(database_url, conn)
    receipt = b'{"type": "receipt", "provider_message_id": "x", "status": "delivered"}'
    await record(conn, lived.sms, receipt)
    await work(database_url)
    assert await count_of(conn, "message_receipts") == 1


@pytest.mark.parametrize("wrong", list(_WRONG))
async def test_what_went_wrong_is_noted_until_it_is_mended(
    database_url: str, open_connection: OpenConnection, wrong: str
) -> None:
    damage, expected = _WRONG[wrong]
    async with open_connection() as conn:
        await _live(database_url, conn)
        assert await look(conn) == 0
        async with conn.transaction():
            for statement in damage:
                await conn.execute(statement)
        await look(conn)
        assert await _noted(conn) == expected
        await conn.execute(b"UPDATE derived_differences SET first_seen_at = %s", (NOW,))
        await look(conn)
        assert await _noted(conn) == expected
        seen = b"SELECT DISTINCT first_seen_at FROM derived_differences WHERE last_seen_at > %s"
        assert await values(conn, seen, NOW) == [NOW]
        await mend(database_url)
        await look(conn)
        assert await _noted(conn) == {}


async def test_what_waits_or_was_given_up_or_forgotten_is_no_difference(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for name in ("kept", "forgotten"):
            await record(conn, channel, an_sms(name))
        await record(conn, channel, b"nobody understands this", b"nor this")
        await work(database_url)
        await conn.execute(b"DELETE FROM inbound_events WHERE provider_message_id = 'forgotten'")
        await conn.execute(
            b"UPDATE dead_letters SET resolution = 'dropped', resolved_at = now()"
            b" WHERE event_id = (SELECT event_id FROM dead_letters LIMIT 1)"
        )
        await record(conn, channel, an_sms("waits"))
        assert await count_of(conn, "dead_letters") == 2
        assert await look(conn) == 0
        await conn.execute(b"DELETE FROM inbound_queue")
        await look(conn)
        assert await _noted(conn) == {"inbound_events": {"messages"}}


async def test_busy_workers_are_no_difference(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Threads that merge, texts and answers come in while it is looked as often as possible."""
    async with open_connection() as conn:
        sms, email = await make_channel(conn, "sms"), await make_channel(conn, "email", "email")
        for nth in range(150):
            await record(
                conn, email,
                a_mail(f"m{nth}", answers=f"m{nth - 1}" if nth % 5 else None,
                       to=(OWN_EMAIL, f"p{nth % 7}@example.org"), minute=149 - nth),
            )  # fmt: skip
            await record(
                conn, sms, *(an_sms(f"s{nth}-{who}", f"+1415555010{who}") for who in "123")
            )
        workers = asyncio.gather(*(work(database_url, 7) for _ in range(2)))
        looks = 0
        while not workers.done():
            assert await look(conn) == 0
            looks += 1
        assert sum(await workers) == 600
        assert looks > 1
        assert await look(conn) == 0


async def test_each_customer_has_a_turn_some_rows_at_a_time(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(str(nth), f"+1415556{nth:04}") for nth in range(600)))
        await work(database_url, 600)
        await conn.execute(b"INSERT INTO customers (id, name) VALUES (2, 'other')")
        for edge in (b"max", b"min"):
            await conn.execute(
                b"UPDATE conversations SET inbound_count = 0 WHERE id ="
                b" (SELECT " + edge + b"(id::text)::uuid FROM conversations)"
            )
        looks = 0
        while await count_of(conn, "derived_differences") < 2:
            assert await look(conn) > 0
            looks += 1
        assert looks < 10
        walks = (
            b"SELECT count(DISTINCT customer_id) FROM derived_walks WHERE part = 'conversations'"
        )
        assert await values(conn, walks) == [2]


async def test_what_many_rows_were_wrong_about_is_gone_at_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await conn.execute(
            b"INSERT INTO derived_differences (customer_id, part, id, columns)"
            b" SELECT 1, 'conversations', gen_random_uuid(), '{seq}' FROM generate_series(1, 600)"
        )
        assert await look(conn) == 0
        assert await count_of(conn, "derived_differences") == 0


_FIND = [
    ("conversation_differences", "list_changed", {"conversations_pkey"}, 12_000),
    (
        "conversation_differences",
        "list_incomplete",
        {"inbound_events_pkey", "conversation_participants_pkey"},
        60_000,
    ),
    ("derived_rows", "next_conversations", {"conversations_pkey"}, 500),
    ("derived_rows", "next_events", {"inbound_events_pkey"}, 500),
    ("derived_rows", "list_unmade", {"inbound_events_pkey", "messages_pkey"}, 5_000),
]


@pytest.mark.parametrize(("stem", "name", "wanted", "most_buffers"), _FIND)
async def test_a_look_reads_no_more_than_its_rows(
    large: str, stem: str, name: str, wanted: set[str], most_buffers: int
) -> None:
    """One of the conversations has 2,000 messages."""
    ids = [id_of(f"conversation1{number}") for number in range(250)]
    if name == "list_unmade":
        ids = [id_of(f"message{number}") for number in range(500)]
    given = {
        "customer_id": 1, "ids": ids, "after_id": id_of("0"), "limit": 250, "most_messages": 5_000,
    }  # fmt: skip
    how = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    plan = await explain(large, how, statements(stem)[name], given)
    assert wanted <= indexes(plan)
    assert not _LARGE & read_whole(plan)
    assert buffers(plan) <= most_buffers


_LARGE = {
    "conversations", "conversation_participants", "messages", "message_recipients",
    "inbound_events", "inbound_queue",
}  # fmt: skip
_EVENTS = b"""
    INSERT INTO inbound_events (
        customer_id, id, channel_id, provider, kind, dedup_key, signature, headers, content_type,
        body, received_at
    )
    SELECT 1, m.id, m.channel_id, 'generic', 'message', m.id::text, 'unchecked', '{}', '', '',
        m.received_at
    FROM messages AS m;
    UPDATE messages SET event_id = id;
    INSERT INTO inbound_queue (customer_id, event_id) SELECT 1, md5(n::text)::uuid
    FROM generate_series(1, 20000) AS n;
    ANALYZE;
"""


@pytest.fixture(scope="module")
def large(prepared_databases: PreparedDatabases) -> Generator[str]:
    """Yield a database of many conversations whose messages have events."""
    with prepared_databases.copy(fill_with_many) as (url, _):
        run_coroutine(_add_events(as_owner(url)))
        yield url


async def _add_events(url: str) -> None:
    async with await connect(url, "tests") as conn:
        await conn.execute(_EVENTS, prepare=False)
