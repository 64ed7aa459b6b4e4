"""Answers and new messages leave from the right one of many own addresses, and never go to one."""

from urllib.parse import parse_qs

import httpx
import msgspec
import pytest
import respx
from conftest import OpenConnection
from flows import ANN, BEN, CAT, OWN_EMAIL, OWN_PHONE, a_mail, an_sms, make_channel, record, work
from rebuilding import compare, found, split
from sending import (
    ACTOR,
    SEND_URL,
    TWILIO_URL,
    a_conversation,
    answer,
    desk,
    sender_config,
    sending_channel,
)

from domain.errors import Conflict, ValidationFailed
from domain.outbound import own_message_id
from inbox.writing.reply import Queued, Written, start_mail, start_text
from store.channels import add_addresses, remove_address
from store.database import Connection
from worker.sending.sender import drain_sends

SECOND = "+14155550198"
UNLISTED = "+14155550195"
SALES = "sales@example.com"
DESK = "desk@shop.example"


@pytest.mark.parametrize("number", [OWN_PHONE, SECOND, UNLISTED])
async def test_a_reply_leaves_from_the_number_that_was_written_to(
    database_url: str, open_connection: OpenConnection, number: str
) -> None:
    """The form is documented at twilio.com/docs/messaging/api/message-resource."""
    async with open_connection() as conn, respx.mock() as provider:
        sent = provider.post(TWILIO_URL).respond(201, json={"sid": "SM1", "status": "queued"})
        channel = await sending_channel(conn, provider="twilio")
        await conn.execute("UPDATE channels SET provider = 'generic'")
        await add_addresses(conn, channel, [SECOND])
        conversation = await a_conversation(database_url, conn, channel, an_sms("a", ANN, number))
        await conn.execute("UPDATE channels SET provider = 'twilio'")
        await answer(conn, conversation)
        assert await drain_sends(sender_config(database_url)) == 1
        form = parse_qs(sent.calls.last.request.content.decode())
        assert (form["From"], form["To"]) == ([number], [ANN])


