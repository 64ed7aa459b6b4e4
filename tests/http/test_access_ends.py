"""Who may no longer, or may other things, is out of streams and pages within two seconds."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from page_house import log_in, open_desk, page_of
from stream_house import Stream, open_stream_house

from app.ids import new_id
from domain.api_key import hash_key
from domain.web_session import COOKIE
from store.agents import insert_agent
from store.api_keys import insert_key
from store.database import Connection, connect, open_pool

_MOST_SECONDS = 2.0
_AGENT_ID = "01930000-0000-7000-8000-00000000a9e1"
_CHANGES = {
    "revoked": b"UPDATE api_keys SET revoked_at = now() WHERE name = 'ada'",
    "expired": b"UPDATE api_keys SET expires_at = now() WHERE name = 'ada'",
    "disabled": b"UPDATE agents SET disabled_at = now() WHERE name = 'Ada'",
    "demoted": b"UPDATE agents SET role = 'analyst' WHERE name = 'Ada'",
}


async def _furnish(conn: Connection) -> None:
    assert await insert_agent(conn, 1, _AGENT_ID, "Ada", "lead")
    await insert_key(
        conn,
        customer_id=1,
        key_id=new_id(),
        name="ada",
        key_hash=hash_key("inlet_test_ada"),
        scopes=["admin"],
        agent_id=_AGENT_ID,
    )


async def _until_ended(streams: Sequence[Stream]) -> float:
    """Read each stream to its end; return how long that took."""
    began = time.monotonic()
    for stream in streams:
        told = await stream.next_event()
        assert told is not None
        assert told.type == "access"
        assert await stream.next_event() is None
    return time.monotonic() - began


@pytest.mark.parametrize("change", list(_CHANGES))
async def test_streams_end_in_every_web_process(database_url: str, change: str) -> None:
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(open_stream_house(database_url)) for _ in "ab"]
        conn = await stack.enter_async_context(await houses[0].connect())
        await _furnish(conn)
        streams = [await stack.enter_async_context(house.stream(key="ada")) for house in houses]
        others = [await stack.enter_async_context(house.stream()) for house in houses]
        await conn.execute(_CHANGES[change])
        assert await _until_ended(streams) < _MOST_SECONDS
        for house in houses:
            status = (await house.get("/api/changes", "ada")).status_code
            assert status == (200 if change == "demoted" else 401)
            await house.until_open(1)
        assert not any(stream.response.is_closed for stream in others)


async def test_the_stream_of_a_page_ends_with_its_session(database_url: str) -> None:
    async with open_stream_house(database_url) as house, await house.connect() as conn:
        await _furnish(conn)
        async with open_pool(database_url, "tests", 2) as pool, page_of(pool) as page:
            assert (await log_in(page, "inlet_test_ada")).status_code == 303
            cookie = page.cookies[COOKIE]
        async with house.client.stream(
            "GET", "/api/stream", headers={"cookie": f"{COOKIE}={cookie}"}
        ) as response:
            stream = Stream(response=response)
            assert await stream.next_block() is not None
            await conn.execute(b"DELETE FROM web_sessions")
            assert await _until_ended([stream]) < _MOST_SECONDS


@pytest.mark.parametrize("change", ["revoked", "expired", "disabled"])
async def test_a_page_leads_to_the_login(database_url: str, change: str) -> None:
    async with open_desk(database_url, "Ada") as desk, await connect(database_url, "tests") as conn:
        assert (await desk.client.get("/inbox")).status_code == 200
        await conn.execute(_CHANGES[change].replace(b"'ada'", b"'Ada'"))
        began = time.monotonic()
        while (await desk.client.get("/inbox")).status_code == 200:
            assert time.monotonic() - began < _MOST_SECONDS
            await asyncio.sleep(0.05)
        response = await desk.client.get("/inbox")
        assert response.headers["location"].startswith("/inbox/login")
