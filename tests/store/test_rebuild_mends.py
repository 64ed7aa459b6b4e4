"""Each way in which tables may have gone wrong: it is found, it is mended, and nothing else is."""

from collections.abc import Sequence

import pytest
from conftest import OpenConnection
from flows import dump
from rebuilding import compare, found, live, mend

from store.database import Connection

_OF = b"(SELECT id FROM messages WHERE provider_message_id = "
_CONVERSATION_OF = b"(SELECT conversation_id FROM messages WHERE provider_message_id = "


def _loses(name: bytes) -> tuple[bytes, ...]:
    """Lose a message with all that hangs on it, as if it had never been written."""
    its_own = _OF + b"'" + name + b"')"
    return (
        b"DELETE FROM message_recipients WHERE message_id = " + its_own,
        b"DELETE FROM attachments WHERE message_id = " + its_own,
        b"UPDATE email_message_ids SET message_id = NULL WHERE message_id = " + its_own,
        b"DELETE FROM messages WHERE provider_message_id = '" + name + b"'",
    )


_WRONG: dict[str, tuple[tuple[bytes, ...], dict[str, str]]] = {
    "a text is lost": (
        _loses(b"t2"),
        {
            "conversations": "changed 1 (inbound_count, message_count, seq)",
            "messages": "missing 1",
        },
    ),
    "the first mail of a thread is lost": (
        _loses(b"m0"),
        {
            "messages": "missing 1",
            "email_message_ids": "changed 1 (message_id)",
            "conversations": "changed 1 (first_message_at, first_message_id, inbound_count,"
            " last_message_id, message_count, seq)",
        },
    ),
    "another text": (
        (
            b"INSERT INTO bodies VALUES (1, 77, 'Something else')",
            b"UPDATE messages SET body_hash = 77 WHERE provider_message_id = 't1'",
        ),
        {"messages": "changed 1 (body_hash)"},
    ),
    "a text that changed where it is kept": (
        (b"UPDATE bodies SET text = 'Nothing' WHERE text = '<b>Hi</b>'",),
        {"bodies": "changed 1 (value)", "messages": "changed 1 (body_hash)"},
    ),
    "an address that changed where it is kept": (
        (b"UPDATE addresses SET value = '+14155550166' WHERE value = '+14155550102'",),
        {
            "addresses": "changed 1 (value)",
            "messages": "changed 1 (from_hash)",
        },
    ),
    "nobody behind an address": (
        (b"UPDATE addresses SET contact_id = NULL WHERE value = '+14155550103'",),
        {"addresses": "changed 1 (contact)"},
    ),
    "what a message says of itself": (
        (
            b"UPDATE messages SET kind = 'mms', from_name = 'Nobody', body_format = 'html',"
            b" subject = 'None', sent_at = sent_at - interval '1 s', from_hash ="
            b" (SELECT hash FROM addresses WHERE value = '24365') WHERE provider_message_id = 't1'",
        ),
        {
            "messages": "changed 1 (body_format, from_hash, from_name, kind, sent_at, subject)",
            "conversations": "changed 1 (first_message_at)",
        },
    ),
    "a text in a strange conversation": (
        (
            b"UPDATE messages SET seq = 90, conversation_id = " + _CONVERSATION_OF + b"'short')"
            b" WHERE provider_message_id = 'g1'",
        ),
        {"messages": "changed 1 (conversation_id)"},
    ),
    "a thread in a strange conversation": (
        (
            b"UPDATE messages SET seq = seq + 90, conversation_id = " + _CONVERSATION_OF + b"'x1')"
            b" WHERE provider_message_id IN ('waits', 'again')",
        ),
        {"messages": "changed 2 (conversation_id)"},
    ),
    "a message too many": (
        (
            b"INSERT INTO messages (customer_id, id, conversation_id, seq, direction, channel_id,"
            b" kind, status, from_hash, body_hash, body_format, event_id, sent_at, received_at)"
            b" SELECT 1, i, conversation_id, 2, 'inbound', channel_id, kind, 'received', from_hash,"
            b" body_hash, 'text', i, now(), now() FROM messages,"
            b" (SELECT gen_random_uuid() AS i) AS new WHERE provider_message_id = 'short'",
            b"INSERT INTO message_recipients SELECT customer_id, id, from_hash, 'to'"
            b" FROM messages WHERE provider_message_id IS NULL AND direction = 'inbound'",
        ),
        {"messages": "extra 1"},
    ),
    "recipients": (
        (
            b"DELETE FROM message_recipients WHERE message_id = " + _OF + b"'g1')",
            b"INSERT INTO message_recipients SELECT customer_id, id, from_hash, 'cc'"
            b" FROM messages WHERE provider_message_id = 't1'",
        ),
        {"message_recipients": "missing 1 extra 1"},
    ),
    "attachments": (
        (
            b"DELETE FROM attachments WHERE position = 2",
            b"UPDATE attachments SET url = 'https://x.test/3' WHERE position = 1",
            b"INSERT INTO attachments SELECT customer_id, id, 1, 'x', NULL, NULL, NULL"
            b" FROM messages WHERE provider_message_id = 't1'",
        ),
        {"attachments": "missing 1 extra 1 changed 1"},
    ),
    "who takes part": (
        (
            b"DELETE FROM conversation_participants WHERE conversation_id = "
            + _CONVERSATION_OF + b"'g1')",
            b"INSERT INTO conversation_participants SELECT 1, " + _CONVERSATION_OF + b"'short'),"
            b" hash, 'other' FROM addresses WHERE value = '+14155550101'",
        ),
        {"conversation_participants": "missing 1 extra 1"},
    ),
    "what a conversation says of itself": (
        (
            b"UPDATE conversations SET message_count = 9, inbound_count = 7, last_seq = 12,"
            b" last_inbound_seq = 11, subject = 'None', last_message_preview = 'None',"
            b" last_message_direction = 'outbound', first_message_at = '2020-01-01',"
            b" last_activity_at = '2030-01-01', waiting_since = NULL, last_outbound_at = now(),"
            b" first_message_id = gen_random_uuid(), last_message_id = gen_random_uuid()"
            b" WHERE id = " + _CONVERSATION_OF + b"'g1')",
        ),
        {
            "conversations": "changed 1 (first_message_at, first_message_id, inbound_count,"
            " last_activity_at, last_inbound_seq, last_message_direction, last_message_id,"
            " last_outbound_at, last_seq, message_count, subject, waiting_since)"
        },
    ),
    "a preview of theirs": (
        (
            b"UPDATE conversations SET last_message_preview = 'None' WHERE id = "
            + _CONVERSATION_OF + b"'g1')",
        ),
        {"conversations": "changed 1 (last_message_preview)"},
    ),
    "a preview of our answer": (
        (
            b"UPDATE conversations SET last_message_preview = 'None'"
            b" WHERE last_message_direction = 'outbound'",
        ),
        {"conversations": "changed 1 (last_message_preview)"},
    ),
    "where new messages go": (
        (b"UPDATE conversations SET is_current = false WHERE id = " + _CONVERSATION_OF + b"'n2')",),
        {"conversations": "changed 1 (is_current)"},
    ),
    "a conversation of nothing": (
        (
            b"INSERT INTO conversations (customer_id, id, channel_id, key_hash, message_count,"
            b" inbound_count, last_seq, first_message_at, first_message_id, last_activity_at,"
            b" last_message_id, last_message_direction, last_message_preview)"
            b" SELECT 1, gen_random_uuid(), id, gen_random_uuid(), 1, 1, 1, now(),"
            b" gen_random_uuid(), now(), gen_random_uuid(), 'inbound', '' FROM channels LIMIT 1",
        ),
        {"conversations": "extra 1"},
    ),
    "Message-IDs": (
        (
            b"UPDATE email_message_ids SET message_id = " + _OF + b"'m1') WHERE value = 'm3@mail'",
            b"UPDATE email_message_ids SET message_id = NULL WHERE value = 'm2@mail'",
            b"DELETE FROM email_message_ids WHERE value = 'm4@mail'",
        ),
        {"email_message_ids": "missing 1 changed 2 (message_id)"},
    ),
    "what is waited for": (
        (b"DELETE FROM email_awaited",),
        {"email_awaited": "missing 1"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", list(_WRONG))
async def test_what_went_wrong_is_found_and_mended(
    database_url: str, open_connection: OpenConnection, wrong: str
) -> None:
    statements, expected = _WRONG[wrong]
    async with open_connection() as conn:
        await live(database_url, conn)
        before = await _rows(conn)
        await _do(conn, statements)
        damaged = await dump(conn)
        seen = found(await compare(database_url))
        assert {table: seen.get(table) for table in expected} == expected
        assert await dump(conn) == damaged
        mended = await mend(database_url)
        assert mended.is_applied
        assert found(mended) == seen
        assert found(await compare(database_url)) == {}
        assert await _rows(conn) == before


async def _do(conn: Connection, statements: Sequence[bytes]) -> None:
    async with conn.transaction():
        for statement in statements:
            await conn.execute(statement)


async def _rows(conn: Connection) -> dict[str, list[str]]:
    """Read all that people see: versions, times of writing and what followers hear may differ."""
    rows: dict[str, list[str]] = {}
    for table, query in _SEEN.items():
        rows[table] = sorted(str(row) for row in await (await conn.execute(query)).fetchall())
    return rows


_SEEN = {
    "messages": (
        b"SELECT m.id, m.conversation_id, m.seq, m.direction, m.channel_id, m.kind, m.status,"
        b" a.value, m.from_name, b.text, m.body_format, m.subject, m.provider_message_id,"
        b" m.event_id, m.sent_at, m.received_at FROM messages AS m"
        b" JOIN addresses AS a ON a.hash = m.from_hash JOIN bodies AS b ON b.hash = m.body_hash"
    ),
    "conversations": (
        b"SELECT id, channel_id, key_hash, generation, is_current, status, closed_at, subject,"
        b" message_count, inbound_count, last_seq, first_message_at, first_message_id,"
        b" last_activity_at, last_message_id, last_message_direction, last_message_preview,"
        b" last_inbound_seq, last_outbound_at, waiting_since FROM conversations"
    ),
    "recipients": b"SELECT * FROM message_recipients",
    "attachments": b"SELECT * FROM attachments",
    "participants": b"SELECT * FROM conversation_participants",
    "Message-IDs": b"SELECT * FROM email_message_ids",
    "awaited": b"SELECT * FROM email_awaited",
    "merges": b"SELECT * FROM conversation_merges",
    "splits": b"SELECT * FROM conversation_splits",
    "addresses": b"SELECT hash, kind, value, contact_id FROM addresses",
    "contacts": b"SELECT id, name FROM contacts",
}
