"""A claim is a row lock; what fails is put off or given up, and nothing is forgotten."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from conftest import OpenConnection
from flows import (
    a_mail,
    an_sms,
    count_of,
    dump,
    event_of,
    groups,
    make_channel,
    make_due,
    record,
    values,
    work,
    worker_config,
)

from domain.event import ClaimedEvent
from domain.recovery import EventSelection
from providers import generic
from store.database import Connection
from store.dead_letters import retry_dead_letters
from store.events import record_events
from store.queue import REPEATED, Failure, claim, hold, queue_depth, record_failures, settle
from store.rebuild import Scope, events_of
from worker.loop import drain
from worker.reading.wire import HEAD_BYTES, Frame, Question, read_question, write_question

_AGES = b"UPDATE inbound_queue SET next_attempt_at = now() - make_interval(secs => %s)"
_STATUSES = b"SELECT (status, failed_attempts, error_class)::text FROM inbound_event_status"


def _failures(events: Sequence[ClaimedEvent], wait_seconds: float | None) -> list[Failure]:
    return [
        Failure(event=event, error_class="odd", detail="because", wait_seconds=wait_seconds)
        for event in events
    ]


async def _ids(conn: Connection, most_events: int) -> list[str]:
    return [event.dedup_key.removeprefix("message:") for event in await claim(conn, most_events, 5)]


async def test_the_oldest_are_claimed_first(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for age, name in enumerate("abcdef"):
            (event_id,) = await record(conn, channel, an_sms(name))
            await conn.execute(_AGES + b" WHERE event_id = %s", (age * 10, event_id))
        await conn.execute(
            b"UPDATE inbound_queue SET next_attempt_at = now() + interval '1 second'"
            b" WHERE next_attempt_at < now() - interval '45 seconds'"
        )
        async with conn.transaction():
            assert await _ids(conn, 3) == ["e", "d", "c"]
        async with conn.transaction():
            assert await _ids(conn, 100) == ["e", "d", "c", "b", "a"]


async def test_the_headers_of_a_delivery_reach_who_reads_and_who_reads_again(
    open_connection: OpenConnection,
) -> None:
    kept = {"x-custom": "grün", "user-agent": "Sender/1"}
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        event = replace(event_of(channel, an_sms("a")), headers=json.dumps(kept))
        await record_events(conn, [event])
        async with conn.transaction():
            (claimed,) = await claim(conn, 1, 5)
        (again,) = await events_of(conn, Scope(customer_id=1, channel_id=None), [event.id])
        question = Question(channels=[channel], events=[(1, 0, claimed)])
    [frame] = write_question(question)
    (sent,) = read_question(Frame(payload=frame[HEAD_BYTES:])).events
    assert claimed.headers == again.headers == sent[2].headers == kept


async def test_two_workers_never_claim_the_same(open_connection: OpenConnection) -> None:
    async with open_connection() as one, open_connection() as other:
        channel = await make_channel(one, "sms")
        await record(one, channel, *(an_sms(str(number)) for number in range(10)))
        async with one.transaction():
            mine = await _ids(one, 4)
            async with other.transaction():
                theirs = await _ids(other, 100)
                assert sorted(mine + theirs) == [str(number) for number in range(10)]
                assert len(mine) == 4
        async with one.transaction():
            assert len(await _ids(one, 100)) == 10


async def test_a_claim_holds_what_a_worker_can_bear(open_connection: OpenConnection) -> None:
    """Bodies of 12 MiB: two fit, a third would be more than 32 MiB."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        big = [an_sms(str(number), body="x" * (7 << 20)) for number in range(5)]
        await record(conn, channel, *big)
        async with conn.transaction():
            assert len(await _ids(conn, 100)) == 2
        await record(conn, channel, an_sms("huge", body="x" * (33 << 20)))
        await conn.execute(
            _AGES + b" WHERE octet_length((SELECT body FROM inbound_events WHERE"
            b" id = event_id)) > 33554432",
            (60,),
        )
        async with conn.transaction():
            claimed = await claim(conn, 100, 5)
            assert [event.dedup_key for event in claimed] == ["message:huge"]
            assert len(claimed[0].body) > 33 << 20


async def test_a_claim_says_what_is_settled(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("old"))
        await work(database_url)
        await conn.execute("INSERT INTO inbound_queue SELECT customer_id, id FROM inbound_events")
        await record(conn, channel, an_sms("new"))
        async with conn.transaction():
            claimed = await claim(conn, 100, 5)
        settled = {event.dedup_key: event.is_settled for event in claimed}
        assert settled == {"message:old": True, "message:new": False}


async def test_a_claim_limits_its_own_transaction_only(open_connection: OpenConnection) -> None:
    settings = b"SELECT current_setting('statement_timeout')"
    async with open_connection() as conn:
        before = await values(conn, settings)
        async with conn.transaction():
            await claim(conn, 1, 7.5)
            assert await values(conn, settings) == ["7500ms"]
            idle = b"SELECT current_setting('idle_in_transaction_session_timeout')"
            assert await values(conn, idle) == ["7500ms"]
        assert await values(conn, settings) == before


async def test_hold_takes_one_event_by_name(open_connection: OpenConnection) -> None:
    async with open_connection() as one, open_connection() as other:
        channel = await make_channel(one, "sms")
        await record(one, channel, an_sms("a"), an_sms("b"))
        async with one.transaction():
            (event,) = await claim(one, 1, 5)
            async with other.transaction():
                assert not await hold(other, event)
        async with other.transaction():
            assert await hold(other, event)
            async with one.transaction():
                assert [found.id for found in await claim(one, 10, 5)] != [event.id]
            await settle(other, [event])
        async with one.transaction():
            assert not await hold(one, event)


