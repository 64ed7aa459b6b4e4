"""An answer that was lost: its provider is asked for the message; nothing is ever sent twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import respx
from conftest import OpenConnection
from flows import count_of, record, values, work
from sending import (
    ACTOR,
    SEALER,
    TWILIO_URL,
    a_conversation,
    answer,
    attempts,
    desk,
    sender_config,
    sending_channel,
    status_of,
)

from app.clock import utc_now
from app.ids import new_id
from domain.channel import Channel
from domain.look_up_provider import LOOK_WAITS
from inbox.writing.cancel_retry import retry
from inbox.writing.reply import Queued
from providers import LOOK_UPS, SENDERS
from store.database import Connection, connect
from store.look_ups import lease_look_up, settle_found
from worker.background.repeating import BackgroundConfig
from worker.sending.look_up import LookUpConfig, look_up_due
from worker.sending.provider_request import open_client
from worker.sending.sender import drain_sends

_NEXT_LOOK = b"SELECT extract(epoch FROM next_look_at - now())::float FROM outbound_look_ups"
_DUE = b"UPDATE outbound_look_ups SET next_look_at = now() - interval '1 second'"


def _listed(*sids: str, body: str = "Hello back", to: str = "+14155550101") -> httpx.Response:
    created_at = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    messages = [
        {
            "sid": sid,
            "direction": "outbound-api",
            "from": "+14155550199",
            "to": to,
            "body": body,
            "date_created": created_at,
        }
        for sid in sids
    ]
    return httpx.Response(200, json={"messages": messages})


async def _lose_answer(
    database_url: str, conn: Connection, provider: respx.Router, channel: Channel
) -> tuple[Queued, respx.Route]:
    """Send an answer to which nothing comes back."""
    conversation = await a_conversation(database_url, conn, channel)
    sends = provider.post(TWILIO_URL).mock(side_effect=httpx.ReadTimeout("late"))
    queued = await answer(conn, conversation)
    await drain_sends(sender_config(database_url))
    assert (await status_of(conn, queued)).startswith("unknown: no answer came")
    return queued, sends


async def _look(database_url: str, conn: Connection, *, later: timedelta = timedelta()) -> int:
    """Let a worker ask for whatever is due; return how much it knows now."""
    background = BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=utc_now,
        new_id=new_id,
        on_commit=lambda: None,
    )
    async with open_client(1, 5.0) as client:
        config = LookUpConfig(
            client=client,
            providers=LOOK_UPS,
            senders=SENDERS,
            sealer=SEALER,
            clock=lambda: utc_now() + later,
            on_commit=lambda: None,
        )
        return sum(
            [count async for count in look_up_due(conn, utc_now(), background, config=config)]
        )


async def test_a_message_that_the_provider_has_was_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, sends = await _lose_answer(database_url, conn, provider, channel)
        assert await _look(database_url, conn) == 0  # it is not due yet
        [seconds] = await values(conn, _NEXT_LOOK)
        assert 100 < float(str(seconds)) <= 120
        await conn.execute(_DUE)
        lists = provider.get(TWILIO_URL).mock(return_value=_listed("SM1"))
        before = await count_of(conn, "outbox")
        assert await _look(database_url, conn) == 1
        assert await status_of(conn, queued) == "sent"
        assert await count_of(conn, "outbox") > before
        assert await count_of(conn, "outbound_look_ups") == 0
        told = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        await record(conn, channel, urlencode(told).encode())
        await work(database_url)
        assert await status_of(conn, queued) == "delivered"
        await drain_sends(sender_config(database_url))
        assert (sends.call_count, lists.call_count) == (1, 1)
        assert await attempts(conn) == ["1 unknown no_answer"]


async def test_receipts_that_came_first_count(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, _ = await _lose_answer(database_url, conn, provider, channel)
        for status, code in (("sent", ""), ("undelivered", "30003")):
            told = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": code}
            await record(conn, channel, urlencode(told).encode())
        await work(database_url)
        assert (await status_of(conn, queued)).startswith("unknown")
        await conn.execute(_DUE)
        provider.get(TWILIO_URL).mock(return_value=_listed("SM1"))
        assert await _look(database_url, conn) == 1
        assert (await status_of(conn, queued)).startswith("failed: the phone cannot be reached")


async def test_a_receipt_that_races_the_look_is_seen_by_whoever_comes_second(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, _ = await _lose_answer(database_url, conn, provider, channel)
        await conn.execute(_DUE)
        told = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        await record(conn, channel, urlencode(told).encode())
        provider.get(TWILIO_URL).mock(return_value=_listed("SM1"))
        await asyncio.gather(work(database_url), _look(database_url, conn))
        assert await status_of(conn, queued) == "delivered"


async def test_what_is_not_listed_for_hours_stays_unknown_and_says_so(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, sends = await _lose_answer(database_url, conn, provider, channel)
        lists = provider.get(TWILIO_URL).mock(return_value=_listed("SM1", body="Another"))
        for wait in LOOK_WAITS[1:]:
            await conn.execute(_DUE)
            assert await _look(database_url, conn) == 0
            [seconds] = await values(conn, _NEXT_LOOK)
            assert abs(float(str(seconds)) - wait.total_seconds()) < 20
            assert (await status_of(conn, queued)).startswith("unknown: no answer came")
        await conn.execute(_DUE)
        assert await _look(database_url, conn) == 1
        assert "unknown: the provider does not list it" in await status_of(conn, queued)
        code = b"SELECT failure_code FROM messages WHERE id = %s"
        assert await values(conn, code, queued.message_id) == ["not_at_provider"]
        assert await count_of(conn, "outbound_look_ups") == 0
        assert (sends.call_count, lists.call_count) == (1, len(LOOK_WAITS))
        # An agent may send it again, knowingly.
        sends.mock(return_value=httpx.Response(201, json={"sid": "SM2"}), side_effect=None)
        async with conn.transaction():
            await retry(conn, ACTOR, desk(), queued.message_id)
        await drain_sends(sender_config(database_url))
        assert await status_of(conn, queued) == "sent"


@pytest.mark.parametrize(
    "away",
    [
        httpx.Response(503),
        httpx.Response(401),
        httpx.Response(200, text="<html>"),
        httpx.ConnectError("away"),
    ],
)
async def test_a_provider_that_is_away_is_asked_again_for_a_day(
    database_url: str, open_connection: OpenConnection, away: httpx.Response | Exception
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, _ = await _lose_answer(database_url, conn, provider, channel)
        provider.get(TWILIO_URL).mock(side_effect=[away, _listed("SM1")])
        await conn.execute(_DUE)
        assert await _look(database_url, conn) == 0
        assert await values(conn, b"SELECT look_count FROM outbound_look_ups") == [0]
        [seconds] = await values(conn, _NEXT_LOOK)
        assert 580 < float(str(seconds)) <= 600
        await conn.execute(_DUE)
        assert await _look(database_url, conn) == 1
        assert await status_of(conn, queued) == "sent"


async def test_a_provider_that_was_away_for_a_day_is_asked_no_more(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, _ = await _lose_answer(database_url, conn, provider, channel)
        provider.get(TWILIO_URL).mock(return_value=httpx.Response(503))
        await conn.execute(_DUE)
        assert await _look(database_url, conn, later=timedelta(hours=25)) == 0
        assert await count_of(conn, "outbound_look_ups") == 0
        assert (await status_of(conn, queued)).startswith("unknown: no answer came")


async def test_two_messages_alike_are_two(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Of two with the same text the provider has one: one was sent, of the other nobody knows."""
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        provider.post(TWILIO_URL).mock(side_effect=httpx.ReadTimeout("late"))
        both = [await answer(conn, conversation) for _ in range(2)]
        while await drain_sends(sender_config(database_url)):
            pass
        await conn.execute(_DUE)
        lists = provider.get(TWILIO_URL).mock(return_value=_listed("SM1"))
        assert await _look(database_url, conn) == 1
        assert sorted([await status_of(conn, each) for each in both])[0] == "sent"
        lists.mock(return_value=_listed("SM2", "SM1"))
        await conn.execute(_DUE)
        assert await _look(database_url, conn) == 1
        query = b"SELECT provider_message_id FROM messages WHERE direction = 'outbound' ORDER BY 1"
        assert await values(conn, query) == ["SM1", "SM2"]


