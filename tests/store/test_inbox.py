"""The read model: each statement returns what it says, and reads no more than a page needs.

How much a statement reads is counted in buffers of 8 KiB, which no clock and no load can change.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import pytest
from many_conversations import store_many_conversations

from domain.address import Address
from store import inbox
from store.database import connect
from store.inbox import ConversationFilter, ListedConversation, Position
from store.sql import statements

_SQL = statements("inbox")
_COUNT = 20_000
_MIDDLE = datetime(2024, 11, 1, tzinfo=UTC) + timedelta(seconds=_COUNT // 6)
_ALL = ["open", "pending", "snoozed", "closed", "spam"]
BUSY = Address("handle", "busy")


def _id(text: str) -> str:
    return str(UUID(md5(text.encode(), usedforsecurity=False).hexdigest()))


def _channel(number: int, customer_id: int = 1) -> str:
    return _id(f"channel{customer_id}{number}")


def _conversation(number: int, customer_id: int = 1) -> str:
    return _id(f"conversation{customer_id}{number}")


def _bounds(**given: Any) -> dict[str, Any]:
    return {
        "customer_id": 1,
        "before_at": datetime.max.replace(tzinfo=UTC),
        "before_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "from_at": datetime.min.replace(tzinfo=UTC),
        "row_count": 51,
        "statuses": _ALL,
        "channel_id": None,
        "channel_kind": None,
        "own_addresses": None,
        "hashes": [0],
        "window": 5_000,
        "kinds": ["handle"],
        "values": ["busy"],
        "few": 100,
        "conversation_id": _conversation(7),
        "conversation_ids": [_conversation(number) for number in range(50)],
        "message_ids": [_id(f"message{number}") for number in range(50)],
        "edge_at": _MIDDLE,
        "edge_id": _conversation(7),
        **given,
    }


_LATE = {"before_at": _MIDDLE}
_BY_ACTIVITY = {"conversations_by_activity"}
_BY_CHANNEL = {"conversations_by_channel_and_status", "conversations_pkey"}
_BY_ADDRESS = {"conversation_participants_by_address", "conversations_pkey"}


@pytest.mark.parametrize(
    ("name", "given", "indexes", "most_buffers"),
    [
        ("list_by_activity", {}, _BY_ACTIVITY, 400),
        ("list_by_activity", _LATE, _BY_ACTIVITY, 400),
        ("list_by_activity", {**_LATE, "from_at": _MIDDLE - timedelta(hours=1)}, _BY_ACTIVITY, 400),
        ("list_by_channel", {"channel_id": _channel(1)}, _BY_CHANNEL, 1_500),
        ("list_by_channel", {"channel_kind": "sms", **_LATE}, _BY_CHANNEL, 1_500),
        ("list_by_channel", {"statuses": ["closed"]}, _BY_CHANNEL, 1_500),
        ("list_by_channel", {"statuses": ["open"], **_LATE}, _BY_CHANNEL, 1_500),
        ("list_by_channel", {"own_addresses": ["+14155550191"]}, _BY_CHANNEL, 1_500),
        ("list_by_address", {"hashes": [17]}, _BY_ADDRESS, 100),
        ("list_by_address", {"hashes": [17, 18, 19], "statuses": ["open"]}, _BY_ADDRESS, 100),
        ("list_by_busy_address", {}, _BY_ACTIVITY, 4_000),
        ("find_reach", {}, {"conversation_participants_by_address"}, 400),
        ("find_conversation", {}, {"conversations_pkey"}, 50),
        ("list_participants", {}, {"conversation_participants_pkey"}, 1_000),
        ("list_newest_messages", {}, {"messages_by_time"}, 700),
        ("list_oldest_messages", {}, {"messages_by_time"}, 700),
        ("list_recipients", {}, {"message_recipients_pkey"}, 500),
        ("list_attachments", {}, {"attachments_pkey"}, 500),
    ],
)
async def test_a_page_reads_a_range_of_an_index(
    large: str, name: str, given: Mapping[str, Any], indexes: set[str], most_buffers: int
) -> None:
    plan = await _explain(large, b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", name, given)
    assert indexes <= _indexes(plan)
    assert "conversations" not in _read_whole(plan)
    assert "conversation_participants" not in _read_whole(plan)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= most_buffers


@pytest.mark.parametrize("name", sorted(_SQL))
async def test_a_plan_made_for_any_parameters_uses_the_indexes_too(large: str, name: str) -> None:
    plan = await _explain(large, b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) ", name, {})
    assert not {"conversations", "conversation_participants", "messages"} & _read_whole(plan)


async def test_a_page_of_all_conversations_is_in_order(large: str) -> None:
    rows = await _list(large, limit=200)
    assert len(rows) == 201
    assert rows == sorted(rows, key=_key, reverse=True)
    assert rows[0].last_activity_at == datetime(2024, 11, 1, tzinfo=UTC) + timedelta(
        seconds=_COUNT // 3
    )


async def test_a_position_is_where_the_next_page_begins(large: str) -> None:
    first = await _list(large, limit=10)
    edge = Position(first[9].last_activity_at, first[9].id)
    assert (await _list(large, after=edge, limit=10))[0] == first[10]


async def test_time_bounds_are_inclusive_below_and_exclusive_above(large: str) -> None:
    second = timedelta(seconds=1)
    rows = await _list(large, active_after=_MIDDLE, active_before=_MIDDLE + second, limit=10)
    assert {row.last_activity_at for row in rows} == {_MIDDLE}
    assert len(rows) == 3
    edge = Position(rows[0].last_activity_at, rows[0].id)
    rest = await _list(large, active_after=_MIDDLE, active_before=_MIDDLE + second, after=edge)
    assert rest == rows[1:]


async def test_filters_narrow_together(large: str) -> None:
    rows = await _list(
        large, channel_id=_channel(1), channel_kind="sms", statuses=("closed",), limit=100
    )
    assert len(rows) == 101
    assert {(row.channel_id, row.status) for row in rows} == {(_channel(1), "closed")}
    assert rows == sorted(rows, key=_key, reverse=True)
    assert not await _list(large, channel_id=_channel(1), channel_kind="email")
    assert not await _list(large, channel_id=_channel(1, customer_id=2))


async def test_an_address_in_many_conversations_is_found_in_the_latest_and_in_the_oldest(
    large: str,
) -> None:
    expected = [_conversation(number) for number in range(_COUNT, 0, -10)]
    assert [row.id for row in await _list(large, addresses=(BUSY,), limit=50)] == expected[:51]
    oldest = await _list(
        large, addresses=(BUSY,), active_before=datetime(2024, 11, 1, 0, 0, 40, tzinfo=UTC)
    )
    assert [row.id for row in oldest] == expected[-11:]
    closed = await _list(large, addresses=(BUSY,), statuses=("closed",), channel_id=_channel(1))
    assert [row.id for row in closed] == [_conversation(n) for n in range(_COUNT, 0, -100)][:51]


async def test_any_reading_of_an_address_may_match(large: str) -> None:
    readings = (Address("handle", "person 5"), Address("handle", "person 6"), BUSY)
    rows = await _list(large, addresses=readings[:2])
    assert [row.id for row in rows] == [_conversation(6), _conversation(5)]
    assert not await _list(large, addresses=(Address("email", "person 5"),))


async def test_an_own_address_stands_for_its_channels(large: str) -> None:
    rows = await _list(large, addresses=(Address("phone", "+14155550191"),), limit=20)
    assert len(rows) == 21
    assert {row.channel_id for row in rows} == {_channel(1)}


async def test_customers_do_not_meet(large: str) -> None:
    mine = {row.id for row in await _list(large, limit=200)}
    theirs = {row.id for row in await _list(large, customer_id=2, limit=200)}
    assert len(mine) == len(theirs) == 201
    assert not mine & theirs
    async with await connect(large, "tests") as conn:
        assert await inbox.find_conversation(conn, 2, _conversation(1)) is None
        assert not await inbox.list_participants(conn, 2, [_conversation(1)])


async def test_a_merged_id_leads_to_where_the_conversation_went(large: str) -> None:
    async with await connect(large, "tests") as conn:
        for number in (1, 2, 3, 4):
            found = await inbox.find_conversation(conn, 1, _id(f"merged{number}"))
            assert found
            assert found.id == _conversation(1)
        assert await inbox.find_conversation(conn, 2, _id("merged4")) is None


async def test_merges_in_a_circle_end(large: str) -> None:
    circle = (
        b"INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)"
        b" SELECT 2, md5(n::text)::uuid, md5((3 - n)::text)::uuid, 'late_parent'"
        b" FROM generate_series(1, 2) AS n"
    )
    async with await connect(large, "tests") as conn, conn.transaction(force_rollback=True):
        await conn.execute(circle)
        assert await inbox.find_conversation(conn, 2, _id("1")) is None


async def test_participants_come_by_conversation_kind_and_address(large: str) -> None:
    ids = [_conversation(10), _conversation(7)]
    async with await connect(large, "tests") as conn:
        rows = await inbox.list_participants(conn, 1, ids)
    found = {(row.conversation_id, row.kind, row.address) for row in rows}
    assert found == {
        (_conversation(7), "handle", "person 7"),
        (_conversation(10), "handle", "busy"),
        (_conversation(10), "handle", "person 10"),
    }
    assert rows == sorted(rows, key=lambda row: (row.conversation_id, row.kind, row.address))


async def _list(
    url: str,
    *,
    customer_id: int = 1,
    after: Position | None = None,
    limit: int = 50,
    **wanted: Any,
) -> list[ListedConversation]:
    async with await connect(url, "tests") as conn:
        return await inbox.list_conversations(
            conn, customer_id, ConversationFilter(**wanted), after=after, limit=limit
        )


def _key(row: ListedConversation) -> Position:
    return Position(row.last_activity_at, row.id)


async def _explain(url: str, how: bytes, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    async with await connect(url, "tests") as conn:
        cursor = await conn.execute(how + _SQL[name], _bounds(**given))
        (row,) = await cursor.fetchall()
    return row[0][0]["Plan"]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in _nodes(plan) if "Index Name" in node}


def _read_whole(plan: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"}


async def test_messages_are_read_from_either_end(large: str) -> None:
    async with await connect(large, "tests") as conn:
        newest = await inbox.list_messages(
            conn, 1, _conversation(7), order="newest", after=None, limit=9
        )
        edge = Position(newest[8].sent_at, newest[8].id)
        oldest = await inbox.list_messages(
            conn, 1, _conversation(7), order="oldest", after=edge, limit=200
        )
        assert not await inbox.list_messages(
            conn, 2, _conversation(7), order="newest", after=None, limit=9
        )
    assert len(newest) == 10
    assert newest == sorted(newest, key=lambda row: (row.sent_at, row.id), reverse=True)
    assert oldest == newest[7::-1]


async def test_what_belongs_to_messages_comes_by_message(large: str) -> None:
    ids = sorted([_id("message3"), _id("message4")])
    async with await connect(large, "tests") as conn:
        recipients = await inbox.list_recipients(conn, 1, ids)
        attachments = await inbox.list_attachments(conn, 1, ids)
        assert not await inbox.list_recipients(conn, 2, ids)
        assert not await inbox.list_attachments(conn, 2, ids)
    assert [(row.message_id, row.role, row.address) for row in recipients] == [
        (one, "to", "busy") for one in ids
    ]
    assert [(row.message_id, row.position) for row in attachments] == [(one, 1) for one in ids]


@pytest.fixture(scope="module")
def large(server_url: str, template: str, run: Callable[..., Any]) -> Generator[str]:
    """Yield a database of many conversations, which the tests of this module leave as it is."""
    name = "inlet_many_conversations"
    run(_execute, server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = server_url.replace("/inlet?", f"/{name}?")
    run(_fill, url)
    yield url
    run(_execute, server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, command: str) -> None:
    async with await connect(url, "tests") as conn:
        await conn.execute(command.encode())


async def _fill(url: str) -> None:
    async with await connect(url, "tests") as conn:
        await store_many_conversations(conn, _COUNT)
