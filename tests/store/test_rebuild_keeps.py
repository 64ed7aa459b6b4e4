"""What applying a rebuild keeps, tells and waits for; and how it goes with many events."""

import asyncio
from datetime import timedelta

from conftest import OpenConnection
from flows import (
    ANN,
    BEN,
    CAT,
    NOW,
    a_mail,
    an_sms,
    conversations,
    count_of,
    dump,
    make_channel,
    record,
    until,
    until_blocked,
    values,
    work,
)
from rebuilding import compare, found, lose, mend, places
from structure import close, make_agent, reply

from store.database import Connection
from store.rebuild import hold_still
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer


async def test_what_people_added_is_kept(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(
            conn, channel, *(an_sms(f"a{nth}", minute=nth) for nth in range(4)), an_sms("b", BEN)
        )
        await work(database_url)
        await _work_on(conn)
        before = await dump(conn)
        await lose(conn, ["a1", "b"])
        assert found(await mend(database_url))["messages"] == "missing 2"
        assert found(await compare(database_url)) == {}
        after = await dump(conn)
        kept = ("notes", "conversation_tags", "read_marks", "contacts", "addresses", "agents")
        assert {table: after[table] for table in kept} == {table: before[table] for table in kept}
        handled = b"SELECT (status, closed_at, assignee_id)::text FROM conversations ORDER BY id"
        assert await values(conn, handled) == [
            str(row) for row in await values(conn, _HANDLED_BEFORE)
        ]


_HANDLED_BEFORE = b"SELECT (status, closed_at, assignee_id)::text FROM handled ORDER BY id"


async def _work_on(conn: Connection) -> None:
    """Let agents do what they do, with the conversations' handling noted beside."""
    agent = await make_agent(conn)
    at = (await places(conn))["a1"]
    await reply(conn, at, NOW + timedelta(minutes=1))
    await conn.execute("INSERT INTO read_marks VALUES (1, %s, %s, 3)", (agent, at))
    await conn.execute("INSERT INTO conversation_tags VALUES (1, %s, 'vip')", (at,))
    await conn.execute(
        "INSERT INTO notes (customer_id, id, conversation_id, agent_id, text)"
        " VALUES (1, gen_random_uuid(), %s, %s, 'Call back')",
        (at, agent),
    )
    await conn.execute("UPDATE conversations SET assignee_id = %s", (agent,))
    await conn.execute("UPDATE contacts SET name = 'Ann of the office'")
    await close(conn, at, NOW + timedelta(minutes=2))
    await conn.execute("CREATE TEMP TABLE handled AS SELECT * FROM conversations")


async def test_all_that_was_derived_is_lost(
    database_url: str, open_owner_connection: OpenConnection
) -> None:
    async with open_owner_connection() as conn:
        texts, mails = await make_channel(conn, "sms"), await make_channel(conn, "email", "email")
        await record(conn, texts, an_sms("a"), an_sms("b", BEN, minute=1), an_sms("c", minute=2))
        await record(conn, mails, a_mail("m1", answers="m0", minute=4), a_mail("m0", minute=3))
        await work(database_url)
        before = await conversations(conn)
        await conn.execute(
            "TRUNCATE conversations, messages, addresses, contacts, bodies, message_recipients,"
            " attachments, message_receipts, conversation_participants, email_message_ids,"
            " email_awaited, read_marks, notes, conversation_tags, outbound_queue,"
            " outbound_attempts, outbound_look_ups, contact_merges, message_copies, clean_bodies,"
            " suppressions, suppression_lifts, help_requests"
        )
        assert found(await mend(database_url)) == {
            "addresses": "missing 5",
            "bodies": "missing 1",
            "conversations": "missing 3",
            "email_message_ids": "missing 2",
            "messages": "missing 5",
        }
        assert found(await compare(database_url)) == {}
        assert await conversations(conn) == before


async def test_who_follows_hears_of_it(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a", body="Apple"), an_sms("b", BEN, body="Banana"))
        await work(database_url)
        await drain_consumer(conn, search_consumer())
        await conn.execute("UPDATE messages SET body_hash = (SELECT max(body_hash) FROM messages)")
        await conn.execute("UPDATE search_documents SET text = 'Cherry'")
        await conn.execute("DELETE FROM outbox")
        await mend(database_url)
        assert await values(conn, b"SELECT type FROM outbox ORDER BY xid, seq") == [
            "message.updated", "conversation.updated",
        ]  # fmt: skip
        indexed = b"SELECT count(*) FROM search_documents WHERE text <> 'Cherry'"
        assert await values(conn, indexed) == [1]
        query = b"SELECT action || ' ' || (detail ->> 'reason') FROM audit"
        assert await values(conn, query) == ["rebuild.applied because of a test"]


async def test_nothing_is_lost_while_all_goes_on(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Events come in and are processed, conversations are closed, while rebuilds are applied."""
    async with open_connection() as conn, open_connection() as provider:
        channel = await make_channel(conn, "sms")
        mails = await make_channel(conn, "email", "email")
        is_over = False

        async def receive() -> None:
            nth = 0
            while not is_over:
                nth += 1
                sender = (ANN, BEN, CAT)[nth % 3]
                await record(provider, channel, an_sms(f"s{nth}", sender, minute=nth % 50))
                await record(provider, mails, a_mail(f"m{nth}", answers=f"m{nth - nth % 5 + 2}"))
                await until(is_worked_off)

        async def is_worked_off() -> bool:
            return is_over or await count_of(provider, "inbound_queue") < 20

        async def process() -> None:
            while not is_over:
                await work(database_url, 7)

        busy = asyncio.gather(receive(), process(), process())
        for lost in ("s1", "s2", "s3"):

            async def is_there(name: str = lost) -> bool:
                return name in await places(conn)

            await until(is_there)
            await lose(conn, [lost])
            assert (await mend(database_url)).is_applied
            assert lost in await places(conn)
        is_over = True
        await busy
        await work(database_url)
        assert found(await compare(database_url)) == {}
        assert await count_of(conn, "inbound_failures") == 0
        assert await count_of(conn, "messages") == await count_of(conn, "inbound_events")


async def test_webhooks_go_on_while_workers_wait(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, open_connection() as holder:
        channel = await make_channel(conn, "sms")
        async with holder.transaction():
            await hold_still(holder)
            await record(conn, channel, an_sms("a"))
            working = asyncio.create_task(work(database_url))
            await until_blocked(conn)
            await record(conn, channel, an_sms("b"))
            assert await count_of(conn, "messages") == 0
        assert await working >= 1
        await work(database_url)
        assert await count_of(conn, "messages") == 2


async def test_two_thousand_events(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        texts, mails = await make_channel(conn, "sms"), await make_channel(conn, "email", "email")
        await record(
            conn, texts,
            *(an_sms(f"s{n}", f"+1415556{n % 90:04}", minute=n % 60) for n in range(1500)),
        )  # fmt: skip
        await record(
            conn, mails,
            *(a_mail(f"m{n}", answers=f"m{n + 1}" if n % 5 else None) for n in range(500)),
        )  # fmt: skip
        await work(database_url, 100)
        rebuilt = await compare(database_url)
        assert (rebuilt.events, found(rebuilt)) == (2000, {})
        await lose(conn, [f"s{n}" for n in range(0, 1500, 30)])
        await lose(conn, [f"m{n}" for n in range(0, 500, 10)])
        assert found(await mend(database_url))["messages"] == "missing 100"
        assert found(await compare(database_url)) == {}
        assert await count_of(conn, "messages") == 2000
        await conversations(conn)
