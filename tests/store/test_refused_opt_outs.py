"""What a provider refuses, since the recipient has opted out, suppresses them for that channel."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
import respx
from conftest import OpenConnection
from flows import ANN, BEN, OWN_PHONE, an_sms, event_of, make_channel, record, values, work
from sending import (
    SEND_URL,
    TWILIO_URL,
    a_conversation,
    answer,
    attempts,
    sender_config,
    sending_channel,
    status_of,
)

from domain.errors import OptedOut
from store.consents import suppress_refused
from store.database import Connection
from store.events import record_events
from store.replay import replay_events
from store.suppressions import list_standing
from worker.sending.sender import drain_sends

# https://www.twilio.com/docs/api/errors/21610
_REFUSED = httpx.Response(400, json={"code": 21610, "message": "opted out", "status": 400})
_TAKEN = httpx.Response(201, json={"sid": "SM1", "status": "queued"})


async def standing(conn: Connection) -> list[tuple[str, str, str | None, str | None]]:
    rows = await list_standing(conn, 1)
    return [(each.address, each.reason, each.channel_id, each.event_id) for each in rows]


async def test_a_text_that_is_refused_at_once_suppresses_until_they_opt_in(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        await make_channel(conn, "other", own_address="+14155550198")
        conversation = await a_conversation(database_url, conn, channel)
        route = provider.post(TWILIO_URL).mock(return_value=_REFUSED)
        queued = await answer(conn, conversation)
        await drain_sends(sender_config(database_url))
        assert await attempts(conn) == ["1 failed 400 21610"]
        assert await standing(conn) == [(ANN, "opt_out", channel.id, None)]
        changes = b"SELECT type FROM outbox WHERE type ~ '^supp'"
        assert await values(conn, changes) == ["suppression.added"]
        with pytest.raises(OptedOut, match="has opted out of texts from this channel"):
            await answer(conn, conversation)
        assert "opted out" in await status_of(conn, queued)

        opt_in = an_sms("start", body="START")
        later = datetime.now(UTC) + timedelta(minutes=1)
        await record_events(conn, [event_of(channel, opt_in, received_at=later)])
        await work(database_url)
        assert await standing(conn) == []
        await answer(conn, conversation)
        assert route.call_count == 1


async def test_another_refusal_suppresses_nobody(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        invalid = httpx.Response(400, json={"code": 21211, "message": "not a valid number"})
        provider.post(TWILIO_URL).mock(return_value=invalid)
        await answer(conn, conversation)
        await drain_sends(sender_config(database_url))
        assert await standing(conn) == []


async def test_a_receipt_that_says_so_suppresses_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    """https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks"""
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        provider.post(TWILIO_URL).mock(return_value=_TAKEN)
        await answer(conn, conversation)
        await drain_sends(sender_config(database_url))
        told = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}
        await record(conn, channel, urlencode(told).encode())
        await work(database_url)
        assert await standing(conn) == []
        told |= {"MessageStatus": "failed", "ErrorCode": "21610"}
        await record(conn, channel, urlencode(told).encode())
        strange = urlencode(told | {"MessageSid": "SM2"}).encode()
        await record(conn, channel, strange)
        await work(database_url)
        assert await standing(conn) == [(ANN, "opt_out", channel.id, None)]
        await replay_events(conn, 1)
        await work(database_url)
        assert await values(conn, b"SELECT count(*) FROM suppressions") == [1]


async def test_a_receipt_that_overtakes_the_answer_counts_once_that_is_there(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        await answer(conn, conversation)
        told = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "21610"}
        await record(conn, channel, urlencode(told).encode())
        await work(database_url)
        assert await standing(conn) == []
        provider.post(TWILIO_URL).mock(return_value=_TAKEN)
        await drain_sends(sender_config(database_url))
        assert await standing(conn) == [(ANN, "opt_out", channel.id, None)]
        await replay_events(conn, 1)
        await work(database_url)
        assert await values(conn, b"SELECT count(*) FROM suppressions") == [1]


async def test_of_a_group_nobody_knows_whose_opt_out_it_is(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        group = an_sms("group", ANN, OWN_PHONE, BEN)
        conversation = await a_conversation(database_url, conn, channel, group)
        provider.post(SEND_URL).respond(200, json={"provider_message_id": "p-1"})
        queued = await answer(conn, conversation)
        assert await drain_sends(sender_config(database_url)) == 1
        await suppress_refused(conn, [(1, queued.message_id)])
        assert await standing(conn) == []


async def test_a_receipt_of_a_try_before_the_last_tells_nothing_new(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        provider.post(TWILIO_URL).mock(return_value=_TAKEN)
        await answer(conn, conversation)
        await drain_sends(sender_config(database_url))
        told = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "21610"}
        await record(conn, channel, urlencode(told).encode())
        await work(database_url)
        await conn.execute("DELETE FROM suppressions")
        await conn.execute("UPDATE messages SET provider_message_id = 'SM2' WHERE seq = 2")
        await replay_events(conn, 1)
        await work(database_url)
        assert await standing(conn) == []
