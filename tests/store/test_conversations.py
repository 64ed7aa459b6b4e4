"""Which conversation a text belongs to, and what a message does to its conversation."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import msgspec
import pytest
from conftest import OpenConnection
from flows import (
    ANN,
    BEN,
    CAT,
    NOW,
    OWN_PHONE,
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

from domain.message import InboundMessage
from store.database import Connection

_CONTACTS = b"""
    SELECT a.value FROM addresses AS a
    JOIN contacts AS c ON c.customer_id = a.customer_id AND c.id = a.contact_id
    ORDER BY 1
"""


async def test_one_person_is_one_conversation_however_written(
    database_url: str, open_connection: OpenConnection
) -> None:
    spellings = (ANN, "4155550101", "(415) 555-0101", " +1 415-555-0101", "14155550101")
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        texts = [an_sms(f"m{n}", spelling, minute=n) for n, spelling in enumerate(spellings)]
        await record(conn, channel, *texts)
        await work(database_url)
        (conversation,) = await conversations(conn)
        assert await values(conn, _CONTACTS) == [ANN]
    assert conversation.messages == ("m0", "m1", "m2", "m3", "m4")
    assert conversation.participants == {("phone", ANN, "other"), ("phone", OWN_PHONE, "own")}


@pytest.mark.parametrize("batch_size", [1, 100])
async def test_a_group_is_its_members_in_any_order(
    database_url: str, open_connection: OpenConnection, batch_size: int
) -> None:
    """Everybody writes to all the others; our own number may stand anywhere among them."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        minute = 0
        for members in permutations((ANN, BEN, CAT)):
            for place in range(3):
                to = [*members[1:]]
                to.insert(place, OWN_PHONE)
                name = f"m{minute:02}"
                await record(
                    conn, channel, an_sms(name, members[0], *to, kind="mms", minute=minute)
                )
                minute += 1
        await record(conn, channel, an_sms("pair", ANN, OWN_PHONE, BEN, minute=90))
        await record(conn, channel, an_sms("twice", ANN, BEN, OWN_PHONE, BEN, minute=91))
        await record(conn, channel, an_sms("alone", ANN, minute=92))
        await work(database_url, batch_size)
        group, pair, alone = sorted(await groups(conn), key=len, reverse=True)
    assert group == tuple(f"m{number:02}" for number in range(18))
    assert (pair, alone) == (("pair", "twice"), ("alone",))


