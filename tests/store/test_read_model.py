"""The read model: each statement returns what it says, and reads no more than a page needs.

How much a statement reads is counted in buffers of 8 KiB, which no clock and no load can change.
"""

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest
from databases import PreparedDatabases
from many_conversations import fill_with_many
from read_plans import buffers, explain, id_of, indexes, read_whole

from store import conversation_rows, counts, message_listing
from store.database import connect
from store.position import Position
from store.sql import statements

_AGENT = id_of("agent1")
_VIEWS = (
    "mine", "unassigned", "unread", "needs_reply", "open", "pending", "snoozed", "closed", "spam",
)  # fmt: skip


def _conversation(number: int, customer_id: int = 1) -> str:
    return id_of(f"conversation{customer_id}{number}")


_GIVEN: dict[str, Any] = {
    "customer_id": 1,
    "conversation_id": _conversation(7),
    "conversation_ids": [_conversation(number) for number in range(50)],
    "message_ids": [id_of(f"message{number}") for number in range(50)],
    "with_html": True,
    "viewer_id": _AGENT,
    "most_unread": 100,
    "edge_at": datetime(2024, 11, 1, 1, tzinfo=UTC),
    "edge_id": _conversation(7),
    "edge_seq": 10_000,
    "row_count": 51,
    "provider_message_id": "SM1",
    "dedup_key": "message:SM1",
    "views": list(_VIEWS),
    "most": 1_000,
    "window": 3_000,
}


@pytest.mark.parametrize(
    ("stem", "name", "wanted", "most_buffers"),
    [
        (
            "conversation_rows",
            "read_conversations",
            {"conversations_pkey", "conversation_tags_pkey"},
            2_500,
        ),
        ("conversation_rows", "resolve_conversation", {"conversations_pkey"}, 50),
        ("conversation_rows", "list_participants", {"conversation_participants_pkey"}, 1_000),
        ("message_listing", "page_newest", {"messages_by_time"}, 200),
        ("message_listing", "page_oldest", {"messages_by_time"}, 200),
        (
            "message_listing",
            "page_before_seq",
            {"messages_customer_id_conversation_id_seq_key"},
            200,
        ),
        (
            "message_listing",
            "page_after_seq",
            {"messages_customer_id_conversation_id_seq_key"},
            200,
        ),
        ("message_listing", "read_messages", {"messages_pkey", "bodies_pkey"}, 1_000),
        ("message_listing", "find_by_provider_message_id", {"messages_sent_by_us"}, 100),
        ("message_listing", "list_recipients", {"message_recipients_pkey"}, 500),
        ("message_listing", "list_attachments", {"attachments_pkey"}, 500),
        (
            "counts",
            "count_views",
            {
                "conversations_by_assignee",
                "conversations_by_channel_and_status",
                "conversations_needing_reply",
            },
            20_000,
        ),
    ],
)
async def test_a_look_reads_ranges_of_indexes(
    large: str, stem: str, name: str, wanted: set[str], most_buffers: int
) -> None:
    how = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    plan = await explain(large, how, statements(stem)[name], _GIVEN)
    assert wanted <= indexes(plan)
    assert not {"conversations", "conversation_participants", "messages"} & read_whole(plan)
    assert buffers(plan) <= most_buffers


_STATEMENTS = [
    (stem, name)
    for stem in ("conversation_rows", "message_listing", "counts")
    for name in statements(stem)
]


@pytest.mark.parametrize(("stem", "name"), _STATEMENTS)
async def test_a_plan_made_for_any_parameters_uses_the_indexes_too(
    large: str, stem: str, name: str
) -> None:
    how = b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) "
    plan = await explain(large, how, statements(stem)[name], _GIVEN)
    tables = {"conversations", "conversation_participants", "messages", "bodies", "inbound_events"}
    assert not tables & read_whole(plan) - {"inbound_events"}


