"""Lists: each filter finds what it says, in order, and reads no more than a page needs.

How much a statement reads is counted in buffers of 8 KiB, which no clock and no load can change.
"""

from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from typing import Any

import pytest
from databases import PreparedDatabases
from many_conversations import COUNT, fill_with_many
from read_plans import buffers, explain, id_of, indexes, read_whole

from domain.address import Address
from store.conversation_filter import ConversationFilter
from store.conversation_listing import KeyPage, keep_matching, list_keys
from store.database import connect
from store.position import Position
from store.sql import statements

_SQL = {**statements("conversation_listing"), **statements("conversation_filter")}
_MIDDLE = datetime(2024, 11, 1, tzinfo=UTC) + timedelta(seconds=COUNT // 6)
_ALL = ["open", "pending", "snoozed", "closed", "spam"]
_AGENT = id_of("agent1")
BUSY = Address("handle", "busy")


def _channel(number: int, customer_id: int = 1) -> str:
    return id_of(f"channel{customer_id}{number}")


def _conversation(number: int, customer_id: int = 1) -> str:
    return id_of(f"conversation{customer_id}{number}")


def _given(**given: Any) -> dict[str, Any]:
    return {
        "customer_id": 1,
        "source": "activity",
        "before_at": datetime.max.replace(tzinfo=UTC),
        "before_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "from_at": datetime.min.replace(tzinfo=UTC),
        "window": 51,
        "row_count": 51,
        "statuses": _ALL,
        "channel_ids": None,
        "is_assignee_asked": False,
        "assignee_id": None,
        "needs_reply": None,
        "may_opt_out": None,
        "undecided_ids": None,
        "unread": None,
        "viewer_id": _AGENT,
        "tags": None,
        "address_hashes": None,
        "contact_hashes": None,
        "is_hashed": False,
        "given_ids": [],
        "set_hashes": [],
        "set_tag": None,
        "set_tags": [],
        "channel_id": None,
        "channel_kind": None,
        "contact_id": id_of("contact1"),
        "kinds": ["handle"],
        "values": ["busy"],
        "most": 1_000,
        **given,
    }


_LATE = {"before_at": _MIDDLE}
_AT_WORK = ["open", "pending"]


@pytest.mark.parametrize(
    ("name", "given", "wanted", "most_buffers"),
    [
        ("scan", {}, {"conversations_by_activity"}, 500),
        ("scan", _LATE, {"conversations_by_activity"}, 500),
        (
            "scan",
            {**_LATE, "from_at": _MIDDLE - timedelta(hours=1)},
            {"conversations_by_activity"},
            500,
        ),
        ("scan", {"source": "needing_reply"}, {"conversations_needing_reply"}, 500),
        ("scan", {"source": "channel"}, {"conversations_by_channel_and_status"}, 600),
        (
            "scan",
            {"source": "channel", "channel_ids": [_channel(1)], "statuses": ["closed"], **_LATE},
            {"conversations_by_channel_and_status"},
            600,
        ),
        (
            "scan",
            {"source": "agent", "assignee_id": _AGENT, "is_assignee_asked": True, **_LATE},
            {"conversations_by_assignee"},
            600,
        ),
        (
            "scan",
            {"source": "nobody", "is_assignee_asked": True},
            {"conversations_by_assignee"},
            600,
        ),
        (
            "scan",
            {"source": "channel", "statuses": _AT_WORK, "unread": True, "window": 1_000},
            {"conversations_by_channel_and_status"},
            10_000,
        ),
        (
            "scan",
            {"source": "set", "set_tag": "seldom", "tags": ["seldom"], "window": 1 << 40},
            {"conversation_tags_by_tag", "conversations_pkey"},
            400,
        ),
        (
            "scan",
            {"source": "set", "set_hashes": [17], "address_hashes": [17], "window": 1 << 40},
            {"conversation_participants_by_address", "conversations_pkey"},
            100,
        ),
        (
            "scan",
            {"tags": ["often"], "window": 1_000},
            {"conversations_by_activity", "conversations_pkey"},
            2_500,
        ),
        (
            "scan",
            {
                "is_hashed": True,
                "set_hashes": [0],
                "address_hashes": [0],
                "window": 40_000,
            },
            {"conversations_by_activity", "conversation_participants_by_address"},
            3_000,
        ),
        (
            "scan",
            {"source": "given", "given_ids": [_conversation(number) for number in range(50)]},
            {"conversations_pkey"},
            600,
        ),
        (
            "resolve_filter",
            {"tags": ["often", "seldom"]},
            {"conversation_participants_by_address", "conversation_tags_by_tag"},
            2_500,
        ),
    ],
)
async def test_a_page_reads_a_range_of_an_index(
    large: str, name: str, given: Mapping[str, Any], wanted: set[str], most_buffers: int
) -> None:
    how = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    plan = await explain(large, how, _SQL[name], _given(**given))
    assert wanted <= indexes(plan)
    assert not {"conversations", "conversation_participants", "read_marks"} & read_whole(plan)
    assert buffers(plan) <= most_buffers


@pytest.mark.parametrize("name", sorted(_SQL))
async def test_a_plan_made_for_any_parameters_uses_the_indexes_too(large: str, name: str) -> None:
    how = b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) "
    plan = await explain(large, how, _SQL[name], _given(tags=[]))
    tables = {"conversations", "conversation_participants", "conversation_tags", "read_marks"}
    assert not tables & read_whole(plan)


