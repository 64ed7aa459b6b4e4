"""Answers that come to reply addresses: they find their conversation by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
import respx
from conftest import OpenConnection
from flows import (
    OWN_EMAIL,
    a_mail,
    conversations,
    event_of,
    groups,
    make_channel,
    record,
    values,
    work,
)
from rebuilding import compare, found, lose, mend
from sending import SEND_URL, a_conversation, answer, sender_config, sending_channel
from structure import close

from app.ids import new_id
from domain.actor import Actor
from domain.channel import Channel
from domain.closing import ClosedPolicy
from domain.message import InboundMessage
from domain.reply_address import reply_address
from inbox.conversations.merge import merge_conversation
from store.channels import set_channel
from store.database import Connection
from store.events import record_events
from worker.sending.sender import drain_sends

ANN, EVE = "ann@example.org", "eve@example.net"
KEY = b"k" * 32
_SENT = httpx.Response(200, json={"provider_message_id": "p-1"})
_RECIPIENTS = b"""
    SELECT a.value FROM messages AS m
    JOIN message_recipients AS r ON r.customer_id = m.customer_id AND r.message_id = m.id
    JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
    WHERE m.provider_message_id = %s
"""


async def _channel(conn: Connection, closed_policy: ClosedPolicy | None = None) -> Channel:
    channel = replace(await sending_channel(conn, "email", "email"), reply_key=KEY)
    if closed_policy:
        channel = replace(channel, closed_policy=closed_policy)
    await set_channel(conn, channel)
    return channel


async def _answered(conn: Connection, url: str, channel: Channel) -> str:
    """Let Ann ask and somebody answer; return the reply address of that."""
    conversation = await a_conversation(url, conn, channel, a_mail("question", ANN, minute=1))
    queued = await answer(conn, conversation)
    address = reply_address(OWN_EMAIL, queued.message_id, KEY)
    assert address
    return address


async def _arrive(conn: Connection, url: str, channel: Channel, *mails: InboundMessage) -> None:
    await record(conn, channel, *mails)
    assert await work(url) == len(mails)


async def test_a_mail_leaves_with_its_reply_address(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await _channel(conn)
        question = a_mail("question", ANN)
        queued = await answer(conn, await a_conversation(database_url, conn, channel, question))
        address = reply_address(OWN_EMAIL, queued.message_id, KEY)
        route = provider.post(SEND_URL).mock(return_value=_SENT)
        assert await drain_sends(sender_config(database_url)) == 1
        sent = msgspec.json.decode(route.calls.last.request.content)
    assert (sent["from"], sent["reply_to"]) == (OWN_EMAIL, address)


async def test_without_the_setting_it_has_none(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, "email", "email")
        await answer(conn, await a_conversation(database_url, conn, channel, a_mail("question")))
        route = provider.post(SEND_URL).mock(return_value=_SENT)
        assert await drain_sends(sender_config(database_url)) == 1
        assert msgspec.json.decode(route.calls.last.request.content)["reply_to"] is None


@pytest.mark.parametrize("sender", [ANN, "Ann at home <ann@home.example>"])
@pytest.mark.parametrize("is_copied", [False, True])
async def test_it_is_enough_whoever_writes(
    database_url: str, open_connection: OpenConnection, sender: str, is_copied: bool
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn)
        address = await _answered(conn, database_url, channel)
        mail = (
            a_mail("reply", sender, to=("boss@example.org",), cc=(address,), minute=2)
            if is_copied
            else a_mail("reply", sender, to=(f"Help <{address.upper()}>",), minute=2)
        )
        await _arrive(conn, database_url, channel, mail)
        [conversation] = await conversations(conn)
        recipients = await values(conn, _RECIPIENTS, "reply")
    assert {*conversation.messages} == {"question", None, "reply"}
    own = {value for _, value, side in conversation.participants if side == "own"}
    assert own == {OWN_EMAIL}
    assert not any("+" in value for _, value, _ in conversation.participants)
    assert OWN_EMAIL in recipients


async def test_an_answer_joins_what_it_answers_although_it_refers_elsewhere(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn)
        address = await _answered(conn, database_url, channel)
        other = a_mail("other", ANN, minute=1)
        await _arrive(conn, database_url, channel, other)
        mail = a_mail("reply", ANN, answers="other", to=(address,), minute=2)
        await _arrive(conn, database_url, channel, mail)
        joined = [names for names in await groups(conn) if "reply" in names]
    assert len(joined) == 1
    assert "question" in joined[0]


@pytest.mark.parametrize("key", [b"o" * 32, None])
async def test_a_forged_one_leads_nowhere_and_is_our_mailbox_all_the_same(
    database_url: str, open_connection: OpenConnection, key: bytes | None
) -> None:
    """With another key, or an old one of a channel that has none any more."""
    async with open_connection() as conn:
        channel = await _channel(conn)
        await _answered(conn, database_url, channel)
        [message_id] = await values(conn, b"SELECT id::text FROM messages WHERE seq = 2")
        forged = reply_address(OWN_EMAIL, str(message_id), key or KEY)
        assert forged
        if key is None:
            await set_channel(conn, replace(channel, reply_key=None))
        await _arrive(conn, database_url, channel, a_mail("forged", EVE, to=(forged,), minute=2))
        [seen] = [each for each in await conversations(conn) if "forged" in each.messages]
    assert seen.messages == ("forged",)
    assert seen.participants == {("email", EVE, "other"), ("email", OWN_EMAIL, "own")}


async def test_it_leads_nowhere_on_another_channel(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        address = await _answered(conn, database_url, await _channel(conn))
        sales = await make_channel(conn, "sales", "email", own_address="sales@example.com")
        sales = replace(sales, reply_key=b"s" * 32)
        await set_channel(conn, sales)
        await _arrive(conn, database_url, sales, a_mail("reply", ANN, to=(address,), minute=2))
        assert ("reply",) in await groups(conn)


async def test_the_references_count_where_it_leads_nowhere(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn)
        await _answered(conn, database_url, channel)
        forged = reply_address(OWN_EMAIL, new_id(), KEY)
        assert forged
        mail = a_mail("reply", ANN, answers="question", to=(forged,), minute=2)
        await _arrive(conn, database_url, channel, mail)
        [joined] = await groups(conn)
    assert {*joined} == {"question", None, "reply"}


async def test_it_follows_what_was_merged(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn)
        address = await _answered(conn, database_url, channel)
        await _arrive(conn, database_url, channel, a_mail("other", EVE, minute=0))
        seen = {each.messages[0]: each.id for each in await conversations(conn)}
        async with conn.transaction():
            await merge_conversation(
                conn,
                Actor(customer_id=1),
                entry_id=new_id(),
                from_id=seen["question"],
                into_id=seen["other"],
                version=None,
            )
        await _arrive(conn, database_url, channel, a_mail("reply", ANN, to=(address,), minute=2))
        [joined] = await conversations(conn)
        assert joined.id == seen["other"]
        assert {*joined.messages} == {"other", "question", None, "reply"}


async def test_the_policy_for_closed_conversations_comes_first(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn, ClosedPolicy(rule="new_after_close", idle_hours=None))
        address = await _answered(conn, database_url, channel)
        [conversation] = await conversations(conn)
        closed_at = datetime.now(UTC)
        await close(conn, conversation.id, closed_at)
        later = closed_at + timedelta(hours=1)
        mail = replace(a_mail("reply", ANN, to=(address,)), sent_at=later)
        await record_events(conn, [event_of(channel, mail, received_at=later)])
        assert await work(database_url) == 1
        assert ("reply",) in await groups(conn)


async def test_a_rebuild_comes_to_the_same(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await _channel(conn)
        address = await _answered(conn, database_url, channel)
        mail = a_mail("reply", EVE, to=(address,), minute=2)
        await _arrive(conn, database_url, channel, mail)
        before = await groups(conn)
        assert found(await compare(database_url)) == {}
        await lose(conn, ["reply"])
        assert found(await mend(database_url))["messages"] == "missing 1"
        assert await groups(conn) == before
