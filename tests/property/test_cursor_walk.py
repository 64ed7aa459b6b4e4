"""Walking a list page by page sees each row exactly once, whatever the filters and the page size.

Many rows share a moment, so that page borders fall between equals.
"""

import asyncio
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount, Router

from app.clock import utc_now
from app.ids import new_id
from domain.api_key import hash_key
from domain.identity import derived_uuid, hash64
from inbox.conversations.api import conversation_routes
from inbox.conversations.change_api import change_endpoint
from inbox.conversations.messages_api import message_reading_routes
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.writing.api import reply_endpoint
from store.api_keys import insert_key
from store.database import Connection, connect, open_pool

T = TypeVar("T")

_START = datetime(2024, 11, 1, tzinfo=UTC)
_MOMENTS = [_START + timedelta(microseconds=number) for number in range(6)]
_STATUSES = ["open", "pending", "snoozed", "closed", "spam"]
_KINDS = ["sms", "sms", "email"]
_PEOPLE = ["one", "two", "three"]
_TAGS = ["", "vip", "billing"]
_AGENTS = [derived_uuid("agent", number) for number in range(2)]
_KEY = "inlet_test_walker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A conversation as far as filters see it."""

    id: str
    channel: int
    status: str
    person: str
    tag: str
    assignee: str
    is_waiting: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """The API of a furnished database, on an event loop of its own."""

    runner: asyncio.Runner
    client: httpx.AsyncClient

    def get(self, path: str, query: Mapping[str, str]) -> Any:
        headers = {"authorization": f"Bearer {_KEY}"}
        response = self.runner.run(self.client.get(f"{path}?{urlencode(query)}", headers=headers))
        assert response.status_code == 200, response.text
        return response.json()

    def walk(self, path: str, query: Mapping[str, str], limit: int) -> list[str]:
        """List the ids of every page, one after the other."""
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            answer = self.get(path, {**query, **cursor, "limit": str(limit)})
            ids += [item["id"] for item in answer["items"]]
            page = answer["page"]
            assert page["has_more"] == (page["next_cursor"] is not None)
            if not page["has_more"]:
                return ids
            assert len(answer["items"]) == limit
            cursor = {"cursor": page["next_cursor"]}


def channel(number: int) -> str:
    return derived_uuid("channel", number)


def _pick(words: Sequence[T], what: str, number: int) -> T:
    """Pick a word as if by chance, the same at every run."""
    return words[hash64(f"{what} {number}") % len(words)]


ROWS = [
    Row(
        id=derived_uuid("row", number),
        channel=_pick(range(len(_KINDS)), "channel", number),
        status=_pick(_STATUSES, "status", number),
        person=_pick(_PEOPLE, "person", number),
        tag=_pick(_TAGS, "tag", number),
        assignee=_pick(["none", *_AGENTS], "assignee", number),
        is_waiting=_pick([True, False], "waiting", number),
        at=_pick(_MOMENTS, "moment", number),
    )
    for number in range(90)
]

_QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "channel_id": st.sampled_from([channel(number) for number in range(len(_KINDS))]),
        "channel_kind": st.sampled_from(["sms", "email"]),
        "status": st.lists(st.sampled_from(_STATUSES), min_size=1, max_size=3).map(",".join),
        "address": st.sampled_from([*_PEOPLE, "nobody"]),
        "tag": st.sampled_from(["vip", "billing", "other"]),
        "assignee": st.sampled_from(["none", *_AGENTS]),
        "needs_reply": st.sampled_from(["true", "false"]),
        "active_after": st.sampled_from(_MOMENTS).map(datetime.isoformat),
        "active_before": st.sampled_from(_MOMENTS).map(datetime.isoformat),
    },
)


def test_a_walk_sees_each_conversation_once(walker: Walker) -> None:
    @given(query=_QUERIES, limit=st.integers(1, 200) | st.integers(1, 9))
    def check(query: dict[str, str], limit: int) -> None:
        assert walker.walk("/api/conversations", query, limit) == _expected(query)

    check()


def test_a_walk_sees_each_message_once(walker: Walker) -> None:
    path = f"/api/conversations/{ROWS[0].id}/messages"

    @given(order=st.sampled_from(["newest", "oldest"]), limit=st.integers(1, 200))
    def check(order: str, limit: int) -> None:
        expected = sorted((row.at, row.id) for row in ROWS)
        found = walker.walk(path, {"order": order}, limit)
        assert found == [
            conversation_id
            for _, conversation_id in (expected if order == "oldest" else expected[::-1])
        ]

    check()


def _expected(query: Mapping[str, str]) -> list[str]:
    found = [row for row in ROWS if _matches(row, query)]
    return [row.id for row in sorted(found, key=lambda row: (row.at, row.id), reverse=True)]


def _matches(row: Row, query: Mapping[str, str]) -> bool:
    return (
        query.get("channel_id", channel(row.channel)) == channel(row.channel)
        and query.get("channel_kind", _KINDS[row.channel]) == _KINDS[row.channel]
        and row.status in query.get("status", row.status).split(",")
        and query.get("address", row.person) == row.person
        and query.get("tag", row.tag) == row.tag
        and query.get("assignee", row.assignee) == row.assignee
        and query.get("needs_reply", _needs_reply(row)) == _needs_reply(row)
        and row.at.isoformat() >= query.get("active_after", "")
        and row.at.isoformat() < query.get("active_before", "9")
    )