async def test_a_failure_is_kept_and_put_off(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), an_sms("b"))
        async with conn.transaction():
            claimed = await claim(conn, 10, 5)
            await record_failures(conn, _failures(claimed[:1], 3600) + _failures(claimed[1:], 0))
        async with conn.transaction():
            assert await claim(conn, 10, 5) == []
            (again,) = await claim(conn, 10, 5, REPEATED)
            assert (again.id, again.attempt) == (claimed[1].id, 2)
        waits = b"SELECT next_attempt_at > now() + interval '59 minutes' FROM inbound_queue"
        assert sorted(map(str, await values(conn, waits))) == ["False", "True"]
        assert await values(conn, _STATUSES) == ["(error,1,odd)"] * 2
        assert await values(conn, b"SELECT detail FROM inbound_failures") == ["because"] * 2


async def test_attempts_go_on_counting_after_a_retry_by_hand(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        (event_id,) = await record(conn, channel, an_sms("a"))
        for retry in range(3):
            for wait_seconds in (0, None):
                async with conn.transaction():
                    claimed = await claim(conn, 10, 5) or await claim(conn, 10, 5, REPEATED)
                    await record_failures(conn, _failures(claimed, wait_seconds))
            assert await count_of(conn, "inbound_queue") == 0
            assert await values(conn, _STATUSES) == ["(dead_letter,2,odd)"]
            attempts = await values(conn, b"SELECT attempt FROM inbound_failures ORDER BY 1")
            assert attempts == list(range(1, 3 + 2 * retry))
            assert await retry_dead_letters(conn, 1, EventSelection(ids=(event_id,))) == [event_id]
            assert await values(conn, _STATUSES) == ["(received,0,odd)"]
        async with conn.transaction():
            await settle(conn, await claim(conn, 10, 5, REPEATED))
        assert (await values(conn, b"SELECT status FROM inbound_event_status")) == ["processed"]


async def test_depth_counts_what_waits(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        assert await queue_depth(conn) == await queue_depth(conn)
        assert (await queue_depth(conn)).queued == 0
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), an_sms("b"))
        await conn.execute(_AGES, (100,))
        depth = await queue_depth(conn)
        assert (depth.queued, round(depth.oldest_seconds)) == (2, 100)
        await conn.execute(_AGES, (-100,))
        assert (await queue_depth(conn)).oldest_seconds == 0


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"\xff\x00", b'{"provider_message_id": "x", "body": "no sender"}', b"[" * 9999],
)
async def test_what_cannot_be_read_is_a_dead_letter_at_once(
    database_url: str, open_connection: OpenConnection, body: bytes
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), body, an_sms("b"))
        assert await work(database_url) == 3
        assert await groups(conn) == [("a", "b")]
        assert await values(conn, b"SELECT error_class FROM dead_letters") == ["unreadable"]
        assert await values(conn, b"SELECT attempts FROM dead_letters") == [1]
        assert await count_of(conn, "inbound_queue") == 0
        assert await count_of(conn, "inbound_failures") == 1


async def test_a_failing_provider_is_tried_again_and_then_given_up(
    database_url: str, open_connection: OpenConnection
) -> None:
    """A channel of a provider that this worker does not know fails in Python, not in Postgres."""
    config = worker_config(
        database_url, max_retries=2, backoff_base_ms=60_000, providers={"other": generic}
    )
    waits = b"SELECT extract(epoch FROM next_attempt_at - now())::integer FROM inbound_queue"
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"))
        for wait_seconds in (30, 60):
            assert await drain(config) == 1
            assert await values(conn, waits) == [wait_seconds]
            await make_due(conn)
        assert await drain(config) == 1
        assert await drain(config) == 0
        assert await values(conn, _STATUSES) == ["(dead_letter,3,KeyError)"]
        attempts = await values(conn, b"SELECT attempt FROM inbound_failures ORDER BY 1")
        assert attempts == [1, 2, 3]
        await retry_dead_letters(conn, 1)
        assert await work(database_url) == 1
        assert await groups(conn) == [("a",)]
        assert await values(conn, b"SELECT status FROM inbound_event_status") == ["processed"]


async def test_to_process_again_what_is_settled_changes_nothing(
    database_url: str, open_connection: OpenConnection
) -> None:
    receipt = b"MessageSid=SM1&MessageStatus=delivered"
    async with open_connection() as conn:
        sms, email = await make_channel(conn, "sms"), await make_channel(conn, "email", "email")
        await conn.execute("UPDATE channels SET provider = 'twilio' WHERE name = 'sms'")
        await record(conn, email, a_mail("a"), a_mail("b", answers="a", minute=1))
        sms = replace(sms, provider="twilio")
        twilio = [event_of(sms, post) for post in (an_sms("SM2"), receipt)]
        await record_events(conn, twilio)
        assert await work(database_url) == 4
        before = await dump(conn)
        await conn.execute("INSERT INTO inbound_queue SELECT customer_id, id FROM inbound_events")
        assert await work(database_url) == 4
        after = await dump(conn)
    assert [table for table in before if before[table] != after[table]] == ["workers"]
    assert len(before["message_receipts"]) == 1
