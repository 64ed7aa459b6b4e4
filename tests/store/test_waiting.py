"""Who waits for an answer since when, and what is unread, whatever came in which order."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import NOW, a_mail, an_sms, conversations, empty, make_channel, record, values, work
from structure import make_agent, reply

_DAY = NOW - timedelta(days=1)
_AT_TWO = _DAY + timedelta(minutes=2)
_OUTBOX = b"""
    SELECT (version, message_seq)::text FROM outbox WHERE type = 'message.received' ORDER BY seq
"""


@pytest.mark.parametrize("portions", [(1, 1, 1), (3,), (1, 2), (2, 1)])
async def test_whoever_wrote_after_our_answer_waits(
    database_url: str, open_connection: OpenConnection, portions: Sequence[int]
) -> None:
    """The answer is of minute 15; texts that arrived at 10, 20 and 30 are read in any order."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for order in permutations((10, 20, 30)):
            await empty(conn)
            await record(conn, channel, an_sms("first", minute=0), received_at=_DAY)
            await work(database_url)
            (conversation,) = await conversations(conn)
            await reply(conn, conversation.id, _DAY + timedelta(minutes=15))
            assert await values(conn, b"SELECT waiting_since FROM conversations") == [None]
            texts = iter(order)
            for portion in portions:
                batch = [next(texts) for _ in range(portion)]
                for n in batch:
                    at = _DAY + timedelta(minutes=n)
                    await record(conn, channel, an_sms(f"m{n}", minute=-n), received_at=at)
                await work(database_url)
                await conversations(conn)
            since = await values(conn, b"SELECT waiting_since FROM conversations")
            assert since == [_DAY + timedelta(minutes=20)]


@pytest.mark.parametrize(("arrived", "waits"), [(4, False), (6, True)])
async def test_a_text_that_arrives_after_our_answer_waits_whenever_it_was_sent(
    database_url: str, open_connection: OpenConnection, arrived: int, waits: bool
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a", minute=0), received_at=_DAY)
        await work(database_url)
        (conversation,) = await conversations(conn)
        await reply(conn, conversation.id, _DAY + timedelta(minutes=5))
        at = _DAY + timedelta(minutes=arrived)
        await record(conn, channel, an_sms("late", minute=3), received_at=at)
        await work(database_url)
        await conversations(conn)
        since = await values(conn, b"SELECT waiting_since FROM conversations")
        assert since == [at if waits else None]
        assert await values(conn, b"SELECT last_inbound_seq FROM conversations") == [3]


async def test_the_outbox_says_version_and_seq(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), an_sms("b", minute=1))
        await work(database_url)
        await record(conn, channel, an_sms("c", minute=2))
        await work(database_url)
        assert await values(conn, _OUTBOX) == ["(1,1)", "(1,2)", "(2,3)"]


async def test_a_late_parent_finds_what_was_done_with_the_orphan(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Its assignee, tags, notes, answers and queue go with it; its read marks do not."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(
            conn, channel, a_mail("child", answers="parent", minute=2), received_at=_AT_TWO
        )
        await work(database_url)
        (orphan,) = await conversations(conn)
        agent = await make_agent(conn)
        answer = await reply(conn, orphan.id, _DAY + timedelta(minutes=3))
        keys = {"agent": agent, "orphan": orphan.id, "answer": answer}
        for statement in _WORK_ON_ORPHAN:
            await conn.execute(statement, keys)
        mails = a_mail("parent", minute=1), a_mail("late", minute=9)
        await record(conn, channel, *mails, received_at=_AT_TWO)
        await work(database_url)
        _, joined = await conversations(conn)
        assert joined.messages == ("parent", "child", "reply")
        for query in _WORKED_ON:
            assert await values(conn, query) == [joined.id], query
        assert await values(conn, _WAITING, joined.id) == [None]
        assert await values(conn, b"SELECT agent_id FROM read_marks") == []
        assert await values(conn, b"SELECT seq FROM outbound_queue") == await values(
            conn, b"SELECT seq FROM messages WHERE direction = 'outbound'"
        )


_WAITING = b"SELECT waiting_since FROM conversations WHERE id = %s"
_WORK_ON_ORPHAN = (
    b"UPDATE conversations SET assignee_id = %(agent)s",
    b"INSERT INTO conversation_tags VALUES (1, %(orphan)s, 'billing')",
    b"INSERT INTO notes (customer_id, id, conversation_id, text)"
    b" VALUES (1, gen_random_uuid(), %(orphan)s, 'A note')",
    b"INSERT INTO read_marks VALUES (1, %(agent)s, %(orphan)s, 1)",
    b"INSERT INTO outbound_queue (customer_id, message_id, channel_id, conversation_id, seq)"
    b" SELECT customer_id, id, channel_id, conversation_id, seq FROM messages"
    b" WHERE id = %(answer)s",
)
_WORKED_ON = (
    b"SELECT id FROM conversations WHERE assignee_id IS NOT NULL",
    b"SELECT conversation_id FROM conversation_tags",
    b"SELECT conversation_id FROM notes",
    b"SELECT conversation_id FROM outbound_queue",
    b"SELECT object_id FROM outbox WHERE type = 'conversation.merged'",
)