async def test_a_page_of_all_conversations_is_in_order(large: str) -> None:
    page = await _list(large, limit=200)
    assert len(page.keys) == 200
    assert page.keys == sorted(page.keys, reverse=True)
    assert page.next == page.keys[-1]
    assert page.keys[0].at == datetime(2024, 11, 1, tzinfo=UTC) + timedelta(seconds=COUNT // 3)


async def test_a_position_is_where_the_next_page_begins(large: str) -> None:
    first = await _list(large, limit=11)
    assert (await _list(large, after=first.keys[9], limit=10)).keys[0] == first.keys[10]


async def test_time_bounds_are_inclusive_below_and_exclusive_above(large: str) -> None:
    second = timedelta(seconds=1)
    page = await _list(large, active_after=_MIDDLE, active_before=_MIDDLE + second, limit=10)
    assert {key.at for key in page.keys} == {_MIDDLE}
    assert (len(page.keys), page.next) == (3, None)
    rest = await _list(
        large, active_after=_MIDDLE, active_before=_MIDDLE + second, after=page.keys[0]
    )
    assert rest.keys == page.keys[1:]


_FILTERS: list[tuple[dict[str, Any], Callable[[int], bool]]] = [
    ({"statuses": ("closed",)}, lambda n: n % 100 == 0),
    ({"statuses": ("open", "spam")}, lambda n: n % 100 != 0),
    ({"channel_id": _channel(1)}, lambda n: n % 4 == 0),
    ({"channel_kind": "email"}, lambda n: n % 4 >= 2),
    ({"assignee_id": _AGENT}, lambda n: n % 7 == 0),
    ({"assignee_id": "none"}, lambda n: n % 7 != 0),
    ({"needs_reply": True}, lambda n: n % 3 == 0 and n % 100 != 0),
    ({"needs_reply": False}, lambda n: n % 3 != 0 or n % 100 == 0),
    ({"unread": True}, lambda n: n % 50 == 0 and n % 100 != 0),
    ({"unread": False}, lambda n: n % 50 != 0),
    ({"tags": ("often",)}, lambda n: n % 4 == 0),
    ({"tags": ("seldom",)}, lambda n: n % 1_000 == 0),
    ({"tags": ("often", "seldom")}, lambda n: n % 1_000 == 0),
    ({"addresses": (BUSY,)}, lambda n: n % 10 == 0),
    ({"addresses": (Address("handle", "person 6"),)}, lambda n: n == 6),
    ({"contact_id": id_of("contact1")}, lambda n: n <= 3),
    ({"active_before": _MIDDLE}, lambda n: n // 3 < COUNT // 6),
]


_PAIRS = [
    (first, second)
    for first, second in combinations_with_replacement(range(len(_FILTERS)), 2)
    if first == second or not set(_FILTERS[first][0]) & set(_FILTERS[second][0])
]


@pytest.mark.parametrize(("first", "second"), _PAIRS)
async def test_any_two_filters_narrow_together(large: str, first: int, second: int) -> None:
    (one, fits_one), (other, fits_other) = _FILTERS[first], _FILTERS[second]
    expected = [_conversation(n) for n in range(COUNT, 0, -1) if fits_one(n) and fits_other(n)]
    found: list[str] = []
    page = await _list(large, **{**one, **other}, limit=60)
    for _ in range(3):
        found += [key.id for key in page.keys]
        if page.next is None:
            break
        page = await _list(large, **{**one, **other}, after=page.next, limit=60)
    by_moment = {id_: n for n, id_ in enumerate(found)}
    assert len(by_moment) == len(found)
    assert len(found) == min(len(expected), 180)
    assert set(found) <= set(expected[:185])


async def test_what_cannot_match_is_not_looked_for(large: str) -> None:
    empty = KeyPage(keys=[], next=None)
    assert await _list(large, tags=("never",)) == empty
    assert await _list(large, addresses=(Address("email", "person 5"),)) == empty
    assert await _list(large, contact_id=id_of("nobody")) == empty
    assert await _list(large, channel_id=_channel(1), channel_kind="email") == empty
    assert await _list(large, needs_reply=True, statuses=("closed",)) == empty
    assert await _list(large, channel_id=_channel(1, customer_id=2)) == empty


async def test_an_own_address_stands_for_its_channels(large: str) -> None:
    wanted = ConversationFilter(addresses=(Address("phone", "+14155550191"),))
    page = await _list(large, addresses=wanted.addresses, limit=20)
    assert len(page.keys) == 20
    same = await _list(large, channel_id=_channel(1), limit=20)
    assert page == same


async def test_some_conversations_are_held_against_a_filter(large: str) -> None:
    ids = [_conversation(n) for n in range(1, 101)]
    async with await connect(large, "tests") as conn:
        kept = await keep_matching(conn, 1, ConversationFilter(tags=("often",)), ids)
        assert kept == {_conversation(n) for n in range(4, 101, 4)}
        assert await keep_matching(conn, 1, ConversationFilter(), ids) == set(ids)
        assert await keep_matching(conn, 2, ConversationFilter(), ids) == set()
        assert await keep_matching(conn, 1, ConversationFilter(), []) == set()


async def test_customers_do_not_meet(large: str) -> None:
    mine = {key.id for key in (await _list(large, limit=200)).keys}
    theirs = {key.id for key in (await _list(large, customer_id=2, limit=200)).keys}
    assert len(mine) == len(theirs) == 200
    assert not mine & theirs


async def _list(
    url: str,
    *,
    customer_id: int = 1,
    after: Position | None = None,
    limit: int = 50,
    **wanted: Any,
) -> KeyPage:
    async with await connect(url, "tests") as conn:
        asked = ConversationFilter(viewer_id=_AGENT, **wanted)
        return await list_keys(conn, customer_id, asked, after=after, limit=limit)


@pytest.fixture(scope="module")
def large(prepared_databases: PreparedDatabases) -> Generator[str]:
    """Yield a database of many conversations, which the tests of this module leave as it is."""
    with prepared_databases.copy(fill_with_many) as (url, _):
        yield url
