"""Which conversation an e-mail joins, begins or brings together, on real rows."""

from dataclasses import replace
from itertools import permutations

import pytest
from conftest import OpenConnection
from flows import (
    Seen,
    a_mail,
    conversations,
    count_of,
    dump,
    empty,
    groups,
    make_channel,
    make_due,
    record,
    values,
    work,
)

from domain.channel import Channel
from domain.conversation import message_id_hash
from domain.message import InboundMessage
from store.database import Connection

ANN, BEN, EVE = "ann@example.org", "ben@example.org", "eve@example.net"


async def _arrive(
    conn: Connection, url: str, channel: Channel, *mails: InboundMessage, batch: int = 100
) -> None:
    """Let mails arrive one after the other, each worked on before the next; or in one batch."""
    if batch > 1:
        await record(conn, channel, *mails)
        assert await work(url, batch) == len(mails)
        return
    for mail in mails:
        await record(conn, channel, mail)
        assert await work(url) == 1


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_reply_joins_what_it_answers(
    database_url: str, open_connection: OpenConnection, batch: int
) -> None:
    mails = [
        a_mail("first", ANN, minute=0, body="Where is it?"),
        a_mail("reply", ANN, answers="first", minute=1, subject="Re: something else"),
        a_mail("new", ANN, minute=2, subject="About first"),
    ]
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await _arrive(conn, database_url, channel, *mails, batch=batch)
        first, new = await conversations(conn)
    assert (first.messages, first.subject) == (("first", "reply"), "About first")
    assert (new.messages, new.subject) == (("new",), "About first")
    assert first.participants == {("email", ANN, "other"), ("email", "help@example.com", "own")}


@pytest.mark.parametrize("batch", [1, 100])
async def test_to_know_a_message_id_is_not_enough(
    database_url: str, open_connection: OpenConnection, batch: int
) -> None:
    mails = [
        a_mail("first", ANN, minute=0),
        a_mail("intruder", EVE, answers="first", references=["first"], minute=1),
        a_mail("reply", ANN, answers="first", minute=2),
        a_mail("to-intruder", EVE, answers="intruder", references=["first", "intruder"], minute=3),
    ]
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await _arrive(conn, database_url, channel, *mails, batch=batch)
        assert await groups(conn) == [("first", "reply"), ("intruder", "to-intruder")]


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_display_name_does_not_make_a_participant(
    database_url: str, open_connection: OpenConnection, batch: int
) -> None:
    intruder = a_mail("intruder", f'"{ANN}" <{EVE}>', answers="first", minute=1)
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await _arrive(conn, database_url, channel, a_mail("first", ANN), intruder, batch=batch)
        assert await groups(conn) == [("first",), ("intruder",)]


@pytest.mark.parametrize("batch", [1, 100])
async def test_whoever_got_a_copy_takes_part(
    database_url: str, open_connection: OpenConnection, batch: int
) -> None:
    mails = [
        a_mail("first", ANN, cc=["Ben <BEN@Example.ORG>"], minute=0),
        a_mail("from-ben", BEN, answers="first", cc=[EVE], minute=1),
        a_mail("from-eve", EVE, answers="first", minute=2),
    ]
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await _arrive(conn, database_url, channel, *mails, batch=batch)
        (conversation,) = await conversations(conn)
    assert conversation.messages == ("first", "from-ben", "from-eve")
    others = {value for _, value, role in conversation.participants if role == "other"}
    assert others == {"ann@example.org", "ben@example.org", "eve@example.net"}


