"""A wrong row in each derived table is found by the next look, and mended."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conftest import OpenConnection
from flows import ANN, a_mail, an_sms, count_of, make_channel, record, values, work
from rebuilding import comparing_config, live, look

from store.comparisons import list_runs
from store.database import Connection
from store.derived_rows import PARTS, count_differing
from store.sql import statements
from worker.background.consumers import drain_consumer
from worker.background.mail_cleaning import mail_consumer
from worker.background.rollups import rollup_consumer
from worker.background.search_index import search_consumer
from worker.comparing.parts import ALL_PARTS
from worker.comparing.rounds import compare_at_night, compare_customer

_T1 = b" WHERE provider_message_id = 't1'"
_OF_T1 = b" WHERE message_id = (SELECT id FROM messages" + _T1 + b")"
_HOME = b" WHERE id = (SELECT conversation_id FROM messages" + _T1 + b")"

# For each derived table: what is wrong in it, and the part that finds it.
_PLANTED: Mapping[str, Sequence[tuple[bytes, str]]] = {
    "conversations": [
        (b"UPDATE conversations SET message_count = 9, inbound_count = 1, last_seq = 9" + _HOME,
         "conversations"),
        (b"UPDATE conversations SET last_message_preview = 'planted'" + _HOME, "conversations"),
        (b"UPDATE conversations SET last_inbound_seq = 0, waiting_since = now()" + _HOME,
         "conversations"),
        (b"INSERT INTO conversations SELECT (jsonb_populate_record(c, jsonb_build_object("
         b"'id', gen_random_uuid(), 'key_hash', gen_random_uuid()))).* FROM conversations AS c"
         + _HOME, "conversations"),
    ],
    "conversation_participants": [
        (b"DELETE FROM conversation_participants WHERE role = 'other' AND conversation_id ="
         b" (SELECT conversation_id FROM messages WHERE provider_message_id = 'short')",
         "conversations"),
        (b"INSERT INTO conversation_participants SELECT 1, m.conversation_id, a.hash, 'other'"
         b" FROM messages AS m CROSS JOIN addresses AS a WHERE m.provider_message_id = 'short'"
         b" AND a.value = 'dan@example.net'", "conversations"),
    ],
    "messages": [
        (b"UPDATE messages SET subject = 'planted', from_name = 'planted', sent_at = sent_at"
         b" - interval '1 s' WHERE provider_message_id = 'm1'", "messages"),
        (b"UPDATE messages SET body_hash = (SELECT body_hash FROM messages WHERE"
         b" provider_message_id = 'm1'), body_format = 'html'" + _T1, "messages"),
        (b"UPDATE messages SET from_hash = (SELECT from_hash FROM messages WHERE"
         b" provider_message_id = 'm1')" + _T1, "messages"),
    ],
    "message_recipients": [
        (b"DELETE FROM message_recipients" + _OF_T1, "messages"),
        (b"INSERT INTO message_recipients SELECT 1, m.id, a.hash, 'cc' FROM messages AS m"
         b" CROSS JOIN addresses AS a WHERE m.provider_message_id = 't1'"
         b" AND a.value = 'dan@example.net'", "messages"),
    ],
    "attachments": [
        (b"UPDATE attachments SET url = 'https://planted.test/' WHERE position = 1", "messages"),
    ],
    "message_receipts": [
        (b"UPDATE message_receipts SET status = 'failed', error_code = '9'", "message_receipts"),
    ],
    "email_message_ids": [
        (b"UPDATE email_message_ids SET value = 'planted' WHERE message_id ="
         b" (SELECT id FROM messages WHERE provider_message_id = 'm1')", "messages"),
    ],
    "bodies": [
        (b"UPDATE bodies SET text = 'planted' WHERE hash = (SELECT body_hash FROM messages"
         + _T1 + b")", "bodies"),
    ],
    "addresses": [
        (b"UPDATE addresses SET value = '+14155550000' WHERE hash = (SELECT from_hash FROM"
         b" messages WHERE provider_message_id = 'c1')", "addresses"),
    ],
    "clean_bodies": [
        (b"UPDATE clean_bodies SET html = 'planted'", "clean_bodies"),
    ],
    "search_documents": [
        (b"UPDATE search_documents SET text = 'planted'" + _OF_T1, "search_documents"),
        (b"UPDATE search_documents SET terms = to_tsvector('simple', 'planted')" + _OF_T1,
         "search_documents"),
        (b"UPDATE search_documents SET conversation_id = gen_random_uuid()" + _OF_T1,
         "search_documents"),
        (b"DELETE FROM search_documents" + _OF_T1, "search_documents"),
        (b"INSERT INTO search_documents SELECT 1, gen_random_uuid(), conversation_id, 99, 'x',"
         b" 'x' FROM search_documents" + _OF_T1, "search_documents"),
    ],
    "search_words": [
        (b"DELETE FROM search_words WHERE word = 'hello'", "search_documents"),
    ],
    "conversation_figures": [
        (b"UPDATE conversation_figures SET tags = '{planted}'", "conversation_figures"),
        (b"DELETE FROM conversation_figures", "conversation_figures"),
        (b"INSERT INTO conversation_figures SELECT customer_id, gen_random_uuid(), day_starts_at,"
         b" tags, figures FROM conversation_figures", "conversation_figures"),
    ],
    "rollups": [
        (b"UPDATE rollups SET amount = amount + 1 WHERE figure = 'messages_in'", "rollups"),
        (b"DELETE FROM rollups WHERE grain = 'hour'", "rollups"),
        (b"INSERT INTO rollups SELECT customer_id, grain, grouped_by, 'planted', group_key,"
         b" starts_at - interval '90 days', detail, amount, milliseconds FROM rollups"
         b" WHERE figure = 'messages_in'", "rollups"),
    ],
}  # fmt: skip
# Which message was the first of two copies, which parts belong together and what a conversation
# waits for was decided when they came in: a rebuild looks at it, with all events.
_BY_REBUILD = {"message_copies", "message_parts", "email_awaited"}
# What came from outside or was decided by somebody, what waits, and what is measured or kept about
# ourselves: nothing here could tell it again.
_SOURCES = {
    "analysts", "agents", "api_keys", "audit", "business_calendars", "canned_replies",
    "changes_set_aside", "holidays", "opening_hours", "opening_spans",
    "channel_activity", "channel_addresses", "channel_hours", "channel_pace", "channels",
    "chore_runs", "contact_merges", "contacts", "conversation_merges", "conversation_splits",
    "conversation_tags", "customers", "dead_letters", "derived_differences", "derived_scans",
    "derived_walks", "fetched_contents", "files", "help_requests", "hook_attempts",
    "hook_deliveries", "hooks", "idempotency_keys", "inbound_events", "inbound_failures",
    "inbound_queue", "jobs", "media_fetches", "notes", "opt_out_dismissals", "outbound_attempts",
    "outbound_look_ups", "outbound_queue", "outbox", "outbox_cursors", "outbox_origin",
    "quarantined_deliveries", "read_marks", "reconciliation_runs", "reconciliations",
    "rollup_rebuilds", "rollup_refreshes",
    "suppression_lifts", "suppressions", "uploads", "web_processes", "web_sessions", "workers",
}  # fmt: skip
_TABLES = b"""
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND strpos(c.relname, 'yoyo') = 0
"""
_ALL_DERIVED = b"""
    SELECT row(c.id, c.message_count, c.inbound_count, c.last_seq, c.last_inbound_seq, c.subject,
        c.first_message_at, c.last_activity_at, c.last_message_id, c.last_message_preview,
        c.waiting_since, c.last_outbound_at)::text FROM conversations AS c
    UNION ALL SELECT row(p.*)::text FROM conversation_participants AS p
    UNION ALL SELECT row(m.*)::text FROM messages AS m
    UNION ALL SELECT row(r.*)::text FROM message_recipients AS r
    UNION ALL SELECT row(a.*)::text FROM attachments AS a
    UNION ALL SELECT row(r.*)::text FROM message_receipts AS r
    UNION ALL SELECT row(i.*)::text FROM email_message_ids AS i
    UNION ALL SELECT row(b.*)::text FROM bodies AS b
    UNION ALL SELECT row(a.hash, a.kind, a.value)::text FROM addresses AS a
    UNION ALL SELECT row(b.hash, b.html)::text FROM clean_bodies AS b
    UNION ALL SELECT row(d.message_id, d.conversation_id, d.text,
        array(SELECT w FROM unnest(tsvector_to_array(d.terms)) AS w WHERE left(w, 1) <> ':')
        )::text FROM search_documents AS d
    UNION ALL SELECT row(w.*)::text FROM search_words AS w
    UNION ALL SELECT row(f.*)::text FROM conversation_figures AS f
    UNION ALL SELECT row(r.*)::text FROM rollups AS r WHERE r.amount <> 0
    ORDER BY 1
