"""Every event is kept once and queued once, whatever is repeated and whoever else writes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from conftest import OpenConnection
from flows import NOW, an_sms, count_of, event_of, make_channel, values

from store.database import Connection
from store.events import NewEvent, record_by_channel, record_events

_QUEUED = b"""
    SELECT count(*) FROM inbound_events AS e
    JOIN inbound_queue AS q ON q.customer_id = e.customer_id AND q.event_id = e.id
"""


async def _check(conn: Connection, count: int) -> None:
    assert await count_of(conn, "inbound_events") == count
    assert await count_of(conn, "inbound_queue") == count
    assert await values(conn, _QUEUED) == [count]


async def test_an_event_is_kept_as_it_came(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        sent = replace(
            event_of(channel, an_sms("a")),
            headers='{"x-a": "1"}',
            body=bytes(range(256)),
            received_at=NOW + timedelta(microseconds=1),
        )
        assert await record_events(conn, [sent]) == 1
        cursor = await conn.execute(
            """
            SELECT
                customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
                signature, headers::text, content_type, body, received_at
            FROM inbound_events
            """
        )
        row = await cursor.fetchone()
        assert row is not None
        assert NewEvent(*row) == sent


async def test_one_batch_may_repeat_itself(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        events = [event_of(channel, an_sms(name)) for name in ("a", "b", "a", "a", "b")]
        assert await record_events(conn, events) == 2
        await _check(conn, 2)


async def test_a_repeated_event_changes_nothing(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        assert await record_events(conn, [event_of(channel, an_sms("a", body="one"))]) == 1
        await conn.execute("DELETE FROM inbound_queue")
        again = [event_of(channel, an_sms(name, body="two")) for name in ("b", "a")]
        assert await record_events(conn, again) == 1
        assert await count_of(conn, "inbound_queue") == 1
        kept = await values(conn, b"SELECT body FROM inbound_events WHERE body LIKE '%%two%%'")
        assert kept == [again[0].body]


async def test_channels_may_share_provider_message_ids(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channels = [await make_channel(conn, name) for name in ("one", "two")]
        events = [event_of(channel, an_sms("a")) for channel in channels]
        assert await record_events(conn, events) == 2
        assert await record_events(conn, events) == 0
        await _check(conn, 2)


async def test_what_is_new_is_told_by_channel(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        one, other = [await make_channel(conn, name) for name in ("one", "other")]
        known = event_of(one, an_sms("a"))
        assert await record_by_channel(conn, [known]) == {one.id: 1}
        events = [known, *(event_of(other, an_sms(name)) for name in "abb")]
        assert await record_by_channel(conn, events) == {other.id: 2}
        assert await record_by_channel(conn, events) == {}


async def test_a_trace_goes_with_what_is_queued(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        events = [event_of(channel, an_sms(name)) for name in "ab"]
        assert await record_events(conn, [replace(events[0], traceparent=trace), events[1]]) == 2
        query = b"SELECT traceparent FROM inbound_queue ORDER BY event_id = %s DESC"
        assert await values(conn, query, events[0].id) == [trace, None]


async def test_nothing_is_kept_of_nothing(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        assert await record_events(conn, []) == 0


async def test_flushes_of_the_same_keys_in_opposite_order_do_not_deadlock(
    open_connection: OpenConnection,
) -> None:
    """Each round two processes write the same 100 new keys, one forwards, one backwards."""
    async with open_connection() as one, open_connection() as other:
        channels = [await make_channel(one, name) for name in ("one", "two")]
        for round_ in range(10):
            names = [f"{round_}-{number}" for number in range(50)]
            forwards = [event_of(ch, an_sms(name)) for ch in channels for name in names]
            backwards = [replace(event, id=event_id) for event, event_id in _renamed(forwards)]
            fresh = await asyncio.gather(
                record_events(one, forwards), record_events(other, backwards[::-1])
            )
            assert sum(fresh) == 100
        await _check(one, 1000)


def _renamed(events: list[NewEvent]) -> list[tuple[NewEvent, str]]:
    """Give each event the id that another process would have made."""
    return [(event, event.id[:-4] + "ffff") for event in events]


async def test_by_hand_is_the_same(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        event = event_of(channel, an_sms("a"))
        by_hand = b"SELECT record_inbound_event(1, %s, %s, 'message', 'a', '', %s)"
        assert await values(conn, by_hand, channel.id, event.id, event.body) == [event.id]
        assert await record_events(conn, [replace(event, id=event.id[:-4] + "ffff")]) == 0
        assert await values(conn, by_hand, channel.id, channel.id, event.body) == [None]
        await _check(conn, 1)
