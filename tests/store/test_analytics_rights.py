"""No view of analysts shows a secret or people who are hidden, and none can be written."""

from typing import LiteralString

import psycopg
import pytest
from analyst_login import ALLOW, logged_in_analyst
from cookbook_data import KINDS, MESSAGES, OWN_MAIL, OWN_PHONE
from databases import as_owner
from flows import values
from psycopg import sql

from store.database import Connection

# Lower-case letters alone: as text, as JSON and as bytes in hexadecimal it is found again.
_PLANTED = "planted"
_PLANTED_FORMS = (_PLANTED, _PLANTED.encode().hex())
_PLANT = (
    b"""UPDATE channels SET
        token = 'planted-token-' || name || customer_id, secrets = 'planted',
        credential = 'planted', account = 'planted', send_url = 'https://planted.example.com',
        reply_key = 'planted-of-thirty-two-bytes-long'""",
    b"""UPDATE inbound_events SET
        headers = '{"x-planted": "planted"}', body = 'planted', content_type = 'text/plain'""",
    b"UPDATE dead_letters SET detail = 'planted'",
    b"""UPDATE quarantined_deliveries SET
        url = '/webhooks/planted', headers = '{"x-planted": "planted"}', body = 'planted',
        body_bytes = 7""",
    b"UPDATE attachments SET url = 'https://media.example.com/planted'",
    b"UPDATE conversations SET last_message_preview = 'planted'",
    b"""UPDATE audit SET detail = detail || '{"planted": "planted"}', request_id = 'planted'""",
    b"""INSERT INTO outbound_attempts
        (customer_id, message_id, attempt, fence, ended_at, outcome, error_code, detail)
        SELECT customer_id, id, 1, 1, now(), 'retry', 'planted', 'planted'
        FROM messages WHERE direction = 'outbound'""",
    b"""INSERT INTO notes (customer_id, id, conversation_id, text)
        SELECT customer_id, id, id, 'planted' FROM conversations""",
    b"""INSERT INTO hooks (customer_id, id, url, types, secrets)
        SELECT id, gen_random_uuid(), 'https://planted.example.com/', '{ping.v1}', 'planted'
        FROM customers""",
    b"""INSERT INTO hook_deliveries (customer_id, id, hook_id, type, happened_at, order_id)
        SELECT customer_id, id, id, 'ping.v1', now(), id FROM hooks""",
    b"""INSERT INTO hook_attempts
        (customer_id, delivery_id, attempt, began_at, duration_ms, http_status, answer)
        SELECT customer_id, id, 1, now(), 1, 500, 'planted' FROM hook_deliveries""",
    b"""INSERT INTO api_keys (customer_id, id, name, key_hash, scopes)
        VALUES (1, gen_random_uuid(), 'planted', 'planted-of-thirty-two-bytes-long', '{a}')""",
)
_VIEWS = (
    b"SELECT c.relname::text FROM pg_class AS c"
    b" WHERE c.relnamespace = 'analytics'::regnamespace ORDER BY 1"
)


async def _shown(anna: Connection) -> dict[str, str]:
    """Read every row of every view as one text for each."""
    shown = dict[str, str]()
    for view in await values(anna, _VIEWS):
        query = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(str(view)))
        rows = await (await anna.execute(query)).fetchall()
        shown[str(view)] = "\n".join(row[0] for row in rows)
    return shown


async def test_a_planted_secret_is_in_no_view(fresh_database_url: str) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (1, True))
        for plant in _PLANT:
            assert (await owner.execute(plant)).rowcount > 0
        shown = await _shown(anna)
    assert {
        "events",
        "response_times",
        "resolution_times",
        "agent_activity",
        "hooks",
        "hook_deliveries",
        "hook_attempts",
    } <= {view for view, text in shown.items() if text}
    found = [view for view, text in shown.items() if any(form in text for form in _PLANTED_FORMS)]
    assert found == []


async def test_people_are_in_no_view_for_whoever_need_not_know_them(
    fresh_database_url: str,
) -> None:
    people = set(KINDS) - {OWN_PHONE, OWN_MAIL}
    texts = {row[7] for row in MESSAGES.values() if len(row[7]) > 5}
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (1, False))
        await owner.execute(
            b"UPDATE messages SET from_name = 'Annabel', subject = 'Annabel',"
            b" failure = CASE WHEN direction = 'outbound' THEN 'Annabel' END,"
            b" status = CASE WHEN direction = 'outbound' THEN 'failed' ELSE status END"
        )
        await owner.execute(b"UPDATE conversations SET subject = 'Annabel'")
        await owner.execute(b"UPDATE contacts SET name = 'Annabel'")
        await owner.execute(b"UPDATE attachments SET filename = 'Annabel'")
        hidden = await _shown(anna)
        await owner.execute(b"UPDATE analysts SET sees_people = true")
        seen = await _shown(anna)
    for private in {"Annabel", *people, *texts}:
        assert [view for view, text in hidden.items() if private in text] == []
        assert [view for view, text in seen.items() if private in text] != []


@pytest.mark.parametrize("attempt", ["INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}"])
async def test_no_view_can_be_written(fresh_database_url: str, attempt: LiteralString) -> None:
    async with logged_in_analyst(as_owner(fresh_database_url)) as (owner, anna):
        await owner.execute(ALLOW, (1, True))
        before = await _shown(anna)
        for view in before:
            await _refused(anna, sql.SQL(attempt).format(sql.Identifier(view)))
            await _refused(anna, await _update_of(anna, view))
        assert await _shown(anna) == before


async def _update_of(anna: Connection, view: str) -> sql.Composed:
    query = sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(view))
    described = (await anna.execute(query)).description
    assert described
    column = sql.Identifier(described[0].name)
    return sql.SQL("UPDATE {} SET {} = {}").format(sql.Identifier(view), column, column)


async def _refused(anna: Connection, command: sql.Composed) -> None:
    """Not allowed, or of a view into which nothing can be written by anybody."""
    with pytest.raises(psycopg.Error) as refused:
        await anna.execute(command)
    assert refused.value.sqlstate in ("42501", "55000")
