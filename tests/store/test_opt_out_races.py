"""No text leaves for whom has opted out, however an opt-out and an attempt meet."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import respx
from conftest import OpenConnection
from flows import ANN, an_sms, event_of, make_channel, record, until_blocked, values, work
from sending import (
    SEND_URL,
    a_conversation,
    answer,
    attempts,
    sender_config,
    sending_channel,
    status_of,
)

from app.ids import new_id
from domain.address import Address
from domain.channel import Channel
from domain.consent import ToldConsent
from store.consent_locks import hold_recipients
from store.consents import NewConsent, record_consents
from store.events import record_events
from store.sending import begin_attempt, lease_due
from store.suppressions import list_standing
from worker.sending.sender import drain_sends

_PEOPLE = 40


def opt_out(channel: Channel, event_id: str, phone: str = ANN) -> NewConsent:
    return NewConsent(
        customer_id=channel.customer_id,
        event_id=event_id,
        channel_id=channel.id,
        address=Address("phone", phone),
        told=ToldConsent(consent="opt_out", source="keyword", word="stop"),
        at=datetime.now(UTC),
    )


async def test_an_opt_out_after_the_look_up_still_ends_the_text(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        open_connection() as conn,
        open_connection() as second,
        respx.mock(assert_all_called=False) as provider,
    ):
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        route = provider.post(SEND_URL).respond(200, json={"provider_message_id": "p-1"})
        queued = await answer(conn, conversation)
        [event_id] = await values(conn, b"SELECT id::text FROM messages WHERE seq = 1")
        async with conn.transaction():
            await record_consents(conn, [opt_out(channel, str(event_id))])
            sending = asyncio.create_task(drain_sends(sender_config(database_url)))
            await until_blocked(second)
            assert await values(second, b"SELECT count(*) FROM suppressions") == [0]
        await sending
        assert route.call_count == 0
        assert "opted out" in await status_of(conn, queued)
        assert await attempts(conn) == ["1 failed opted_out"]


async def test_an_opt_out_waits_for_an_attempt_that_has_begun(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, open_connection() as second:
        channel = await sending_channel(conn)
        conversation = await a_conversation(database_url, conn, channel)
        await answer(conn, conversation)
        async with conn.transaction():
            [lease] = await lease_due(conn, new_id(), 1, 60.0)
        stop = an_sms("stop", body="STOP")
        async with conn.transaction():
            await hold_recipients(conn, lease.key)
            assert await begin_attempt(conn, lease, 60.0) == 1
            await record_events(second, [event_of(channel, stop)])
            working = asyncio.create_task(work(database_url))
            await until_blocked(second)
            assert await list_standing(conn, 1) == []
        assert await working == 1
        assert [row.reason for row in await list_standing(conn, 1)] == ["opt_out"]


async def test_opt_outs_and_attempts_of_others_do_not_wait_for_each_other(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        other = await make_channel(conn, "other", own_address="+14155550198")
        conversation = await a_conversation(database_url, conn, channel)
        await answer(conn, conversation)
        async with conn.transaction():
            [lease] = await lease_due(conn, new_id(), 1, 60.0)
        async with conn.transaction():
            await hold_recipients(conn, lease.key)
            await record(conn, other, an_sms("stop", "+14155550123", body="STOP"))
        async with conn.transaction():
            await hold_recipients(conn, lease.key)
            async with asyncio.timeout(30):
                assert await work(database_url) == 1


async def test_of_many_none_leaves_that_began_after_its_opt_out(
    database_url: str, open_connection: OpenConnection
) -> None:
    people = [f"+1415555{number:04}" for number in range(200, 200 + _PEOPLE)]
    left: set[str] = set()
    opted_out: dict[str, datetime] = {}
    has_begun = asyncio.Event()

    async def take(request: httpx.Request) -> httpx.Response:
        sent: dict[str, Any] = msgspec.json.decode(request.content)
        left.add(sent["to"][0])
        has_begun.set()
        return httpx.Response(200, json={"provider_message_id": sent["id"]})

    async def stop(channel: Channel, every: int) -> None:
        await has_begun.wait()
        async with open_connection() as conn:
            for phone in people[every::4]:
                query = b"SELECT m.id::text FROM messages AS m WHERE m.provider_message_id = %s"
                [event_id] = await values(conn, query, phone)
                async with conn.transaction():
                    await record_consents(conn, [opt_out(channel, str(event_id), phone)])
                [opted_out[phone]] = await values(conn, b"SELECT clock_timestamp()")  # pyright: ignore

    async with open_connection() as conn, respx.mock() as provider:
        channel = await sending_channel(conn)
        for phone in people:
            written = an_sms(phone, phone)
            await answer(conn, await a_conversation(database_url, conn, channel, written))
        provider.post(SEND_URL).mock(side_effect=take)
        stopping = [stop(channel, every) for every in range(4)]
        await asyncio.gather(drain_sends(sender_config(database_url, most_in_flight=4)), *stopping)
        query = b"""
            SELECT a.value, o.started_at
            FROM outbound_attempts AS o
            JOIN message_recipients AS r ON r.message_id = o.message_id
            JOIN addresses AS a ON a.hash = r.address_hash
        """
        began: dict[str, datetime] = dict(await (await conn.execute(query)).fetchall())
        assert set(began) == set(people)
        late = [phone for phone in left if began[phone] > opted_out[phone]]
        assert late == []
        statuses = b"SELECT failure_code FROM messages WHERE status = 'failed'"
        assert set(await values(conn, statuses)) <= {"opted_out"}
