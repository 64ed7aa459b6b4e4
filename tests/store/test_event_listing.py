"""Events for operators: listings, one event whole, and replay."""

from conftest import OpenConnection
from operator_samples import (
    NOW,
    fail_all,
    queued,
    second_customer,
    settle_all,
    store_channel,
    store_event,
)

from domain.recovery import EventSelection
from store.dead_letters import list_dead_letters
from store.event_listing import EventFilter, event_status, find_event, list_events
from store.replay import replay_events

NO_ID = "01930000-0000-7000-8000-00000000ffff"


async def test_events_are_listed_newest_first_page_by_page(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        ids = [await store_event(conn, channel, number) for number in (1, 2, 3)]
        first = await list_events(conn, 1, EventFilter(), 2)
        rest = await list_events(conn, 1, EventFilter(before=first[-1].event_id), 2)
    assert [entry.event_id for entry in (*first, *rest)] == ids[::-1]


async def test_every_filter_narrows_the_listing(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        sms, email = await store_channel(conn, "sms"), await store_channel(conn, "email", "email")
        settled = await store_event(conn, sms, 1)
        await settle_all(conn)
        dead = await store_event(conn, email, 2, "unreadable")
        await fail_all(conn)
        failing = await store_event(conn, sms, 3, "receipt")
        await fail_all(conn, "database", wait_seconds=3600)
        waiting = await store_event(conn, email, 4)
        wanted = {
            EventFilter(): [waiting, failing, dead, settled],
            EventFilter(channel_id=sms.id): [failing, settled],
            EventFilter(kind="receipt"): [failing],
            EventFilter(provider_message_id="m-1"): [settled],
            EventFilter(status="processed"): [settled],
            EventFilter(status="dead_letter"): [dead],
            EventFilter(status="error"): [failing],
            EventFilter(status="received"): [waiting],
            EventFilter(status="received", channel_id=sms.id): [],
        }
        for selection, expected in wanted.items():
            listed = await list_events(conn, 1, selection, 9)
            assert [event.event_id for event in listed] == expected, selection


async def test_an_event_is_shown_whole(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        event = await store_event(conn, channel, 0)
        await fail_all(conn, "database", wait_seconds=3600)
        whole = await find_event(conn, 1, event)
        other = await second_customer(conn)
        assert await find_event(conn, other, event) is None
        assert await find_event(conn, 1, NO_ID) is None
    assert whole is not None
    assert (whole.body, dict(whole.headers)) == (b'{"number": 0}', {"user-agent": "test"})
    assert (whole.event.status, whole.event.failed_attempts) == ("error", 1)
    assert whole.event.received_at == NOW
    assert whole.event.next_attempt_at is not None
    assert [(failure.attempt, failure.error_class) for failure in whole.failures] == [
        (1, "database")
    ]
    assert (whole.message_id, whole.conversation_id) == (None, None)


async def test_an_event_is_found_by_its_dedup_key(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        event = await store_event(conn, channel, 1)
        assert await event_status(conn, 1, channel.id, "message:m-1") == (event, "received")
        await settle_all(conn)
        assert await event_status(conn, 1, channel.id, "message:m-1") == (event, "processed")
        assert await event_status(conn, 1, channel.id, "message:m-2") is None


async def test_replay_queues_settled_events_and_leaves_waiting_ones(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        settled = await store_event(conn, channel, 1)
        await settle_all(conn)
        failing = await store_event(conn, channel, 2)
        await fail_all(conn, "database", wait_seconds=3600)
        replayed = await replay_events(conn, 1, EventSelection(ids=(settled, failing, NO_ID)))
        assert (replayed.event_ids, replayed.queued_ids) == ((settled, failing), {settled})
        assert await queued(conn) == {settled: 0, failing: 1}


async def test_replaying_a_dead_letter_resolves_it(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        event = await store_event(conn, channel, 1)
        await fail_all(conn)
        assert (await replay_events(conn, 1, EventSelection(ids=(event,)))).queued_ids == {event}
        assert await list_dead_letters(conn, 1, limit=9) == []
        await settle_all(conn)
        assert await event_status(conn, 1, channel.id, "message:m-1") == (event, "processed")


async def test_a_whole_channel_is_replayed_and_no_other(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        other = await second_customer(conn)
        sms, email = await store_channel(conn, "sms"), await store_channel(conn, "email", "email")
        ids = [await store_event(conn, sms, number) for number in (1, 2)]
        await store_event(conn, email, 3)
        await settle_all(conn)
        whole = EventSelection(channel_id=sms.id)
        assert (await replay_events(conn, other, whole)).event_ids == ()
        assert (await replay_events(conn, 1, whole)).queued_ids == set(ids)
        assert await queued(conn) == dict.fromkeys(ids, 0)
        assert (await replay_events(conn, 1, whole)).queued_ids == set()