"""


async def _live(database_url: str, conn: Connection) -> None:
    """Live through everything, with a receipt, with HTML, and with all that follows the outbox."""
    lived = await live(database_url, conn)
    receipt = b'{"type": "receipt", "provider_message_id": "x", "status": "delivered"}'
    await record(conn, lived.sms, receipt)
    await record(conn, lived.email, _HTML)
    await work(database_url)
    for consumer in (search_consumer(), mail_consumer(), rollup_consumer()):
        await drain_consumer(conn, consumer)


_HTML = replace(
    a_mail("html", "gil@example.org", body="<p>Hello <b>you</b></p>"), body_format="html"
)


async def _settle(database_url: str, conn: Connection) -> None:
    """Let workers and followers do what mending left to them."""
    await work(database_url)
    for consumer in (search_consumer(), rollup_consumer()):
        await drain_consumer(conn, consumer)


async def test_every_table_is_compared_or_says_what_nothing_else_tells(
    open_connection: OpenConnection,
) -> None:
    """A new table is in one of these: what is derived has a wrong row planted."""
    async with open_connection() as conn:
        tables = set(map(str, await values(conn, _TABLES)))
    assert tables == set(_PLANTED) | _BY_REBUILD | _SOURCES
    rebuilt = statements("rebuild")["make_schema"].decode()
    again = {name for name in tables if f"LIKE public.{name} " in rebuilt}
    # A second schema has what people did as well, so that nothing of theirs is touched.
    assert {"messages", "conversations"} < again - _SOURCES <= set(_PLANTED) | _BY_REBUILD
    assert [part.name for part in ALL_PARTS] == list(PARTS)
    assert {part for planted in _PLANTED.values() for _, part in planted} <= set(PARTS)
    scanned = {table for part in ALL_PARTS for table in part.tables}
    assert scanned | {"search_words"} == set(_PLANTED)


async def test_wrong_rows_are_found_by_the_next_look_and_mended(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _live(database_url, conn)
        # The reply there is written without the outbox.
        assert await look(conn, mends=True) == 1
        assert await look(conn) == 0
        right = await values(conn, _ALL_DERIVED)
        assert await look(conn) == 0
        for table, planted in _PLANTED.items():
            for statement, part in planted:
                await conn.execute(statement)
                assert await values(conn, _ALL_DERIVED) != right, statement
                assert await look(conn) > 0, statement
                assert part in {rows.part for rows in await count_differing(conn)}, statement
                await look(conn, mends=True)
                await _settle(database_url, conn)
                await look(conn, mends=True)
                assert await values(conn, _ALL_DERIVED) == right, (table, statement)
                assert await count_differing(conn) == [], statement
        runs = await list_runs(conn, only_wrong=True, limit=100)
        assert all(run.rows_wrong >= run.rows_mended for run in runs)
        assert {run.part for run in runs} >= {part for p in _PLANTED.values() for _, part in p}
        assert all(run.samples and run.reason == "minute" for run in runs)


async def test_what_was_lost_is_made_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(
            conn, channel, an_sms("one"), an_sms("two", minute=1), an_sms("three", minute=2)
        )
        await work(database_url)
        await drain_consumer(conn, search_consumer())
        lost = b" = (SELECT id FROM messages WHERE provider_message_id = 'two')"
        await conn.execute(b"DELETE FROM message_recipients WHERE message_id" + lost)
        await conn.execute(b"DELETE FROM messages WHERE id" + lost)
        assert await look(conn, mends=True) > 0
        assert await values(conn, b"SELECT seq FROM messages ORDER BY seq") == [1, 2]
        await _settle(database_url, conn)
        await look(conn, mends=True)
        assert await values(conn, b"SELECT message_count FROM conversations") == [3]
        assert await count_of(conn, "search_documents") == 3
        assert await look(conn) == 0


async def test_a_customer_is_compared_whole_when_asked_and_all_are_at_night(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(str(nth), f"+1415556{nth:04}") for nth in range(30)))
        await work(database_url, 30)
        await drain_consumer(conn, search_consumer())
        await conn.execute(b"UPDATE conversations SET message_count = 2, last_seq = 2")
        await conn.execute(b"DELETE FROM search_documents")
        config = comparing_config(mends=False)
        night = config.clock().replace(hour=2)
        found = sum([wrong async for wrong in compare_at_night(conn, night, config)])
        assert found == 60
        assert sum([wrong async for wrong in compare_at_night(conn, night, config)]) == 0
        done = await compare_customer(conn, config, 1, mends=True)
        assert {each.part.name: (each.seen, each.wrong, each.mended) for each in done} == {
            "inbound_events": (30, 0, 0), "addresses": (31, 0, 0), "bodies": (1, 0, 0),
            "messages": (30, 0, 0), "message_receipts": (0, 0, 0), "conversations": (30, 30, 30),
            "clean_bodies": (0, 0, 0), "search_documents": (30, 30, 30),
            "conversation_figures": (30, 0, 0), "rollups": (0, 0, 0),
        }  # fmt: skip
        runs = await list_runs(conn, only_wrong=True, limit=10)
        assert [(run.reason, run.part, run.rows_mended) for run in runs] == [
            ("asked", "search_documents", 30), ("asked", "conversations", 30),
            ("night", "search_documents", 0), ("night", "conversations", 0),
        ]  # fmt: skip
        assert all(len(run.samples) == 20 for run in runs)
        assert await count_differing(conn) == []


async def test_what_is_off_or_behind_is_no_difference(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("one", ANN))
        await work(database_url)
        await drain_consumer(conn, search_consumer())
        await record(conn, channel, an_sms("two", ANN, minute=1))
        await work(database_url)
        assert await count_of(conn, "search_documents") == 1
        assert await look(conn) == 0
        await conn.execute(
            b"UPDATE outbox_cursors SET off_since = now(), has_missed = true"
            b" WHERE consumer = 'search'"
        )
        await conn.execute(b"DELETE FROM search_documents")
        assert await look(conn) == 0


async def test_rows_written_by_hand_are_found_though_no_walk_comes_to_them(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Messages are not walked through: Postgres tells which rows were written lately."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(str(nth), f"+1415556{nth:04}") for nth in range(40)))
        await work(database_url, 40)
        await drain_consumer(conn, search_consumer())
        assert await look(conn) == 0
        since = b"SELECT written_since::text::bigint FROM derived_scans WHERE name = 'messages'"
        [before] = await values(conn, since)
        for _ in range(2):
            assert await look(conn) == 0
        [after] = await values(conn, since)
        assert int(str(after)) > int(str(before))
        await conn.execute(b"UPDATE search_documents SET text = 'planted'")
        await conn.execute(b"UPDATE messages SET subject = 'planted'")
        await look(conn)
        assert {rows.part: rows.rows for rows in await count_differing(conn)}["messages"] == 40
        assert await look(conn, mends=True) > 0
        assert await look(conn) == 0