async def test_a_mail_is_answered_from_the_alias_that_was_written_to_last(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The other mailbox is not copied, and the Message-ID is of the domain that it leaves from."""
    async with open_connection() as conn, respx.mock() as provider:
        requests: list[httpx.Request] = []

        def take(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return httpx.Response(200, json={"provider_message_id": f"p-{len(requests)}"})

        provider.post(SEND_URL).mock(side_effect=take)
        channel = await sending_channel(conn, "mail", "email")
        await add_addresses(conn, channel, [DESK])
        await make_channel(conn, "sales", "email", own_address=SALES)
        first = a_mail("a", to=[OWN_EMAIL], cc=[SALES])
        conversation = await a_conversation(database_url, conn, channel, first)
        queued = [await _answered(conn, database_url, conversation)]
        second = a_mail("b", to=[DESK, SALES], cc=["ben@example.org"], answers="a", minute=1)
        assert await a_conversation(database_url, conn, channel, second) == conversation
        queued.append(await _answered(conn, database_url, conversation))
        mails = [msgspec.json.decode(request.content) for request in requests]
        known = await _own_message_ids(conn)
    assert [(mail["from"], mail["to"], mail["cc"]) for mail in mails] == [
        (OWN_EMAIL, ["ann@example.org"], []),
        (DESK, ["ann@example.org"], ["ben@example.org"]),
    ]
    ids = [
        own_message_id(queued[0].message_id, OWN_EMAIL),
        own_message_id(queued[1].message_id, DESK),
    ]
    assert [mail["message_id"].strip("<>") for mail in mails] == ids
    assert sorted(ids) == known


async def test_an_alias_that_was_removed_is_not_written_from(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "mail", "email")
        await add_addresses(conn, channel, [DESK])
        conversation = await a_conversation(database_url, conn, channel, a_mail("a", to=[DESK]))
        await remove_address(conn, channel, DESK)
        queued = await answer(conn, conversation)
        assert await _from(conn, queued) == OWN_EMAIL


async def test_an_answer_never_goes_to_what_became_our_own(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        group = an_sms("group", ANN, OWN_PHONE, BEN)
        conversation = await a_conversation(database_url, conn, channel, group)
        await make_channel(conn, "two", own_address=BEN)
        queued = await answer(conn, conversation)
        assert await _to(conn, queued) == [ANN]


async def test_nobody_is_answered_where_we_write_to_ourselves(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "mail", "email")
        await make_channel(conn, "sales", "email", own_address=SALES)
        conversation = await a_conversation(database_url, conn, channel, a_mail("a", SALES))
        with pytest.raises(Conflict, match="nobody in this conversation"):
            await answer(conn, conversation)


async def test_a_new_text_leaves_from_the_number_that_is_chosen(
    database_url: str, open_connection: OpenConnection
) -> None:
    """It goes to the conversation that the person has with that number."""
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        await add_addresses(conn, channel, [SECOND])
        theirs = await a_conversation(database_url, conn, channel, an_sms("a", ANN, SECOND))
        written = Written(body="Hi", own_address="(415) 555-0198")
        async with conn.transaction():
            from_second = await start_text(conn, ACTOR, desk(), channel.id, ANN, written)
            first = await start_text(conn, ACTOR, desk(), channel.id, ANN, Written(body="Hi"))
        assert (from_second.conversation_id, await _from(conn, from_second)) == (theirs, SECOND)
        assert first.conversation_id != theirs
        assert await _from(conn, first) == OWN_PHONE
        assert found(await compare(database_url)) == {}


@pytest.mark.parametrize("recipient", [OWN_PHONE, SECOND, BEN])
async def test_a_text_to_an_own_number_is_refused(
    open_connection: OpenConnection, recipient: str
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        await add_addresses(conn, channel, [SECOND])
        await make_channel(conn, "two", own_address=BEN)
        with pytest.raises(ValidationFailed, match="an address of your own"):
            await start_text(conn, ACTOR, desk(), channel.id, recipient, Written(body="Hi"))


async def test_a_mail_to_or_from_the_wrong_mailbox_is_refused(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "mail", "email")
        await make_channel(conn, "sales", "email", own_address=SALES)
        mail = Written(body="Hi", subject="Hi")
        with pytest.raises(ValidationFailed, match="cc must be somebody else"):
            await start_mail(conn, ACTOR, desk(), channel.id, ["ann@example.org"], [SALES], mail)
        theirs = Written(body="Hi", subject="Hi", own_address=SALES)
        with pytest.raises(ValidationFailed, match="own_address must be an own address of the"):
            await start_mail(conn, ACTOR, desk(), channel.id, ["ann@example.org"], [], theirs)


async def test_what_is_split_off_keeps_its_number(
    database_url: str, open_connection: OpenConnection
) -> None:
    """New texts to that number go where the split sent the conversation."""
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        await add_addresses(conn, channel, [SECOND])
        for nth in range(2):
            await record(conn, channel, an_sms(f"a{nth}", CAT, SECOND, minute=nth))
        await work(database_url)
        await split(conn, "a1")
        new = await a_conversation(database_url, conn, channel, an_sms("a2", CAT, SECOND, minute=2))
        rows = await conn.execute(
            "SELECT provider_message_id FROM messages WHERE conversation_id = %s ORDER BY seq",
            (new,),
        )
        assert await rows.fetchall() == [("a1",), ("a2",)]
        assert await _from(conn, await answer(conn, new)) == SECOND
        assert found(await compare(database_url)) == {}


async def _answered(conn: Connection, database_url: str, conversation: str) -> Queued:
    queued = await answer(conn, conversation)
    assert await drain_sends(sender_config(database_url)) == 1
    return queued


async def _from(conn: Connection, queued: Queued) -> str:
    query = """
        SELECT a.value FROM messages AS m
        JOIN addresses AS a ON a.customer_id = m.customer_id AND a.hash = m.from_hash
        WHERE m.id = %s
    """
    [(value,)] = await (await conn.execute(query, (queued.message_id,))).fetchall()
    return value


async def _to(conn: Connection, queued: Queued) -> list[str]:
    query = """
        SELECT a.value FROM message_recipients AS r
        JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
        WHERE r.message_id = %s ORDER BY 1
    """
    return [row[0] for row in await (await conn.execute(query, (queued.message_id,))).fetchall()]


async def _own_message_ids(conn: Connection) -> list[str]:
    query = """
        SELECT i.value FROM email_message_ids AS i
        JOIN messages AS m ON m.customer_id = i.customer_id AND m.id = i.message_id
        WHERE m.direction = 'outbound' ORDER BY 1
    """
    return [row[0] for row in await (await conn.execute(query)).fetchall()]
