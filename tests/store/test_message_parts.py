"""Texts that come in parts: one message of each, whenever its parts come, and nothing is lost."""

import asyncio
from datetime import timedelta

from conftest import OpenConnection
from dividing import a_part, let_wait, make_vonage, texts_of
from flows import NOW, an_sms, conversations, count_of, make_channel, record, values, work
from rebuilding import compare, found, look, lose, mend

from domain.divided_text import PARTS_WITHIN
from store.database import connect
from store.replay import replay_events

_STATUSES = b"SELECT status FROM inbound_event_status ORDER BY event_id"
_WAITING = b"SELECT next_attempt_at > now() FROM inbound_queue"


async def test_parts_are_one_message_once_all_are_there(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        await record(conn, channel, a_part(3, 3, "three"))
        await work(database_url)
        assert await values(conn, _STATUSES) == ["received"]
        assert await values(conn, _WAITING) == [True]
        await record(conn, channel, a_part(1, 3, "One "))
        await work(database_url)
        assert await texts_of(conn) == []
        await record(conn, channel, a_part(2, 3, "two "))
        await work(database_url)
        assert await texts_of(conn) == [("One two three", "7-1 7-2 7-3")]
        assert await values(conn, _STATUSES) == ["processed"] * 3
        assert await count_of(conn, "inbound_failures") == 0
        (seen,) = await conversations(conn)
        assert seen.preview == "One two three"


async def test_a_message_has_the_id_of_the_first_event(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        first, _ = await record(conn, channel, a_part(2, 2, "b"), a_part(1, 2, "a"))
        await work(database_url)
        assert await values(conn, b"SELECT id FROM messages") == [first]


async def test_what_is_there_is_a_message_after_a_while(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        await record(conn, channel, a_part(1, 4, "First, "), a_part(4, 4, "last"))
        await work(database_url)
        assert await texts_of(conn) == []
        await let_wait(conn)
        await work(database_url)
        text = "First, \n[parts 2 to 3 of 4 missing]\nlast"
        assert await texts_of(conn) == [(text, "7-1 7-4")]
        assert await values(conn, _STATUSES) == ["processed"] * 2
        await record(conn, channel, a_part(2, 4, "too late"))
        await work(database_url)
        assert len(await texts_of(conn)) == 1
        await let_wait(conn)
        await work(database_url)
        late = "[part 1 of 4 missing]\ntoo late\n[parts 3 to 4 of 4 missing]"
        assert await texts_of(conn) == [(text, "7-1 7-4"), (late, "7-2")]
        assert found(await compare(database_url)) == {}


async def test_a_reference_is_used_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Also where nobody worked for days, so that all of it waits."""
    days_later = NOW + timedelta(days=3)
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        await record(conn, channel, a_part(1, 2, "old "))
        late = [a_part(1, 2, "new ", identity="n1"), a_part(2, 2, "text", identity="n2")]
        await record(conn, channel, *late, received_at=days_later)
        await work(database_url)
        assert await texts_of(conn) == [("new text", "n1 n2")]
        await let_wait(conn)
        await work(database_url)
        assert sorted(await texts_of(conn)) == [
            ("new text", "n1 n2"),
            ("old \n[part 2 of 2 missing]", "7-1"),
        ]


async def test_parts_of_others_are_other_texts(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        one, other = await make_vonage(conn), await make_vonage(conn, "vonage-2")
        await record(conn, one, a_part(1, 2, "a"))
        await record(conn, one, a_part(2, 2, "b", identity="o", sender="14155550102"))
        await record(conn, one, a_part(2, 2, "b", identity="p", reference="8"))
        await record(conn, one, a_part(2, 3, "b", identity="q"))
        await record(conn, other, a_part(2, 2, "b", identity="r"))
        await work(database_url)
        assert await texts_of(conn) == []


async def test_a_part_that_is_sent_twice_under_two_ids_is_not_lost(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        await record(conn, channel, a_part(1, 2, "a"), a_part(1, 2, "a", identity="again"))
        await record(conn, channel, a_part(2, 2, "b"))
        await work(database_url)
        assert await texts_of(conn) == [("ab", "7-1 7-2")]
        await let_wait(conn)
        await work(database_url)
        assert ("a\n[part 2 of 2 missing]", "again") in await texts_of(conn)


async def test_a_replay_changes_nothing(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        await record(
            conn, channel, a_part(2, 2, "b"), a_part(1, 2, "a"), a_part(1, 3, "c", identity="c")
        )
        await work(database_url)
        replayed = await replay_events(conn, 1)
        assert len(replayed.queued_ids) == 2  # the third waits
        await work(database_url)
        assert await texts_of(conn) == [("ab", "7-1 7-2")]
        assert await count_of(conn, "inbound_queue") == 1
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_rebuild_agrees_and_brings_a_lost_text_back(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel, plain = await make_vonage(conn), await make_channel(conn, "sms")
        await record(conn, plain, an_sms("x"))
        await record(
            conn, channel, a_part(2, 2, "b"), a_part(1, 2, "a"), a_part(1, 3, "c", identity="c")
        )
        await work(database_url)
        before = await conversations(conn)
        ids = await values(conn, b"SELECT id FROM messages ORDER BY 1")
        assert found(await compare(database_url)) == {}
        assert await look(conn) == 0
        await lose(conn, ["7-2"])
        assert await look(conn) > 0
        await mend(database_url)
        assert await conversations(conn) == before
        assert await values(conn, b"SELECT id FROM messages ORDER BY 1") == ids
        assert ("ab", "7-1 7-2") in await texts_of(conn)
        assert found(await compare(database_url)) == {}
        assert await look(conn) == 0


async def test_what_was_forgotten_of_a_text_does_not_change_it(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn:
        channel = await make_vonage(conn)
        _, second = await record(conn, channel, a_part(1, 2, "a"), a_part(2, 2, "b"))
        await work(database_url)
        await conn.execute("DELETE FROM inbound_events WHERE id = %s", (second,))
        assert found(await compare(database_url)) == {}
        assert await look(conn) == 0


async def test_two_workers_with_a_part_each_make_one_message(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_vonage(conn)
        for nth in range(20):
            parts = [
                a_part(part, 3, f"{nth}.{part} ", reference=str(nth), identity=f"{nth:02}-{part}")
                for part in (1, 2, 3)
            ]
            await record(conn, channel, *parts)
        await asyncio.gather(*(work(database_url, batch_size=1) for _ in range(3)))
        assert await texts_of(conn) == [
            (f"{nth}.1 {nth}.2 {nth}.3 ", f"{nth:02}-1 {nth:02}-2 {nth:02}-3") for nth in range(20)
        ]
        assert await count_of(conn, "inbound_queue") == 0
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_part_waits_as_long_as_its_provider_tries_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, await connect(database_url, "tests") as other:
        channel = await make_vonage(other)
        await record(conn, channel, a_part(1, 2, "a"))
        await work(database_url)
        (waits,) = await values(
            conn,
            b"SELECT q.next_attempt_at = p.due_at AND p.due_at = p.created_at + %s"
            b" FROM inbound_queue AS q JOIN message_parts AS p USING (customer_id, event_id)",
            PARTS_WITHIN,
        )
        assert waits is True


async def test_a_part_that_is_unreadable_when_the_others_come_leaves_them_waiting(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn:
        channel = await make_vonage(conn)
        first, _ = await record(conn, channel, a_part(1, 2, "a"), a_part(1, 3, "x", identity="x"))
        await work(database_url)
        await conn.execute("UPDATE inbound_events SET body = '{}' WHERE id = %s", (first,))
        await record(conn, channel, a_part(2, 2, "b"))
        await work(database_url)
        assert await texts_of(conn) == []
        await let_wait(conn)
        await work(database_url)
        assert ("[part 1 of 2 missing]\nb", "7-2") in await texts_of(conn)
        assert await values(conn, b"SELECT event_id FROM dead_letters") == [first]