async def test_conversations_come_in_the_order_asked_for_as_an_agent_sees_them(large: str) -> None:
    ids = [_conversation(number) for number in (50, 7, 100, 20)]
    async with await connect(large, "tests") as conn:
        rows = await conversation_rows.read_conversations(conn, 1, [*ids, id_of("gone")], _AGENT)
        nobody = await conversation_rows.read_conversations(conn, 1, ids, None)
        assert not await conversation_rows.read_conversations(conn, 2, ids, _AGENT)
    assert [row.id for row in rows] == ids
    assert [row.unread for row in rows] == [True, False, True, False]
    assert [row.tags for row in rows] == [[], [], ["often"], ["often"]]
    assert [row.assignee_name for row in rows] == [None, "agent 1", None, None]
    assert [row.unread for row in nobody] == [None] * 4


async def test_what_is_unread_is_counted_up_to_a_hundred(open_owner_connection: Any) -> None:
    script = b"""
        INSERT INTO agents (customer_id, id, name, role, read_from)
        VALUES (1, md5('agent')::uuid, 'agent', 'agent', '2024-11-01Z');
        INSERT INTO channels (
            customer_id, id, token, kind, provider, name, own_address, signature_mode
        ) VALUES (1, md5('ch')::uuid, 'a-token-of-16-chars', 'sms', 'generic', 'x', '+1', 'off');
        INSERT INTO addresses (customer_id, hash, kind, value, is_validated)
        VALUES (1, 1, 'handle', 'x', false);
        INSERT INTO bodies (customer_id, hash, text) VALUES (1, 1, 'Hello');
        INSERT INTO conversations (
            customer_id, id, channel_id, key_hash, message_count, inbound_count, last_seq,
            last_inbound_seq, first_message_at, first_message_id, last_activity_at,
            last_message_id, last_message_direction, last_message_preview
        )
        SELECT 1, md5('c' || n)::uuid, md5('ch')::uuid, md5('k' || n)::uuid, n, n, n, n,
            '2024-10-01Z', md5('m')::uuid, '2024-12-01Z', md5('m')::uuid, 'inbound', ''
        FROM unnest(ARRAY[3, 150]) AS n;
        INSERT INTO read_marks (customer_id, agent_id, conversation_id, last_read_seq)
        VALUES (1, md5('agent')::uuid, md5('c3')::uuid, 1);
        SET session_replication_role = replica;
        INSERT INTO messages (
            customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
            body_hash, body_format, event_id, sent_at, received_at
        )
        SELECT 1, md5('m' || n || s)::uuid, md5('c' || n)::uuid, s, 'inbound', md5('ch')::uuid,
            'sms', 'received', 1, 1, 'text', md5('m' || n || s)::uuid, '2024-12-01Z', '2024-12-01Z'
        FROM unnest(ARRAY[3, 150]) AS n, generate_series(1, n) AS s;
    """
    async with open_owner_connection() as conn:
        await conn.execute(script, prepare=False)
        agent, ids = id_of("agent"), [id_of("c3"), id_of("c150")]
        rows = await conversation_rows.read_conversations(conn, 1, ids, agent)
        assert [row.unread_count for row in rows] == [2, 100]
        counted = await counts.count_views(conn, 1, agent, ["unread", "open"])
        assert counted["unread"] == counted["open"] == counts.ViewCount(number=2, is_capped=False)


async def test_views_are_counted_up_to_a_thousand(large: str) -> None:
    async with await connect(large, "tests") as conn:
        counted = await counts.count_views(conn, 1, _AGENT, _VIEWS)
        nobody = await counts.count_views(conn, 1, None, ["mine", "unread", "closed"])
    assert list(counted) == list(_VIEWS)
    assert {view: (count.number, count.is_capped) for view, count in counted.items()} == {
        "mine": (999, True),
        "unassigned": (999, True),
        "unread": (counted["unread"].number, True),
        "needs_reply": (999, True),
        "open": (999, True),
        "pending": (0, False),
        "snoozed": (0, False),
        "closed": (200, False),
        "spam": (0, False),
    }
    assert 10 <= counted["unread"].number <= 200
    assert [(count.number, count.is_capped) for count in nobody.values()] == [
        (0, False),
        (0, False),
        (200, False),
    ]


