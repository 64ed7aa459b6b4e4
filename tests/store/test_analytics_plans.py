"""Questions about a time or a conversation are asked of an index, by whoever is an analyst."""

from collections.abc import Generator
from typing import Any

import pytest
from databases import PreparedDatabases, as_owner
from many_conversations import fill_with_many
from psycopg import sql
from read_plans import indexes, read_whole

from store.database import connect

# A day's messages for each of a hundred days, in the order in which they came, and as many events
# and entries of the audit.
_SPREAD = b"""
TRUNCATE messages CASCADE;
INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
    body_hash, body_format, sent_at, received_at, event_id
)
SELECT
    1, md5('message' || n)::uuid, md5('conversation1' || 1 + n % 20000)::uuid, 1 + n / 20000,
    CASE WHEN n % 2 = 0 THEN 'inbound' ELSE 'outbound' END, md5('channel11')::uuid, 'sms',
    CASE WHEN n % 2 = 0 THEN 'received' ELSE 'sent' END, 1, 1, 'text',
    timestamptz '2026-01-01Z' + n * interval '3 minutes',
    timestamptz '2026-01-01Z' + n * interval '3 minutes',
    CASE WHEN n % 2 = 0 THEN md5('message' || n)::uuid END
FROM generate_series(1, 48000) AS n;
INSERT INTO inbound_events (
    customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key, signature,
    headers, content_type, body, received_at
)
SELECT
    1, md5('message' || n)::uuid, md5('channel11')::uuid, 'generic', 'message', n::text,
    'message:' || n, 'unchecked', '{}', '', '',
    timestamptz '2026-01-01Z' + n * interval '3 minutes'
FROM generate_series(2, 48000, 2) AS n;
INSERT INTO audit (customer_id, id, agent_id, action, conversation_id, detail, at)
SELECT
    1, md5('change' || n)::uuid, md5('agent1')::uuid, 'conversation.status_changed',
    md5('conversation1' || 1 + n % 20000)::uuid, '{"from": "open", "to": "closed"}',
    timestamptz '2026-01-01Z' + n * interval '3 minutes'
FROM generate_series(1, 48000) AS n;
"""
_TABLES = {"messages", "inbound_events", "audit", "conversations"}


@pytest.fixture(scope="module")
def large(prepared_databases: PreparedDatabases) -> Generator[str]:
    with prepared_databases.copy(_fill) as (url, _):
        yield url


async def _fill(app_url: str) -> None:
    await fill_with_many(app_url)
    async with await connect(as_owner(app_url), "tests") as conn:
        await conn.execute(_SPREAD, prepare=False)
        await conn.execute(b"VACUUM (ANALYZE) messages, inbound_events, audit, conversations")


async def _plan(url: str, question: sql.Composed) -> Any:
    async with await connect(as_owner(url), "tests") as conn:
        await conn.execute(b"SET ROLE inlet_analyst")
        await conn.execute(b"SET search_path = analytics")
        cursor = await conn.execute(sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) ") + question)
        (row,) = await cursor.fetchall()
    return row[0][0]["Plan"]


@pytest.mark.parametrize(
    ("view", "column", "index"),
    [
        ("events", "received_at", "inbound_events_by_arrival"),
        ("conversation_messages", "received_at", "messages_by_arrival"),
        ("response_times", "waiting_since", "messages_by_arrival"),
        ("resolution_times", "closed_at", "audit_by_time"),
        ("channel_volume", "day", "messages_by_arrival"),
        ("delivery", "day", "messages_by_arrival"),
        ("agent_activity", "day", "audit_by_time"),
        ("conversation_overview", "last_message_at", "conversations_by_activity"),
    ],
)
async def test_a_question_about_a_time_is_asked_of_an_index(
    large: str, view: str, column: str, index: str
) -> None:
    query = sql.SQL("SELECT * FROM {} WHERE customer_id = 1 AND {} >= '2026-04-10'")
    plan = await _plan(large, query.format(sql.Identifier(view), sql.Identifier(column)))
    assert index in indexes(plan)
    assert read_whole(plan) & _TABLES == set()


@pytest.mark.parametrize(
    "view", ["conversation_messages", "response_times", "resolution_times", "conversation_overview"]
)
async def test_a_question_about_a_conversation_is_asked_of_an_index(large: str, view: str) -> None:
    query = sql.SQL(
        "SELECT * FROM {} WHERE customer_id = 1 AND conversation_id = md5('conversation15')::uuid"
    )
    plan = await _plan(large, query.format(sql.Identifier(view)))
    assert read_whole(plan) & _TABLES == set()
