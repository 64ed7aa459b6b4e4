"""Where a message for a closed conversation goes: what the channel says, in any order."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import (
    NOW,
    a_mail,
    an_sms,
    conversations,
    count_of,
    empty,
    groups,
    make_channel,
    record,
    values,
    work,
)
from structure import close

from domain.closing import CONTINUE, ClosedPolicy

_DAY = NOW - timedelta(days=1)
_AFTER_CLOSE = ClosedPolicy(rule="new_after_close")
_AFTER_TWO_HOURS = ClosedPolicy(rule="new_after_idle", idle_hours=2)
_GENERATIONS = b"""
    SELECT (generation, is_current, status)::text FROM conversations ORDER BY generation
"""


@pytest.mark.parametrize(
    ("policy", "minute", "expected"),
    [
        (CONTINUE, 500, [("a", "b")]),
        (_AFTER_CLOSE, 6, [("a",), ("b",)]),
        (_AFTER_CLOSE, 5, [("a", "b")]),
        (_AFTER_CLOSE, 4, [("a", "b")]),
        (_AFTER_TWO_HOURS, 119, [("a", "b")]),
        (_AFTER_TWO_HOURS, 120, [("a",), ("b",)]),
    ],
)
@pytest.mark.parametrize("kind", ["sms", "email"])
async def test_a_message_for_a_closed_conversation(
    database_url: str,
    open_connection: OpenConnection,
    policy: ClosedPolicy,
    minute: int,
    expected: Sequence[tuple[str, ...]],
    kind: str,
) -> None:
    """The first message is of minute 0; its conversation is closed at minute 5."""
    async with open_connection() as conn:
        if kind == "sms":
            channel = await make_channel(conn, "sms", closed_policy=policy)
            first, second = an_sms("a"), an_sms("b", minute=minute)
        else:
            channel = await make_channel(conn, "email", "email", closed_policy=policy)
            first, second = a_mail("a"), a_mail("b", answers="a", minute=minute)
        await record(conn, channel, first, received_at=_DAY)
        await work(database_url)
        (conversation,) = await conversations(conn)
        await close(conn, conversation.id, _DAY + timedelta(minutes=5))
        await record(conn, channel, second, received_at=_DAY + timedelta(minutes=minute))
        await work(database_url)
        seen = await conversations(conn)
        assert [conversation.messages for conversation in seen] == expected
        assert [conversation.status for conversation in seen] == (
            ["open"] if len(seen) == 1 else ["closed", "open"]
        )


async def test_generations_follow_each_other(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms", closed_policy=_AFTER_CLOSE)
        for nth in range(3):
            await record(conn, channel, an_sms(f"m{nth}", minute=10 * nth))
            await work(database_url)
            await conn.execute(
                b"UPDATE conversations SET status = 'closed', closed_at = %s WHERE is_current",
                (_DAY + timedelta(minutes=10 * nth + 5),),
            )
        assert await groups(conn) == [("m0",), ("m1",), ("m2",)]
        assert await values(conn, _GENERATIONS) == [
            "(1,f,closed)", "(2,f,closed)", "(3,t,closed)",
        ]  # fmt: skip
        await record(conn, channel, an_sms("late", minute=12), an_sms("later", minute=3))
        await work(database_url)
        assert await groups(conn) == [("m0", "later"), ("m1", "late"), ("m2",)]
        await record(conn, channel, an_sms("between", minute=17))
        await work(database_url)
        assert ("m1", "late", "between") in await groups(conn)


async def test_the_order_after_a_close_makes_no_difference(
    database_url: str, open_connection: OpenConnection
) -> None:
    """All but the one that comes last were sent after the close."""
    texts = [an_sms(f"m{n}", minute=n) for n in (20, 30, 40)]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms", closed_policy=_AFTER_CLOSE)
        for order in permutations(texts):
            for batch_size in (1, 100):
                await empty(conn)
                await record(conn, channel, an_sms("first"))
                await work(database_url)
                (conversation,) = await conversations(conn)
                await close(conn, conversation.id, _DAY + timedelta(minutes=10))
                await record(conn, channel, *order)
                await work(database_url, batch_size)
                await record(conn, channel, an_sms("late", minute=5))
                await work(database_url)
                assert await groups(conn) == [("first", "late"), ("m20", "m30", "m40")]


async def test_two_workers_begin_one_new_conversation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms", closed_policy=_AFTER_CLOSE)
        for nth in range(10):
            await empty(conn)
            await record(conn, channel, an_sms("first"))
            await work(database_url)
            (conversation,) = await conversations(conn)
            await close(conn, conversation.id, _DAY)
            await record(conn, channel, *(an_sms(f"m{n}", minute=n + 1) for n in range(20)))
            await asyncio.gather(*(work(database_url, 2 + nth) for _ in range(3)))
            assert [len(group) for group in await groups(conn)] == [1, 20]
            assert await count_of(conn, "inbound_failures") == 0


async def test_a_repeated_event_changes_nothing_after_a_close(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms", closed_policy=_AFTER_CLOSE)
        await record(conn, channel, an_sms("a"))
        await work(database_url)
        (conversation,) = await conversations(conn)
        await close(conn, conversation.id, _DAY)
        await conn.execute(b"INSERT INTO inbound_queue SELECT customer_id, id FROM inbound_events")
        await work(database_url)
        (same,) = await conversations(conn)
    assert (same.id, same.status, same.messages) == (conversation.id, "closed", ("a",))


async def test_answers_follow_the_mail_that_began_anew(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email", closed_policy=_AFTER_CLOSE)
        await record(conn, channel, a_mail("a"))
        await work(database_url)
        (conversation,) = await conversations(conn)
        await close(conn, conversation.id, _DAY)
        await record(conn, channel, a_mail("b", answers="a", minute=1))
        await work(database_url)
        await record(conn, channel, a_mail("c", answers="b", references=("a", "b"), minute=2))
        await work(database_url)
        assert await groups(conn) == [("a",), ("b", "c")]
