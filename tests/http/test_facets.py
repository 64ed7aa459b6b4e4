"""What a search finds, counted by status, channel, assignee, tag and day, within the contract."""

import re

import pytest
from test_reads import a_house, get

from inbox.conversations import facets
from store.database import connect

_ANY = "q=415555"
_DAY = re.compile(r"20\d\d-\d\d-\d\d")
_AGENT = "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d12"
_ASSIGN = b"UPDATE conversations SET assignee_id = %s WHERE message_count = 3"
_CLOSE = b"UPDATE conversations SET status = 'closed', closed_at = now() WHERE message_count = 1"
_TAG = b"""
    INSERT INTO conversation_tags (customer_id, conversation_id, tag)
    SELECT 1, c.id, t.tag FROM conversations AS c, unnest(ARRAY['vip', 'later']) AS t (tag)
    WHERE t.tag = 'vip' OR c.message_count = 1
"""


def numbers(counted: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(each["value"], each["name"], each["count"]) for each in counted]


async def test_what_is_found_is_counted_by_what_it_has(database_url: str) -> None:
    async with a_house(database_url) as house:
        async with await connect(database_url, "tests") as conn:
            await conn.execute(_ASSIGN, (_AGENT,))
            await conn.execute(_CLOSE)
            await conn.execute(_TAG)
        found = await get(house, f"conversations/facets?{_ANY}")
        assert (found["count"], found["capped"], found["partial"]) == (2, False, False)
        assert numbers(found["status"]) == [("closed", None, 1), ("open", None, 1)]
        channel = house.channels["sms"].id
        assert numbers(found["channel"]) == [(channel, "sms", 2)]
        assert numbers(found["assignee"]) == [(_AGENT, "Zoe", 1), ("none", None, 1)]
        assert numbers(found["tag"]) == [("vip", None, 2), ("later", None, 1)]
        assert sum(day["count"] for day in found["day"]) == 2
        assert all(_DAY.fullmatch(day["value"]) for day in found["day"])


async def test_filters_narrow_what_is_counted(database_url: str) -> None:
    async with a_house(database_url) as house:
        one = await get(house, "conversations/facets?q=refund&status=open")
        assert (one["count"], numbers(one["status"])) == (1, [("open", None, 1)])
        none = await get(house, "conversations/facets?q=refund&status=closed")
        assert (none["count"], none["status"], none["day"]) == (0, [], [])


async def test_counting_stops_and_says_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST_COUNTED", 1)
    async with a_house(database_url) as house:
        found = await get(house, f"conversations/facets?{_ANY}")
        assert (found["count"], found["capped"]) == (1, True)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "validation_failed"),
        ("q=%21", 422, "validation_failed"),
        (f"{_ANY}&assignee=nobody", 422, "validation_failed"),
        (f"{_ANY}&limit=5", 400, "unknown_parameter"),
    ],
)
async def test_what_cannot_be_counted(
    database_url: str, query: str, status: int, code: str
) -> None:
    async with a_house(database_url) as house:
        refused = await get(house, f"conversations/facets?{query}", status=status)
        assert refused["code"] == code


async def test_a_count_is_charged_as_a_search(database_url: str) -> None:
    async with a_house(database_url) as house:
        limits = [
            (await house.get(f"/api/conversations{path}?{_ANY}", "zoe")).headers["ratelimit-limit"]
            for path in ("", "/facets")
        ]
        assert limits[0] == limits[1]
