"""Who is in a conversation: said by one agent, seen by the others, forgotten by itself."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from contract import check_response
from stream_house import StreamHouse, Times, bearer, open_stream_house

from app.ids import new_id
from domain.api_key import hash_key
from domain.identity import derived_uuid
from inbox.live.presence import Presence
from store.api_keys import insert_key

MIA = derived_uuid("agent", "mia")
CONVERSATION = derived_uuid("conversation")
CHANNEL = derived_uuid("channel")
PATH = f"/api/conversations/{CONVERSATION}/presence"

_CHANNEL = b"""
    INSERT INTO channels
        (customer_id, id, token, kind, provider, name, own_address, signature_mode)
    VALUES (1, %(channel)s, 'token-of-the-channel', 'sms', 'generic', 'sms', '+14155550199', 'off')
"""
_CONVERSATION = b"""
    INSERT INTO conversations (
        customer_id, id, channel_id, key_hash, message_count, inbound_count, last_seq,
        first_message_at, first_message_id, last_activity_at, last_message_id,
        last_message_direction, last_message_preview
    )
    VALUES (
        1, %(id)s, %(channel)s, %(id)s, 1, 1, 1, now(), %(id)s, now(), %(id)s, 'inbound', 'Hello'
    )
"""


@asynccontextmanager
async def open_staffed_house(
    database_url: str, times: Times | None = None
) -> AsyncGenerator[StreamHouse]:
    """Open a house with a conversation and with the agent Mia, whose key is `mia`."""
    async with open_stream_house(database_url, times) as house:
        async with await house.connect() as conn:
            await conn.execute(
                b"INSERT INTO agents (customer_id, id, name, role) VALUES (1, %s, 'Mia', 'agent')",
                (MIA,),
            )
            await insert_key(
                conn,
                customer_id=1,
                key_id=new_id(),
                name="mia",
                key_hash=hash_key("inlet_test_mia"),
                scopes=["conversations:read", "conversations:write"],
                agent_id=MIA,
            )
            await conn.execute(_CHANNEL, {"channel": CHANNEL})
            await conn.execute(_CONVERSATION, {"channel": CHANNEL, "id": CONVERSATION})
        yield house


async def say(house: StreamHouse, state: str, key: str = "mia", path: str = PATH) -> int:
    response = await house.client.post(path, json={"state": state}, headers=bearer(key))
    check_response(response)
    return response.status_code


async def seen(house: StreamHouse, key: str = "reader") -> list[tuple[str, str]]:
    response = await house.get(PATH, key)
    assert response.status_code == 200
    check_response(response)
    return [(item["name"], item["state"]) for item in response.json()["items"]]


async def test_others_see_who_is_there(database_url: str) -> None:
    async with open_staffed_house(database_url) as house:
        assert await seen(house) == []
        assert await say(house, "viewing") == 200
        assert await seen(house) == [("Mia", "viewing")]
        assert await say(house, "typing") == 200
        assert await seen(house) == [("Mia", "typing")]
        assert await say(house, "left") == 200
        assert await seen(house) == []


async def test_streams_hear_of_news_only_and_their_cursor_stays(database_url: str) -> None:
    async with open_staffed_house(database_url) as house, house.stream() as stream:
        before = stream.last_id
        for state in ("viewing", "viewing", "typing", "left", "left"):
            await say(house, state)
        events = await stream.events(3)

        told = [event.data or {} for event in events]
        assert [change["state"] for change in told] == ["viewing", "typing", "left"]
        assert {change["agent_id"] for change in told} == {MIA}
        assert {change["conversation_id"] for change in told} == {CONVERSATION}
        assert {event.type for event in events} == {"presence"}
        assert {event.id for event in events} == {None}
        assert stream.last_id == before


async def test_another_process_hears_of_it(database_url: str) -> None:
    """What this process hears from the database is what any process hears."""
    async with open_staffed_house(database_url) as house, house.stream() as stream:
        house.feed.on_presence = (elsewhere := Presence(house.feed.mention)).hear
        await say(house, "typing")
        await stream.events(2)

        assert elsewhere.of(1, CONVERSATION) == {MIA: "typing"}
        elsewhere.close()


async def test_who_says_nothing_has_left(database_url: str) -> None:
    async with (
        open_staffed_house(database_url, Times(presence_seconds=0.2)) as house,
        house.stream() as stream,
    ):
        await say(house, "viewing")
        came, left = await stream.events(2)

        assert (came.data or {})["state"] == "viewing"
        assert (left.data or {})["state"] == "left"
        assert await seen(house) == []


async def test_presence_is_told_to_nobody_elses_agents(database_url: str) -> None:
    async with open_staffed_house(database_url) as house:
        await say(house, "viewing")
        response = await house.get(PATH, "other")

        assert response.status_code == 404
        check_response(response)


@pytest.mark.parametrize(
    ("state", "key", "path", "status"),
    [
        ("dancing", "mia", PATH, 422),
        ("viewing", "reader", PATH, 409),
        ("viewing", "mia", PATH.replace(CONVERSATION, MIA), 404),
        ("viewing", "mia", PATH.replace(CONVERSATION, "x"), 404),
    ],
)
async def test_what_cannot_be_is_refused(
    database_url: str, state: str, key: str, path: str, status: int
) -> None:
    async with open_staffed_house(database_url) as house:
        assert await say(house, state, key, path) == status


async def test_a_word_of_another_version_is_passed_over(database_url: str) -> None:
    async with open_staffed_house(database_url) as house:
        house.presence.hear("{}")
        house.presence.hear('[1, "a", "b", "dancing"]')

        assert await seen(house) == []