@pytest.mark.parametrize("sender", ["ACME Shop", "12345", "72975", "whatsapp:+14155550101", "Ünï"])
async def test_a_sender_without_a_number_is_a_handle(
    database_url: str, open_connection: OpenConnection, sender: str
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a", sender), an_sms("b", f" {sender} ", minute=1))
        await work(database_url)
        (conversation,) = await conversations(conn)
        assert await values(conn, b"SELECT is_validated FROM addresses WHERE kind = 'handle'") == [
            False
        ]
    assert conversation.messages == ("a", "b")
    assert ("handle", sender, "other") in conversation.participants


async def test_two_channels_have_their_own_conversations(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The same provider message id arrives on both."""
    async with open_connection() as conn:
        one = await make_channel(conn, "one")
        two = await make_channel(conn, "two", own_address="+14155550198")
        await record(conn, one, an_sms("a"))
        await record(conn, two, an_sms("a", ANN, "+14155550198"))
        await work(database_url)
        first, second = await conversations(conn)
        assert await values(conn, _CONTACTS) == [ANN]
    assert (first.channel, first.messages) == ("one", ("a",))
    assert (second.channel, second.messages) == ("two", ("a",))
    assert first.id != second.id


async def test_our_own_address_may_write_to_us(
    database_url: str, open_connection: OpenConnection
) -> None:
    """A copy of what we sent, and what we sent to ourselves; nobody becomes our contact."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(
            conn,
            channel,
            an_sms("copy", OWN_PHONE, ANN, minute=0),
            an_sms("answer", ANN, minute=1),
            an_sms("note", OWN_PHONE, OWN_PHONE, minute=2),
        )
        await work(database_url)
        with_ann, alone = await conversations(conn)
        assert await values(conn, _CONTACTS) == [ANN]
    assert with_ann.messages == ("copy", "answer")
    assert (alone.messages, alone.participants) == (("note",), {("phone", OWN_PHONE, "own")})


async def test_an_own_address_of_another_channel_is_never_a_contact(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Our numbers write to each other, and somebody writes to two of them."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "one")
        other = await make_channel(conn, "two", own_address=BEN)
        await record(conn, other, an_sms("a", ANN, BEN))
        await record(conn, channel, an_sms("b", BEN), an_sms("group", ANN, OWN_PHONE, BEN))
        await record(conn, other, an_sms("c", ANN, BEN))
        await work(database_url)
        assert await count_of(conn, "inbound_queue") == await count_of(conn, "dead_letters") == 0
        assert await values(conn, _CONTACTS) == [ANN]
        found = {
            conversation.messages: conversation.participants
            for conversation in await conversations(conn)
        }
    ours = {("phone", OWN_PHONE, "own"), ("phone", BEN, "own")}
    ann = ("phone", ANN, "other")
    assert found == {
        ("a", "c"): {ann, ("phone", BEN, "own")},
        ("b",): ours,
        ("group",): {ann, *ours},
    }


async def test_each_number_of_a_channel_has_its_own_conversations(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Two numbers of the channel, and one of its pool that nobody listed."""
    second, unlisted = "+14155550198", "+14155550195"
    async with open_connection() as conn:
        channel = await make_channel(conn, "pool", further_addresses=(second,))
        for number in (OWN_PHONE, second, unlisted):
            await record(conn, channel, an_sms(f"to {number}", ANN, number))
        await record(conn, channel, an_sms("again", ANN, second, minute=1))
        await work(database_url)
        assert await values(conn, _CONTACTS) == [ANN]
        found = {
            conversation.messages: conversation.participants
            for conversation in await conversations(conn)
        }
    ann = ("phone", ANN, "other")
    assert found == {
        (f"to {OWN_PHONE}",): {ann, ("phone", OWN_PHONE, "own")},
        (f"to {second}", "again"): {ann, ("phone", second, "own")},
        (f"to {unlisted}",): {ann, ("phone", unlisted, "own")},
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [("open", "open"), ("pending", "open"), ("snoozed", "open"), ("closed", "open"),
     ("spam", "spam")],
)  # fmt: skip
async def test_a_new_message_opens_its_conversation_unless_it_is_spam(
    database_url: str, open_connection: OpenConnection, before: str, after: str
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        await work(database_url)
        await _set_status(conn, before)
        await record(conn, channel, an_sms("b", minute=1))
        await work(database_url)
        (conversation,) = await conversations(conn)
        assert await values(conn, b"SELECT closed_at FROM conversations") == [None]
        assert await values(conn, b"SELECT version FROM conversations") == [2]
    assert (conversation.status, conversation.messages) == (after, ("a", "b"))


@pytest.mark.parametrize("parent", ["closed", "spam", "open"])
@pytest.mark.parametrize("orphan", ["closed", "spam", "open"])
async def test_a_merge_is_a_new_message_too(
    database_url: str, open_connection: OpenConnection, parent: str, orphan: str
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, a_mail("a", minute=1), a_mail("c", answers="b", minute=3))
        await work(database_url)
        root, waiting = await conversations(conn)
        await _set_status(conn, parent, root.id)
        await _set_status(conn, orphan, waiting.id)
        await record(conn, channel, a_mail("b", answers="a", minute=2))
        await work(database_url)
        (conversation,) = await conversations(conn)
    assert (conversation.id, conversation.messages) == (root.id, ("a", "b", "c"))
    assert conversation.status == ("spam" if parent == "spam" else "open")


async def _set_status(conn: Connection, status: str, conversation: str | None = None) -> None:
    await conn.execute(
        """
        UPDATE conversations
        SET status = %(status)s,
            closed_at = CASE WHEN %(status)s = 'closed' THEN now() END,
            snoozed_until = CASE WHEN %(status)s = 'snoozed' THEN now() END
        WHERE %(id)s::uuid IS NULL OR id = %(id)s::uuid
        """,
        {"status": status, "id": conversation},
    )


async def test_the_message_that_came_last_is_shown_whenever_it_was_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Messages carry minutes 0 to 3 and come in every order, one by one and together."""
    texts = [an_sms(f"m{n}", body=f"Body {n}", minute=n) for n in range(4)]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for order in permutations(texts):
            await empty(conn)
            await record(conn, channel, *order[:2])
            await work(database_url)
            await record(conn, channel, *order[2:])
            await work(database_url)
            (conversation,) = await conversations(conn)
            assert (conversation.first, conversation.last, conversation.preview) == (
                "m0",
                order[-1].provider_message_id,
                order[-1].body,
            )


async def test_seq_follows_time_within_a_batch_and_arrival_between_batches(
    database_url: str, open_connection: OpenConnection
) -> None:
    in_seq = b"SELECT provider_message_id FROM messages ORDER BY seq"
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for minutes in ((5, 3, 4), (1, 2)):
            await record(conn, channel, *(an_sms(f"m{n}", minute=n) for n in minutes))
            await work(database_url)
        assert await values(conn, in_seq) == ["m3", "m4", "m5", "m1", "m2"]
        assert await groups(conn) == [("m1", "m2", "m3", "m4", "m5")]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("2999-01-01T00:00:00Z", NOW),
        ("2024-11-01T14:00:00.000001Z", NOW),
        ("2024-11-01T13:59:59.999999Z", NOW - timedelta(microseconds=1)),
        ("1970-01-01T00:00:00Z", NOW),
        ("0001-01-01T00:00:00Z", NOW),
        ("9999-12-31T23:59:59.999999-14:00", NOW),
        ("1985-10-26T01:21:00Z", NOW - timedelta(days=14251, hours=12, minutes=39)),
        ("not a time", NOW),
        ("", NOW),
        (None, NOW),
        (1e300, NOW),
        (-5, NOW),
    ],
)
async def test_a_time_that_no_clock_could_have_shown_is_not_believed(
    database_url: str, open_connection: OpenConnection, claim: object, expected: object
) -> None:
    """The list is sorted by our clock, whatever is believed."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, _claiming(claim))
        await work(database_url)
        assert await values(conn, b"SELECT sent_at FROM messages") == [expected]
        assert await values(conn, b"SELECT last_activity_at FROM conversations") == [NOW]


def _claiming(timestamp: object) -> bytes:
    fields = {"from": ANN, "to": OWN_PHONE, "provider_message_id": "m", "body": "Hello"}
    return msgspec.json.encode(fields | {"timestamp": timestamp})


async def test_many_people_in_one_batch(database_url: str, open_connection: OpenConnection) -> None:
    people = [f"+1415556{number:04}" for number in range(200)]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *_texts(people))
        assert await work(database_url, 500) == 400
        seen = await conversations(conn)
        assert len(await values(conn, _CONTACTS)) == 200
    assert sorted(conversation.messages for conversation in seen) == [
        (f"{p} 0", f"{p} 1") for p in people
    ]


def _texts(people: Sequence[str]) -> list[InboundMessage]:
    return [an_sms(f"{person} {nth}", person, minute=nth) for nth in (0, 1) for person in people]