async def test_customers_do_not_meet(large: str) -> None:
    async with await connect(large, "tests") as conn:
        assert await conversation_rows.find_conversation(conn, 2, _conversation(1)) is None
        mine = await conversation_rows.read_conversations(conn, 1, [_conversation(1)], None)
        assert await conversation_rows.read_participants(conn, 2, mine) == (mine, [])
        assert not await message_listing.read_messages(conn, 2, [id_of("message3")], with_html=True)


async def test_a_merged_id_leads_to_where_the_conversation_went(large: str) -> None:
    async with await connect(large, "tests") as conn:
        for number in (1, 2, 3, 4):
            found = await conversation_rows.find_conversation(conn, 1, id_of(f"merged{number}"))
            assert found
            assert found.id == _conversation(1)
        assert await conversation_rows.find_conversation(conn, 2, id_of("merged4")) is None


async def test_merges_in_a_circle_end(large: str) -> None:
    circle = (
        b"INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)"
        b" SELECT 2, md5(n::text)::uuid, md5((3 - n)::text)::uuid, 'late_parent'"
        b" FROM generate_series(1, 2) AS n"
    )
    async with await connect(large, "tests") as conn, conn.transaction(force_rollback=True):
        await conn.execute(circle)
        assert await conversation_rows.find_conversation(conn, 2, id_of("1")) is None


async def test_participants_come_by_conversation_kind_and_address(large: str) -> None:
    ids = [_conversation(10), _conversation(7)]
    async with await connect(large, "tests") as conn:
        listed = await conversation_rows.read_conversations(conn, 1, ids, None)
        same, rows = await conversation_rows.read_participants(conn, 1, listed)
    assert same == listed
    found = {(row.conversation_id, row.kind, row.address) for row in rows}
    assert found == {
        (_conversation(7), "handle", "person 7"),
        (_conversation(10), "handle", "busy"),
        (_conversation(10), "handle", "person 10"),
    }
    assert rows == sorted(rows, key=lambda row: (row.conversation_id, row.kind, row.address))


async def test_messages_are_paged_from_either_end(large: str) -> None:
    async with await connect(large, "tests") as conn:
        newest = await message_listing.page_by_time(
            conn, 1, _conversation(7), order="newest", after=None, limit=9
        )
        edge = Position(newest[8].at, newest[8].id)
        oldest = await message_listing.page_by_time(
            conn, 1, _conversation(7), order="oldest", after=edge, limit=200
        )
        rows = await message_listing.read_messages(
            conn, 1, [item.id for item in newest], with_html=True
        )
    assert len(newest) == 10
    assert newest == sorted(newest, key=lambda item: (item.at, item.id), reverse=True)
    assert oldest == newest[7::-1]
    assert [row.id for row in rows] == [item.id for item in newest]


async def test_messages_are_paged_by_number(large: str) -> None:
    async with await connect(large, "tests") as conn:
        before = await message_listing.page_before_seq(conn, 1, _conversation(7), 100, 3)
        after = await message_listing.page_after_seq(conn, 1, _conversation(7), 100, 3)
    assert [item.seq for item in before] == [90, 80, 70, 60]
    assert [item.seq for item in after] == [110, 120, 130, 140]


async def test_what_belongs_to_messages_comes_by_message(large: str) -> None:
    ids = sorted([id_of("message3"), id_of("message4")])
    async with await connect(large, "tests") as conn:
        recipients = await message_listing.list_recipients(conn, 1, ids)
        attachments = await message_listing.list_attachments(conn, 1, ids)
        assert not await message_listing.list_recipients(conn, 2, ids)
        assert not await message_listing.list_attachments(conn, 2, ids)
    assert [(row.message_id, row.role, row.address) for row in recipients] == [
        (message_id, "to", "busy") for message_id in ids
    ]
    assert [(row.message_id, row.position) for row in attachments] == [
        (message_id, 1) for message_id in ids
    ]


@pytest.fixture(scope="module")
def large(prepared_databases: PreparedDatabases) -> Generator[str]:
    """Yield a database of many conversations, which the tests of this module leave as it is."""
    with prepared_databases.copy(fill_with_many) as (url, _):
        yield url
