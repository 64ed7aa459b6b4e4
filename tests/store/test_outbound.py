"""A message of ours in the tables: its number, what it does to the conversation, who wrote it."""

import asyncio
from dataclasses import replace

import pytest
from conftest import OpenConnection
from flows import ANN, BEN, CAT, a_mail, an_sms, make_channel, values
from sending import ACTOR, a_conversation, answer, desk, sending_channel

from app.ids import new_id
from domain.errors import Conflict, NotFound
from inbox.writing.recipients import reply_subject
from inbox.writing.reply import Written, reply, start_text
from store.database import Connection

_AGENT = b"INSERT INTO agents (customer_id, id, name, role) VALUES (1, %s, 'Mia', 'agent')"


async def test_who_answers_has_read_all_and_is_named(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        mia = new_id()
        await conn.execute(_AGENT, (mia,))
        actor = replace(ACTOR, agent_id=mia)
        async with conn.transaction():
            await reply(conn, actor, desk(), conversation, Written(body="Hello"))
        marks = b"SELECT concat(agent_id, ' ', last_read_seq) FROM read_marks"
        assert await values(conn, marks) == [f"{mia} 2"]
        assert await values(conn, b"SELECT agent_id FROM messages WHERE seq = 2") == [mia]
        assert await values(conn, b"SELECT agent_id FROM audit") == [mia]


async def test_replies_at_the_same_moment_have_numbers_of_their_own(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)

        async def one(number: int) -> None:
            async with open_connection() as own:
                await answer(own, conversation, f"reply {number}")

        await asyncio.gather(*(one(number) for number in range(5)))
        seqs = b"SELECT seq FROM messages ORDER BY seq"
        assert await values(conn, seqs) == [1, 2, 3, 4, 5, 6]
        shown = b"SELECT concat(message_count, ' ', last_seq, ' ', version) FROM conversations"
        assert await values(conn, shown) == ["6 6 6"]


async def test_new_texts_to_one_number_at_the_same_moment_are_one_conversation(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)

        async def one(number: int) -> None:
            async with open_connection() as own, own.transaction():
                written = Written(body=f"text {number}")
                await start_text(own, ACTOR, desk(), channel.id, BEN, written)

        await asyncio.gather(*(one(number) for number in range(4)))
        assert await values(conn, b"SELECT message_count FROM conversations") == [4]
        assert await values(conn, b"SELECT seq FROM messages ORDER BY seq") == [1, 2, 3, 4]


async def test_a_new_text_goes_to_the_current_generation(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        await conn.execute("UPDATE channels SET closed_policy = 'new_after_close'")
        first = await a_conversation(database_url, conn, channel, an_sms("one", ANN))
        await conn.execute(
            "UPDATE conversations SET status = 'closed', closed_at = first_message_at"
        )
        later = an_sms("two", ANN, minute=5)
        second = await a_conversation(database_url, conn, channel, later)
        assert second != first
        async with conn.transaction():
            started = await start_text(conn, ACTOR, desk(), channel.id, ANN, Written(body="Hi"))
        assert started.conversation_id == second


async def test_everybody_in_a_group_is_answered(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        group = an_sms("group", ANN, channel.own_address, BEN, CAT)
        conversation = await a_conversation(database_url, conn, channel, group)
        queued = await answer(conn, conversation)
        assert sorted(await _recipients(conn, queued.message_id)) == [
            f"to {ANN}", f"to {BEN}", f"to {CAT}",
        ]  # fmt: skip


async def test_by_mail_the_last_one_to_write_is_answered_the_rest_in_copy(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "mail", "email")
        mail = a_mail("m-1", cc=["ben@example.org", "cat@example.org"])
        conversation = await a_conversation(database_url, conn, channel, mail)
        again = a_mail("m-2", "ben@example.org", answers="m-1", cc=["ann@example.org"], minute=1)
        assert await a_conversation(database_url, conn, channel, again) == conversation
        queued = await answer(conn, conversation)
        assert sorted(await _recipients(conn, queued.message_id)) == [
            "cc ann@example.org", "to ben@example.org",
        ]  # fmt: skip


@pytest.mark.parametrize("sender", ["MyBank", "unknown"])
async def test_nobody_can_answer_a_name(
    database_url: str, open_connection: OpenConnection, sender: str
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel, an_sms("one", sender))
        with pytest.raises(Conflict, match="nobody in this conversation"):
            await answer(conn, conversation)
        assert await values(conn, b"SELECT last_seq FROM conversations") == [1]


async def test_twilio_does_not_take_a_group(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        generic = await make_channel(conn, "sms")
        group = an_sms("group", ANN, generic.own_address, BEN)
        conversation = await a_conversation(database_url, conn, generic, group)
        await conn.execute(
            "UPDATE channels SET provider = 'twilio', account = 'AC1', credential = 'x'"
        )
        with pytest.raises(Conflict, match="Twilio sends to one number at a time"):
            await answer(conn, conversation)


async def test_nothing_is_answered_that_is_not_there(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        with pytest.raises(NotFound):
            await answer(conn, new_id())


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Order", "Re: Order"),
        ("RE: Order", "RE: Order"),
        ("re:Order", "re:Order"),
        ("Return", "Re: Return"),
        (None, "Re:"),
        ("a\r\nBcc: b", "Re: a Bcc: b"),
    ],
)
def test_an_answer_has_the_subject_of_what_it_answers(subject: str | None, answered: str) -> None:
    assert reply_subject(subject) == answered


async def _recipients(conn: Connection, message_id: str) -> list[str]:
    query = b"""
        SELECT concat(r.role, ' ', a.value)
        FROM message_recipients AS r
        JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
        WHERE r.message_id = %s
    """
    return [str(value) for value in await values(conn, query, message_id)]