async def test_a_message_that_is_sent_anew_is_asked_for_no_more(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Whoever looks while an agent sends it again changes nothing."""
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, sends = await _lose_answer(database_url, conn, provider, channel)
        await conn.execute(_DUE)
        look_up = await lease_look_up(conn, 60.0)
        assert look_up is not None
        async with conn.transaction():
            await retry(conn, ACTOR, desk(), queued.message_id)
        assert await count_of(conn, "outbound_look_ups") == 0
        async with conn.transaction():
            assert await settle_found(conn, look_up, ["SM1"], lambda _key, code: code or "") is None
        assert await status_of(conn, queued) == "queued"
        await drain_sends(sender_config(database_url))
        assert (await status_of(conn, queued)).startswith("unknown")
        assert sends.call_count == 2
        assert await count_of(conn, "outbound_look_ups") == 1


async def test_whoever_lost_the_lease_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        queued, _ = await _lose_answer(database_url, conn, provider, channel)
        await conn.execute(_DUE)
        first = await lease_look_up(conn, -1.0)
        second = await lease_look_up(conn, 60.0)
        assert first is not None
        assert second is not None
        assert await lease_look_up(conn, 60.0) is None

        def explain(_key: Any, code: str | None) -> str:
            return code or ""

        async with conn.transaction():
            assert await settle_found(conn, first, ["SM1"], explain) is None
        assert (await status_of(conn, queued)).startswith("unknown")
        async with conn.transaction():
            assert await settle_found(conn, second, ["SM1"], explain) == "SM1"
        assert await status_of(conn, queued) == "sent"


async def test_a_provider_without_a_look_up_is_asked_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="plivo", account="MA1")
        conversation = await a_conversation(database_url, conn, channel)
        url = "https://api.plivo.com/v1/Account/MA1/Message/"
        provider.post(url).mock(side_effect=httpx.ReadTimeout("late"))
        queued = await answer(conn, conversation)
        await drain_sends(sender_config(database_url))
        await conn.execute(_DUE)
        assert await _look(database_url, conn) == 0
        assert await count_of(conn, "outbound_look_ups") == 0
        assert (await status_of(conn, queued)).startswith("unknown: no answer came")
