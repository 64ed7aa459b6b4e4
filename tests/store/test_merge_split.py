"""What agents bring together and take apart, and where new messages go afterwards."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from conftest import OpenConnection
from flows import (
    ANN,
    BEN,
    NOW,
    Seen,
    a_mail,
    an_sms,
    conversations,
    count_of,
    groups,
    make_channel,
    record,
    values,
    work,
    worker_config,
)
from structure import close, make_agent, reply

from app.ids import new_id
from domain.actor import Actor
from domain.closing import ClosedPolicy
from domain.errors import Conflict, NotFound, ValidationFailed, VersionMismatch
from inbox.conversations.merge import Merged, merge_conversation
from inbox.conversations.split import SplitOff, split_off
from store.database import Connection
from store.merge_split import find_whereabouts
from worker.step import Worker

_DAY = NOW - timedelta(days=1)
_PROGRAM = Actor(customer_id=1)
_CHANGES = b"SELECT type FROM outbox WHERE type LIKE 'conversation.%%' ORDER BY xid, seq"


async def _merge(
    conn: Connection, taken: str, into: str, version: int | None = None, actor: Actor = _PROGRAM
) -> Merged:
    async with conn.transaction():
        return await merge_conversation(
            conn, actor, entry_id=new_id(), from_id=taken, into_id=into, version=version
        )


async def _split(
    conn: Connection, named: str, from_seq: int, version: int | None = None
) -> SplitOff:
    async with conn.transaction():
        return await split_off(
            conn,
            _PROGRAM,
            new_ids=(new_id(), new_id()),
            named=named,
            from_seq=from_seq,
            version=version,
        )


async def _with(conn: Connection, name: str) -> Seen:
    """Find the conversation that a message is in."""
    (conversation,) = [
        conversation for conversation in await conversations(conn) if name in conversation.messages
    ]
    return conversation


async def test_a_merged_conversation_continues_in_the_other(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a1", ANN, minute=1), an_sms("b1", BEN, minute=2))
        await work(database_url)
        ann, ben = await _with(conn, "a1"), await _with(conn, "b1")
        merged = await _merge(conn, ann.id, ben.id)
        assert (merged.into_id, merged.moved) == (ben.id, 1)
        assert await groups(conn) == [("a1", "b1")]
        assert await values(conn, _CHANGES) == ["conversation.merged", "conversation.updated"]
        assert await values(conn, b"SELECT version FROM conversations") == [merged.version]
        assert await values(conn, b"SELECT action FROM audit") == ["conversation.merged"]
        await record(conn, channel, an_sms("a2", ANN, minute=3), an_sms("b2", BEN, minute=4))
        await work(database_url)
        (conversation,) = await conversations(conn)
        assert (conversation.id, conversation.messages) == (ben.id, ("a1", "b1", "a2", "b2"))
        assert {value for _, value, _ in conversation.participants} >= {ANN, BEN}
        assert await find_whereabouts(conn, 1, ann.id) == ben.id


async def test_a_worker_that_knows_the_conversation_follows_its_merge(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The worker is the same one before and after: it must not bring back what is no more."""
    worker = Worker(worker_config(database_url))
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a1", ANN), an_sms("b1", BEN, minute=1))
        await worker.step()
        ann, ben = await _with(conn, "a1"), await _with(conn, "b1")
        await _merge(conn, ann.id, ben.id)
        await record(conn, channel, an_sms("a2", ANN, minute=2))
        await worker.step()
        (conversation,) = await conversations(conn)
        assert (conversation.id, conversation.messages) == (ben.id, ("a1", "b1", "a2"))
        split = await _split(conn, ben.id, 3)
        await record(conn, channel, an_sms("a3", ANN, minute=3), an_sms("b2", BEN, minute=4))
        await worker.step()
        assert (await _with(conn, "a3")).id == split.id
        assert (await _with(conn, "b2")).id == ben.id
        assert await count_of(conn, "inbound_failures") == 0
    await worker.close()