def _needs_reply(row: Row) -> str:
    return str(row.is_waiting and row.status in ("open", "pending")).lower()


@pytest.fixture
def walker(database_url: str) -> Generator[Walker]:
    pool = open_pool(database_url, "tests", 2)
    shared = Shared(
        pool=pool,
        clock=utc_now,
        new_id=new_id,
        door=KeyDoor(pool, utc_now),
        limits=RateLimits({"api": 0, "search": 0}),
        poke=lambda: None,
        public_url="http://inlet.test",
    )
    conversations = conversation_routes(shared, change=change_endpoint(), search_timeout_seconds=1)
    messages = message_reading_routes(shared, reply=reply_endpoint())
    router = Router([Mount("/api", routes=[*conversations, *messages])])
    transport = httpx.ASGITransport(app=router)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_furnish(database_url))
        runner.run(pool.open())
        client = httpx.AsyncClient(transport=transport, base_url="http://inlet.test")
        yield Walker(runner=runner, client=client)
        runner.run(client.aclose())
        runner.run(pool.close())


async def _furnish(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn, conn.transaction():
        await insert_key(
            conn,
            customer_id=1,
            key_id=derived_uuid("key"),
            name="walker",
            key_hash=hash_key(_KEY),
            scopes=["conversations:read"],
        )
        await _store_channels(conn)
        await _store_rows(conn)


async def _store_channels(conn: Connection) -> None:
    await conn.execute(
        b"INSERT INTO channels"
        b" (customer_id, id, token, kind, provider, name, own_address, signature_mode)"
        b" SELECT 1, id, 'token-of-' || id, kind, 'generic', id::text, 'own of ' || id, 'off'"
        b" FROM unnest(%s::uuid[], %s::text[]) AS t (id, kind)",
        ([channel(number) for number in range(len(_KINDS))], _KINDS),
    )
    await conn.execute(
        b"INSERT INTO addresses (customer_id, hash, kind, value, is_validated)"
        b" SELECT 1, n, 'handle', value, false"
        b" FROM unnest(%s::text[]) WITH ORDINALITY AS t (value, n)",
        (_PEOPLE,),
    )
    await conn.execute(b"INSERT INTO bodies (customer_id, hash, text) VALUES (1, 1, 'Hello')")
    await conn.execute(
        b"INSERT INTO agents (customer_id, id, name, role)"
        b" SELECT 1, id, id::text, 'agent' FROM unnest(%s::uuid[]) AS t (id)",
        (_AGENTS,),
    )


async def _store_rows(conn: Connection) -> None:
    columns: Sequence[list[Any]] = (
        [row.id for row in ROWS],
        [channel(row.channel) for row in ROWS],
        [row.status for row in ROWS],
        [_PEOPLE.index(row.person) + 1 for row in ROWS],
        [row.at for row in ROWS],
    )
    await conn.execute(_STORE_ROWS, columns)
    await conn.execute(
        b"UPDATE conversations AS c SET assignee_id = t.assignee_id,"
        b" waiting_since = CASE WHEN t.is_waiting THEN c.first_message_at END"
        b" FROM unnest(%s::uuid[], %s::uuid[], %s::boolean[]) AS t (id, assignee_id, is_waiting)"
        b" WHERE c.id = t.id",
        (
            [row.id for row in ROWS],
            [None if row.assignee == "none" else row.assignee for row in ROWS],
            [row.is_waiting for row in ROWS],
        ),
    )
    await conn.execute(
        b"INSERT INTO conversation_tags (customer_id, conversation_id, tag)"
        b" SELECT 1, id, tag FROM unnest(%s::uuid[], %s::text[]) AS t (id, tag) WHERE tag <> ''",
        ([row.id for row in ROWS], [row.tag for row in ROWS]),
    )


_STORE_ROWS = b"""
WITH given AS (
    SELECT id, channel_id, status, person, at
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::timestamptz[])
        AS t (id, channel_id, status, person, at)
),
conversation AS (
    INSERT INTO conversations (
        customer_id, id, channel_id, key_hash, status, closed_at, message_count, inbound_count,
        last_seq, first_message_at, first_message_id, last_activity_at, last_message_id,
        last_message_direction, last_message_preview, snoozed_until
    )
    SELECT
        1, id, channel_id, id, status, CASE WHEN status = 'closed' THEN at END, 1, 0, 1, at, id,
        at, id, 'outbound', 'Hello', CASE WHEN status = 'snoozed' THEN at END
    FROM given
),
participant AS (
    INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
    SELECT 1, id, person, 'other' FROM given
)
INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
    body_hash, body_format, sent_at, received_at
)
SELECT
    1, id, first_value(id) OVER (ORDER BY n), n, 'outbound', channel_id, 'sms', 'sent', person, 1,
    'text', at, at
FROM (SELECT id, channel_id, person, at, row_number() OVER () AS n FROM given) AS numbered
"""
