"""What becomes of a message, whatever its provider does: once at most, and never silently."""

import asyncio
from datetime import UTC, datetime

import httpx
import msgspec
import pytest
import respx
from conftest import OpenConnection
from flows import BEN, an_sms, count_of, until, values
from sending import (
    SEND_URL,
    TWILIO_URL,
    a_conversation,
    answer,
    attempts,
    let_leases_end,
    let_retries_be_due,
    sender_config,
    sending_channel,
    status_of,
)

from domain.signature import verify
from domain.standard_webhooks import standard_webhook
from store.database import Connection
from store.sending import Ending, Lease, begin_attempt, lease_due, settle_sent, settle_unsent
from worker.sending.sender import drain_sends, run_sender

SENT = httpx.Response(200, json={"provider_message_id": "p-1"})


async def test_a_reply_is_sent_once_signed_and_recorded(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        requests: list[httpx.Request] = []

        def take(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return SENT

        provider.post(SEND_URL).mock(side_effect=take)
        queued = await answer(conn, conversation, "On its way")
        assert await status_of(conn, queued) == "queued"
        assert await drain_sends(sender_config(database_url)) == 1
        assert await drain_sends(sender_config(database_url)) == 0
        assert await status_of(conn, queued) == "sent"
        assert await attempts(conn) == ["1 sent 200"]
        [request] = requests
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = datetime.now(UTC)
        assert verify(standard_webhook(headers, request.content, channel.secrets, now)).is_authentic
        sent = msgspec.json.decode(request.content)
        assert headers["webhook-id"] == sent["id"] == queued.message_id
        assert (sent["from"], sent["to"]) == ("+14155550199", ["+14155550101"])
        assert (sent["type"], sent["body"]) == ("sms", "On its way")
        assert await values(conn, b"SELECT provider_message_id FROM messages WHERE seq = 2") == [
            "p-1"
        ]
        assert await values(conn, b"SELECT type FROM outbox ORDER BY xid, seq") == [
            "message.received", "message.queued", "message.updated",
        ]  # fmt: skip
        told = b"SELECT message_status FROM outbox ORDER BY xid, seq"
        assert await values(conn, told) == [None, None, "sent"]
        versions = await values(conn, b"SELECT version FROM outbox WHERE type = 'message.updated'")
        assert versions == await values(conn, b"SELECT version FROM conversations")
        assert await count_of(conn, "outbound_queue") == 0


@pytest.mark.parametrize(
    ("answered", "status", "attempt"),
    [
        (
            httpx.Response(400, json={"code": 21610, "message": "+1415 has opted out"}),
            "failed: the recipient has opted out by answering STOP",
            "1 failed 400 21610",
        ),
        (
            httpx.Response(400, json={"code": 21211, "message": "not a valid number"}),
            "failed: Twilio did not deliver it (error 21211)",
            "1 failed 400 21211",
        ),
        (
            httpx.Response(401, text="<html>no</html>"),
            "failed: Twilio does not accept the channel's account and auth token",
            "1 failed 401 http_401",
        ),
    ],
)
async def test_a_permanent_refusal_fails_at_once_with_a_plain_reason(
    database_url: str,
    open_connection: OpenConnection,
    answered: httpx.Response,
    status: str,
    attempt: str,
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn, provider="twilio")
        conversation = await a_conversation(database_url, conn, channel)
        route = provider.post(TWILIO_URL).mock(return_value=answered)
        queued = await answer(conn, conversation)
        await drain_sends(sender_config(database_url))
        assert await status_of(conn, queued) == status
        assert await attempts(conn) == [attempt]
        assert route.call_count == 1
        assert await count_of(conn, "outbound_queue") == 0


async def test_too_many_requests_pauses_the_channel_for_as_long_as_asked(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        first = await a_conversation(database_url, conn, channel)
        second = await a_conversation(database_url, conn, channel, an_sms("ben", BEN))
        busy = httpx.Response(429, headers={"retry-after": "120"})
        route = provider.post(SEND_URL).mock(side_effect=[busy, SENT, SENT])
        queued = await answer(conn, first)
        assert await drain_sends(sender_config(database_url)) == 1
        await answer(conn, second)
        assert await drain_sends(sender_config(database_url)) == 0
        assert await status_of(conn, queued) == "queued"
        waits = b"SELECT extract(epoch FROM free_at - now()) > 110 FROM channel_pace"
        assert await values(conn, waits) == [True]
        await let_retries_be_due(conn)
        assert await drain_sends(sender_config(database_url)) == 2
        assert await status_of(conn, queued) == "sent"
        assert sorted(await attempts(conn)) == ["1 retry 429 http_429", "1 sent 200", "2 sent 200"]
        assert route.call_count == 3


async def test_what_fails_for_a_while_is_tried_again_until_enough_is_enough(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        broken = httpx.Response(500)
        provider.post(SEND_URL).mock(
            side_effect=[broken, SENT, httpx.ConnectError("refused"), broken, broken]
        )
        first = await answer(conn, conversation)
        second = await answer(conn, conversation)
        for _ in range(6):
            await drain_sends(sender_config(database_url, max_retries=2))
            await let_retries_be_due(conn)
        assert await status_of(conn, first) == "sent"
        assert await status_of(conn, second) == (
            "failed: the provider answered 500, however often it was tried"
        )
        assert await attempts(conn) == [
            "1 retry 500 http_500", "2 sent 200", "1 retry unreachable", "2 retry 500 http_500",
            "3 failed 500 http_500",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "broken", [httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_what_may_have_been_sent_is_unknown_and_never_sent_again_by_itself(
    database_url: str, open_connection: OpenConnection, broken: type[httpx.TransportError]
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        route = provider.post(SEND_URL).mock(side_effect=broken("broke off"))
        queued = await answer(conn, conversation)
        for _ in range(3):
            await drain_sends(sender_config(database_url))
            await let_retries_be_due(conn)
        assert (await status_of(conn, queued)).startswith("unknown: no answer came")
        assert await attempts(conn) == ["1 unknown no_answer"]
        assert route.call_count == 1


async def test_a_worker_that_dies_while_sending_leaves_an_unknown_outcome(
    database_url: str, open_connection: OpenConnection
) -> None:
    """The one that takes over waits for the lease to end, and does not send."""
    async with open_connection() as conn, respx.mock(assert_all_called=False) as provider:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        began, never = asyncio.Event(), asyncio.Event()
        requests: list[httpx.Request] = []

        async def hang(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            began.set()
            await never.wait()
            return SENT

        provider.post(SEND_URL).mock(side_effect=hang)
        queued = await answer(conn, conversation)
        victim = asyncio.create_task(run_sender(sender_config(database_url), asyncio.Event()))
        await began.wait()
        victim.cancel()
        await asyncio.gather(victim, return_exceptions=True)
        assert await status_of(conn, queued) == "queued"
        assert await drain_sends(sender_config(database_url)) == 0
        await let_leases_end(conn)
        stop = asyncio.Event()
        heir = asyncio.create_task(run_sender(sender_config(database_url), stop))

        async def is_reaped() -> bool:
            return (await status_of(conn, queued)).startswith("unknown: the worker was lost")

        await until(is_reaped)
        stop.set()
        await heir
        assert len(requests) == 1
        assert await attempts(conn) == ["1 unknown worker_lost"]
        assert await count_of(conn, "outbound_queue") == 0


async def test_a_lease_that_ended_before_anything_began_is_taken_by_another(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        provider.post(SEND_URL).mock(return_value=SENT)
        queued = await answer(conn, conversation)
        [lease] = await _lease(conn)
        await let_leases_end(conn)
        stop = asyncio.Event()
        heir = asyncio.create_task(run_sender(sender_config(database_url), stop))

        async def is_sent() -> bool:
            return await status_of(conn, queued) == "sent"

        await until(is_sent)
        stop.set()
        await heir
        assert await attempts(conn) == ["1 sent 200"]
        async with conn.transaction():
            assert await begin_attempt(conn, lease, 30) is None


async def test_whoever_comes_back_too_late_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        queued = await answer(conn, conversation)
        [stale] = await _lease(conn)
        assert await begin_attempt(conn, stale, 30) == 1
        await let_leases_end(conn)
        lost = Ending(outcome="unknown", code="worker_lost", detail="lost")
        async with conn.transaction():
            assert await settle_unsent(conn, stale, lost, is_reaping=True)
        before = await values(conn, b"SELECT version FROM conversations")
        for ending in (Ending(outcome="sent"), Ending(outcome="failed", detail="no")):
            async with conn.transaction():
                if ending.outcome == "sent":
                    is_ours = await settle_sent(conn, stale, ending, "p-1", _unexplained)
                else:
                    is_ours = await settle_unsent(conn, stale, ending)
            assert not is_ours
        assert await status_of(conn, queued) == "unknown: lost"
        assert await values(conn, b"SELECT version FROM conversations") == before


async def test_a_kept_lease_is_not_reaped(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        queued = await answer(conn, conversation)
        [lease] = await _lease(conn)
        assert await begin_attempt(conn, lease, 30) == 1
        lost = Ending(outcome="unknown", detail="lost")
        async with conn.transaction():
            assert not await settle_unsent(conn, lease, lost, is_reaping=True)
        assert await status_of(conn, queued) == "queued"


async def test_the_messages_of_a_conversation_go_out_in_order_those_of_others_beside_them(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        first = await a_conversation(database_url, conn, channel)
        second = await a_conversation(database_url, conn, channel, an_sms("ben", BEN))
        queued = [await answer(conn, first, body) for body in ("one", "two", "three")]
        other = await answer(conn, second, "aside")
        await conn.execute("UPDATE outbound_queue SET send_at = now() - seq * interval '1 minute'")
        leased = await _lease(conn)
        assert {message.message_id for message in leased} == {
            queued[0].message_id,
            other.message_id,
        }
        assert await _lease(conn) == []


async def test_a_message_in_its_undo_window_waits_and_those_after_it_too(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        await answer(conn, conversation, "one", undo_seconds=60)
        await answer(conn, conversation, "two")
        assert await _lease(conn) == []


async def test_the_pace_of_a_channel_holds_across_workers(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, open_connection() as other:
        channel = await sending_channel(conn, sends_per_second=0.5)
        for number in range(3):
            place = await a_conversation(
                database_url, conn, channel, an_sms(f"in-{number}", f"+1415555011{number}")
            )
            await answer(conn, place)
        taken = [*await _lease(conn), *await _lease(other), *await _lease(conn)]
        assert len(taken) == 1
        waits = b"SELECT extract(epoch FROM free_at - now()) BETWEEN 1 AND 2 FROM channel_pace"
        assert await values(conn, waits) == [True]


async def test_a_graceful_stop_lets_what_is_in_flight_finish(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        began, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_request: httpx.Request) -> httpx.Response:
            began.set()
            await go_on.wait()
            return SENT

        provider.post(SEND_URL).mock(side_effect=slow)
        stop = asyncio.Event()
        running = asyncio.create_task(run_sender(sender_config(database_url), stop))
        queued = await answer(conn, conversation)
        await began.wait()
        stop.set()
        go_on.set()
        await running
        assert await status_of(conn, queued) == "sent"


async def _lease(conn: Connection) -> list[Lease]:
    async with conn.transaction():
        return await lease_due(conn, "01930000-0000-7000-8000-000000000009", 10, 30.0)


def _unexplained(_key: tuple[int, str], error_code: str | None) -> str:
    return error_code or ""