async def test_merges_follow_each_other(database_url: str, open_connection: OpenConnection) -> None:
    people = [f"+1415555010{n}" for n in range(1, 5)]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(
            conn, channel, *(an_sms(person, person, minute=n) for n, person in enumerate(people))
        )
        await work(database_url)
        ids = [(await _with(conn, person)).id for person in people]
        for taken, into in pairwise(ids):
            await _merge(conn, taken, into)
        for conversation_id in ids:
            assert await find_whereabouts(conn, 1, conversation_id) == ids[-1]
        texts = [an_sms(f"{person} again", person, minute=9 + n) for n, person in enumerate(people)]
        await record(conn, channel, *texts)
        await work(database_url)
        (conversation,) = await conversations(conn)
        assert (conversation.id, len(conversation.messages)) == (ids[-1], 8)


async def test_what_agents_did_goes_with_a_merge(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a", ANN), an_sms("b", BEN, minute=1))
        await work(database_url)
        ann, ben = await _with(conn, "a"), await _with(conn, "b")
        reader, other = await make_agent(conn, "Ada"), await make_agent(conn, "Bob")
        await conn.execute(
            b"INSERT INTO read_marks SELECT 1, %s, id, 1 FROM conversations", (reader,)
        )
        await conn.execute(b"INSERT INTO read_marks VALUES (1, %s, %s, 1)", (other, ben.id))
        await conn.execute(
            b"UPDATE conversations SET assignee_id = %s WHERE id = %s", (other, ann.id)
        )
        for conversation in (ann, ben):
            await conn.execute(
                b"INSERT INTO conversation_tags VALUES (1, %s, 'vip')", (conversation.id,)
            )
        await close(conn, ben.id, _DAY)
        await _merge(conn, ann.id, ben.id, actor=Actor(customer_id=1, agent_id=reader))
        assert await values(conn, b"SELECT assignee_id FROM conversations") == [other]
        assert await values(conn, b"SELECT status FROM conversations") == ["open"]
        assert await values(conn, b"SELECT tag FROM conversation_tags") == ["vip"]
        marks = b"SELECT last_read_seq FROM read_marks WHERE agent_id = %s"
        assert await values(conn, marks, reader) == [2]
        assert await values(conn, marks, other) == [1]
        assert await values(conn, b"SELECT agent_id FROM conversation_merges") == [reader]


async def test_what_cannot_be_merged(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        one = await make_channel(conn, "one")
        two = await make_channel(conn, "two", own_address="+14155550198")
        await record(conn, one, an_sms("a"), an_sms("b", BEN))
        await record(conn, two, an_sms("c"))
        await work(database_url)
        a, b, c = [(await _with(conn, name)).id for name in "abc"]
        with pytest.raises(Conflict):
            await _merge(conn, a, c)
        with pytest.raises(Conflict):
            await _merge(conn, a, a)
        with pytest.raises(VersionMismatch):
            await _merge(conn, a, b, version=7)
        with pytest.raises(NotFound):
            await _merge(conn, new_id(), a)
        with pytest.raises(ValidationFailed):
            await _merge(conn, a, new_id())
        await _merge(conn, a, b, version=1)
        with pytest.raises(Conflict):
            await _merge(conn, a, b)
        for seq in (1, 0, -1, 3):
            with pytest.raises(ValidationFailed):
                await _split(conn, b, seq)
        with pytest.raises(NotFound):
            await _split(conn, new_id(), 2)


async def test_split_texts_go_on_in_the_new_conversation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        texts = (an_sms(f"m{n}", minute=10 * n, body=f"Body {n}") for n in range(4))
        await record(conn, channel, *texts, received_at=_DAY + timedelta(minutes=30))
        await work(database_url)
        (whole,) = await conversations(conn)
        answer = await reply(conn, whole.id, _DAY + timedelta(minutes=35))
        await conn.execute(
            b"INSERT INTO outbound_queue"
            b" (customer_id, message_id, channel_id, conversation_id, seq)"
            b" SELECT 1, id, channel_id, conversation_id, seq FROM messages WHERE id = %s",
            (answer,),
        )
        reader = await make_agent(conn)
        await conn.execute(b"INSERT INTO read_marks VALUES (1, %s, %s, 4)", (reader, whole.id))
        split = await _split(conn, whole.id, 3, version=2)
        old, new = await conversations(conn)
        assert (old.id, old.messages, old.preview) == (whole.id, ("m0", "m1"), "Body 1")
        assert (new.id, new.messages, new.last) == (split.id, ("m2", "m3", "reply"), "reply")
        assert old.participants == new.participants
        assert (split.moved, split.version, split.from_version) == (3, 1, 3)
        assert await values(conn, b"SELECT (conversation_id, seq)::text FROM outbound_queue") == [
            f"({split.id},3)"
        ]
        marks = b"SELECT last_read_seq FROM read_marks WHERE conversation_id = %s"
        assert await values(conn, marks, old.id) == [2]
        assert await values(conn, marks, new.id) == [2]
        assert await values(conn, _CHANGES) == [
            "conversation.split", "conversation.created", "conversation.updated",
        ]  # fmt: skip
        await record(conn, channel, an_sms("next", minute=50), an_sms("late", minute=11))
        await work(database_url)
        assert await groups(conn) == [("m0", "m1", "late"), ("m2", "m3", "reply", "next")]
        again = await _split(conn, split.id, 4)
        await record(conn, channel, an_sms("last", minute=60))
        await work(database_url)
        assert (await _with(conn, "last")).id == again.id


async def test_a_split_takes_back_what_a_merge_brought(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a1", ANN), an_sms("b1", BEN, minute=1))
        await work(database_url)
        ann, ben = await _with(conn, "a1"), await _with(conn, "b1")
        await _merge(conn, ann.id, ben.id)
        split = await _split(conn, ben.id, 2)
        await record(conn, channel, an_sms("a2", ANN, minute=5), an_sms("b2", BEN, minute=6))
        await work(database_url)
        assert (await _with(conn, "a2")).id == split.id
        assert (await _with(conn, "b2")).id == ben.id
        assert await groups(conn) == [("a1", "a2"), ("b1", "b2")]


async def test_answers_to_split_mails_follow_them(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, a_mail("a"), a_mail("b", answers="a", minute=1))
        await work(database_url)
        (whole,) = await conversations(conn)
        split = await _split(conn, whole.id, 2)
        await record(
            conn,
            channel,
            a_mail("c", answers="b", references=("a", "b"), minute=2),
            a_mail("d", answers="a", minute=3),
        )
        await work(database_url)
        assert (await _with(conn, "c")).id == split.id
        assert await groups(conn) == [("a", "d"), ("b", "c")]


async def test_a_waiting_mail_that_was_merged_still_finds_its_parent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, a_mail("child", answers="parent", minute=5), a_mail("other"))
        await work(database_url)
        child, other = await _with(conn, "child"), await _with(conn, "other")
        await _merge(conn, child.id, other.id)
        await record(conn, channel, a_mail("parent", minute=4))
        await work(database_url)
        assert [set(group) for group in await groups(conn)] == [{"other", "parent", "child"}]


async def test_a_closed_merge_begins_anew_under_its_own_key(
    database_url: str, open_connection: OpenConnection
) -> None:
    policy = ClosedPolicy(rule="new_after_close")
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms", closed_policy=policy)
        await record(conn, channel, an_sms("a1", ANN), an_sms("b1", BEN))
        await work(database_url)
        ann, ben = await _with(conn, "a1"), await _with(conn, "b1")
        await _merge(conn, ann.id, ben.id)
        await close(conn, ben.id, _DAY + timedelta(minutes=5))
        await record(conn, channel, an_sms("a2", ANN, minute=6), an_sms("b2", BEN, minute=7))
        await work(database_url)
        assert sorted(await groups(conn)) == [("a1", "b1"), ("a2",), ("b2",)]


async def test_merges_and_splits_while_workers_work(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Whatever comes in between, nothing is lost and every seq is given once."""
    people = [f"+1415556{number:04}" for number in range(6)]
    async with open_connection() as conn, open_connection() as agent:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(person, person) for person in people))
        await work(database_url)
        texts = [
            an_sms(f"{person} {n}", person, minute=n) for n in range(1, 40) for person in people
        ]
        await record(conn, channel, *texts)
        workers = [asyncio.create_task(work(database_url, 7)) for _ in range(2)]
        ids = [
            str(conversation_id)
            for conversation_id in await values(agent, b"SELECT id FROM conversations ORDER BY 1")
        ]
        for taken, into in ((0, 1), (1, 2), (3, 2)):
            await _merge(agent, ids[taken], ids[into])
        await _split(agent, ids[2], 2)
        await _merge(agent, ids[4], ids[2])
        await _split(agent, ids[2], 2)
        await asyncio.gather(*workers)
        seen = await conversations(conn)
        assert sum(len(conversation.messages) for conversation in seen) == len(people) * 40
        assert await count_of(conn, "inbound_failures") == 0
