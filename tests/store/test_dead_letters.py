"""Dead letters: listed while they wait for somebody, and queued again on demand."""

from conftest import OpenConnection
from operator_samples import (
    fail_all,
    queued,
    second_customer,
    settle_all,
    store_channel,
    store_event,
)

from domain.recovery import EventSelection
from store.dead_letters import find_dead_letter, list_dead_letters, retry_dead_letters
from store.event_listing import find_event


async def test_dead_letters_are_listed_latest_first_page_by_page(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        ids = [await store_event(conn, channel, number) for number in (1, 2, 3)]
        await fail_all(conn)
        first = await list_dead_letters(conn, 1, limit=2)
        rest = await list_dead_letters(conn, 1, limit=2, before=first[-1].event_id)
    assert [entry.event_id for entry in (*first, *rest)] == ids[::-1]
    letter = first[0]
    assert (letter.channel_name, letter.kind, letter.attempts) == ("support", "message", 1)
    assert (letter.error_class, letter.provider_message_id) == ("unreadable", "m-3")


async def test_an_error_class_can_be_listed_and_retried_alone(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        first = await store_event(conn, channel, 1)
        await fail_all(conn, "unreadable")
        second = await store_event(conn, channel, 2)
        await fail_all(conn, "unknown_provider")
        unknown = EventSelection(error_class="unknown_provider")
        listed = await list_dead_letters(conn, 1, unknown, limit=9)
        retried = await retry_dead_letters(conn, 1, unknown)
        left = await list_dead_letters(conn, 1, limit=9)
    assert [entry.event_id for entry in listed] == retried == [second]
    assert [entry.event_id for entry in left] == [first]


async def test_a_retried_dead_letter_waits_in_the_queue_as_if_never_tried(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        event = await store_event(conn, channel, 1)
        await fail_all(conn)
        assert await queued(conn) == {}
        assert await retry_dead_letters(conn, 1, EventSelection(ids=(event,))) == [event]
        assert await queued(conn) == {event: 0}
        letter = await find_dead_letter(conn, 1, event)
        assert await retry_dead_letters(conn, 1) == []
        assert await list_dead_letters(conn, 1, limit=9) == []
    assert letter is not None
    assert letter.resolution == "retried"
    assert letter.resolved_at is not None


async def test_a_dead_letter_that_fails_again_is_back_and_every_failure_is_kept(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        event = await store_event(conn, channel, 1)
        await fail_all(conn)
        await retry_dead_letters(conn, 1)
        await fail_all(conn, "database")
        (letter,) = await list_dead_letters(conn, 1, limit=9)
        whole = await find_event(conn, 1, event)
    assert (letter.event_id, letter.error_class, letter.resolution) == (event, "database", None)
    assert whole is not None
    assert whole.event.status == "dead_letter"
    failures = [(failure.attempt, failure.error_class) for failure in whole.failures]
    assert failures == [(1, "unreadable"), (2, "database")]


async def test_only_what_was_named_is_retried(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await store_channel(conn, "support")
        settled = await store_event(conn, channel, 1)
        await settle_all(conn)
        first, second = [await store_event(conn, channel, number) for number in (2, 3)]
        await fail_all(conn)
        assert await retry_dead_letters(conn, 1, EventSelection(ids=(settled, second))) == [second]
        assert await retry_dead_letters(conn, 1, EventSelection(ids=())) == []
        assert await queued(conn) == {second: 0}
        assert [entry.event_id for entry in await list_dead_letters(conn, 1, limit=9)] == [first]


async def test_another_customer_sees_and_moves_nothing(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        other = await second_customer(conn)
        channel = await store_channel(conn, "support")
        event = await store_event(conn, channel, 1)
        await fail_all(conn)
        assert await list_dead_letters(conn, other, limit=9) == []
        assert await find_dead_letter(conn, other, event) is None
        assert await retry_dead_letters(conn, other, EventSelection(ids=(event,))) == []
        assert await queued(conn) == {}