async def test_in_reply_to_comes_before_references(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await _arrive(conn, database_url, channel, a_mail("a"), a_mail("b"), a_mail("c"))
        preferred = a_mail("reply", answers="a", references=["b", "c"], minute=1)
        await _arrive(conn, database_url, channel, preferred)
        assert await groups(conn) == [("a", "reply"), ("b",), ("c",)]


async def test_references_are_tried_from_the_newest(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await _arrive(conn, database_url, channel, a_mail("a"), a_mail("b"), a_mail("c", EVE))
        reply = a_mail("reply", answers="lost", references=["a", "b", "c", "gone"], minute=1)
        await _arrive(conn, database_url, channel, reply)
        assert await groups(conn) == [("a",), ("b", "reply"), ("c",)]


async def test_threads_do_not_cross_channels(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        sales = await make_channel(conn, "sales", "email", own_address="sales@example.com")
        support = await make_channel(conn, "support", "email")
        first = a_mail("first", cc=["sales@example.com"])
        await record(conn, sales, first)
        await record(conn, support, first, a_mail("reply", answers="first", minute=1))
        await work(database_url)
        assert await groups(conn) == [("first",), ("first", "reply")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_our_other_mailbox_answers_in_the_thread_and_is_nobody_else(
    database_url: str, open_connection: OpenConnection, order: tuple[int, int]
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await make_channel(conn, "sales", "email", own_address="sales@example.com")
        both = a_mail("both", cc=["sales@example.com"])
        ours = a_mail("ours", "Sales <sales@example.com>", answers="both", minute=1)
        for nth in order:
            await _arrive(conn, database_url, channel, (both, ours)[nth])
        (conversation,) = await conversations(conn)
        contacts = await values(conn, b"SELECT value FROM addresses WHERE contact_id IS NOT NULL")
    assert conversation.messages == ("both", "ours")
    assert conversation.participants == {
        ("email", "ann@example.org", "other"),
        ("email", "help@example.com", "own"),
        ("email", "sales@example.com", "own"),
    }
    assert contacts == ["ann@example.org"]


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_late_parent_takes_in_who_waited_for_it(
    database_url: str, open_connection: OpenConnection, batch: int
) -> None:
    """Two batches: the orphans with their followers, then the parent with another mail."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        early = [
            a_mail("orphan", ANN, answers="parent", cc=[BEN], minute=5),
            a_mail("follower", BEN, answers="orphan", minute=6),
            a_mail("other-orphan", BEN, answers="parent", minute=7, body="The latest"),
        ]
        await _arrive(conn, database_url, channel, *early, batch=batch)
        orphan, other = await conversations(conn)
        assert (orphan.messages, other.messages) == (("orphan", "follower"), ("other-orphan",))
        late = [a_mail("parent", ANN, cc=[BEN], minute=1), a_mail("later", ANN, answers="parent")]
        await _arrive(conn, database_url, channel, *late, batch=batch)
        (conversation,) = await conversations(conn)
        merged = await values(conn, b"SELECT from_id FROM conversation_merges ORDER BY 1")
        assert merged == sorted([orphan.id, other.id])
        assert await values(conn, b"SELECT DISTINCT into_id FROM conversation_merges") == [
            conversation.id
        ]
        assert await count_of(conn, "email_awaited") == 0
        told = await values(
            conn,
            b"SELECT conversation_id FROM outbox WHERE type = 'conversation.merged' ORDER BY 1",
        )
        assert told == merged
    assert conversation.messages == ("later", "parent", "orphan", "follower", "other-orphan")
    assert (conversation.subject, conversation.last) == ("About later", "later")
    assert conversation.participants == {
        ("email", "help@example.com", "own"),
        ("email", ANN, "other"),
        ("email", BEN, "other"),
    }


async def test_merges_lead_to_where_the_messages_are_now(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        chain = [a_mail("d", answers="c", minute=4), a_mail("c", answers="b", minute=3)]
        chain += [a_mail("b", answers="a", minute=2), a_mail("a", minute=1)]
        ids: list[str] = []
        for mail in chain:
            await _arrive(conn, database_url, channel, mail)
            (conversation,) = await conversations(conn)
            ids.append(conversation.id)
        merged = await values(conn, b"SELECT from_id FROM conversation_merges ORDER BY 1")
        assert merged == sorted(ids[:-1])
        assert await values(conn, b"SELECT DISTINCT into_id FROM conversation_merges") == ids[-1:]


async def test_merges_within_one_batch_follow_each_other(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Stored: c waits for b, e waits for d. One batch brings d (waits for c's parent) and all."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        stored = [a_mail("c", answers="b", minute=3), a_mail("e", answers="d", minute=5)]
        stored.append(a_mail("g", answers="f", minute=7))
        await _arrive(conn, database_url, channel, *stored)
        assert len(await groups(conn)) == 3
        late = [a_mail("f", answers="e", minute=6), a_mail("d", answers="c", minute=4)]
        late += [a_mail("b", answers="a", minute=2), a_mail("a", minute=1)]
        await _arrive(conn, database_url, channel, *late)
        assert await groups(conn) == [("a", "b", "c", "d", "e", "f", "g")]
        assert await count_of(conn, "email_awaited") == 0
        assert await count_of(conn, "conversation_merges") == 3


async def test_the_orphan_of_a_stranger_is_not_taken_in(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        orphans = [a_mail("mine", ANN, answers="parent", minute=1)]
        orphans.append(a_mail("intruder", EVE, answers="parent", minute=2))
        await _arrive(conn, database_url, channel, *orphans)
        await _arrive(conn, database_url, channel, a_mail("parent", ANN, minute=0))
        assert await groups(conn) == [("intruder",), ("parent", "mine")]


@pytest.mark.parametrize("number", range(8))
async def test_one_that_is_taken_in_may_vouch_for_another(
    database_url: str, open_connection: OpenConnection, number: int
) -> None:
    """Ben is only known from the copy that Ann sent him; ids differ, and must not matter."""
    copy, answer = f"copy-{number}", f"answer-{number}"
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        orphans = [a_mail(answer, BEN, answers="parent", minute=2)]
        orphans.append(a_mail(copy, ANN, answers="parent", cc=[BEN], minute=1))
        await _arrive(conn, database_url, channel, *orphans)
        await _arrive(conn, database_url, channel, a_mail("parent", ANN, minute=0))
        assert await groups(conn) == [("parent", copy, answer)]


@pytest.mark.parametrize("has_references", [False, True])
@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_a_chain_is_one_conversation_in_whatever_order(
    database_url: str, open_connection: OpenConnection, has_references: bool, batch: int
) -> None:
    chain = [
        a_mail("a", ANN, minute=1, cc=[BEN]),
        a_mail("b", BEN, answers="a", references=["a"] * has_references, minute=2, cc=[ANN]),
        a_mail("c", ANN, answers="b", references=["a", "b"] * has_references, minute=3),
    ]
    found: list[list[Seen]] = []
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        for order in permutations(chain):
            await empty(conn)
            if batch == 1:
                await _arrive(conn, database_url, channel, *order, batch=1)
            else:
                await record(conn, channel, *order)
                await work(database_url, batch)
            assert await count_of(conn, "email_awaited") == 0
            (whole,) = await conversations(conn)
            assert whole.last == order[-1].provider_message_id
            found.append([replace(whole, last="")])
    assert [conversation.messages for conversation in found[0]] == [("a", "b", "c")]
    assert found == found[:1] * 6


async def test_the_first_who_bears_a_message_id_keeps_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        twice = [a_mail(name, message_id="same@mail") for name in ("first", "second")]
        await _arrive(conn, database_url, channel, *twice, batch=1)
        reply = a_mail("reply", answers="same@mail", minute=1)
        again = a_mail("third", message_id="same@mail", minute=2)
        await _arrive(conn, database_url, channel, again, reply)
        assert await groups(conn) == [("first", "reply"), ("second",), ("third",)]


async def test_mails_that_refer_to_each_other_are_no_trouble(
    database_url: str, open_connection: OpenConnection
) -> None:
    knot = [
        a_mail("a", answers="b", references=["a", "c"], minute=1),
        a_mail("b", answers="c", references=["b"], minute=2),
        a_mail("c", answers="a", minute=3),
    ]
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        for order in permutations(knot):
            for batch in (1, 100):
                await empty(conn)
                await _arrive(conn, database_url, channel, *order, batch=batch)
                assert await groups(conn) == [("a", "b", "c")]


@pytest.mark.parametrize("length", [900, 998])
async def test_a_message_id_as_long_as_a_header_line(
    database_url: str, open_connection: OpenConnection, length: int
) -> None:
    long_id = "x" * (length - 5) + "@mail"
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        mails = [a_mail("first", message_id=long_id), a_mail("b", answers=long_id, minute=1)]
        await _arrive(conn, database_url, channel, *mails)
        assert await groups(conn) == [("first", "b")]
        stored = await values(conn, b"SELECT (value, hash)::text FROM email_message_ids")
        assert f"({long_id},{message_id_hash(long_id)})" in stored


async def test_without_a_message_id_a_mail_can_only_join(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        mails = [
            a_mail("bare", message_id=None),
            a_mail("bare-2", message_id=None, minute=1),
            a_mail("first", minute=2),
            a_mail("reply", answers="first", message_id=None, minute=3),
        ]
        await _arrive(conn, database_url, channel, *mails)
        assert await groups(conn) == [("bare",), ("bare-2",), ("first", "reply")]


async def test_a_mail_to_be_processed_again_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        mails = [a_mail("b", answers="a", minute=2), a_mail("a", minute=1), a_mail("c", EVE)]
        await _arrive(conn, database_url, channel, *mails, batch=1)
        before = await dump(conn)
        await conn.execute(
            b"INSERT INTO inbound_queue (customer_id, event_id)"
            b" SELECT customer_id, id FROM inbound_events"
        )
        await make_due(conn)
        assert await work(database_url) == 3
        after = await dump(conn)
    assert before.pop("workers") != after.pop("workers")
    assert after == before
