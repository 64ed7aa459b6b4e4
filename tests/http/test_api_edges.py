"""What cannot be said in tests.json: keys that grow old, a database that is away, figures kept."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.routing import BaseRoute, Mount, Router
from whole_house import bearer, key_text

from app.ids import new_hook_secret, new_id, new_key, new_reply_key, new_token
from domain.api_key import hash_key
from domain.errors import Unauthorized, Unavailable
from domain.identity import derived_uuid
from domain.sealing import Sealer
from inbox.api_routes import api_routes
from inbox.hooks.hooks import HookKit
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.operations.quarantine import Inspector
from inbox.settings.channel_setup import ChannelKit
from providers import REGISTRY as PROVIDERS
from store.api_keys import insert_key, revoke_key
from store.database import Pool, connect, open_pool

KEY_ID = derived_uuid("key")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2024, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def routes_of(pool: Pool, clock: Clock) -> list[BaseRoute]:
    shared = Shared(
        pool=pool,
        clock=clock,
        new_id=new_id,
        door=KeyDoor(pool, clock),
        limits=RateLimits({"api": 0, "search": 0}),
        poke=lambda: None,
        public_url="http://inlet.test",
    )
    inspector = Inspector(providers=PROVIDERS, sealer=Sealer("a secret key of the tests"))
    return api_routes(
        shared,
        b"",
        new_key=new_key,
        new_token=new_token,
        search_timeout_seconds=0.25,
        inspector=inspector,
        hook_kit=HookKit(
            sealer=Sealer("a secret key of the tests"),
            new_secret=new_hook_secret,
            new_id=new_id,
            private_hosts=frozenset(),
        ),
        channel_kit=ChannelKit(
            sealer=Sealer("a secret key of the tests"),
            new_id=new_id,
            new_token=new_token,
            new_reply_key=new_reply_key,
        ),
    )


@asynccontextmanager
async def api_of(pool: Pool, clock: Clock) -> AsyncGenerator[httpx.AsyncClient]:
    """Run the API's routes alone: a refusal comes out as the exception it is."""
    transport = httpx.ASGITransport(app=Router([Mount("/api", routes=routes_of(pool, clock))]))
    async with httpx.AsyncClient(transport=transport, base_url="http://inlet.test") as client:
        yield client


async def store_key(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await insert_key(
            conn,
            customer_id=1,
            key_id=KEY_ID,
            name="reader",
            key_hash=hash_key(key_text("reader")),
            scopes=["conversations:read"],
        )


def count_of(route: str, status: str) -> float:
    labels = {"route": route, "status": status}
    return REGISTRY.get_sample_value("api_request_seconds_count", labels) or 0


async def test_a_revoked_key_is_let_in_for_a_second_at_most(database_url: str) -> None:
    await store_key(database_url)
    clock = Clock()
    async with open_pool(database_url, "tests", 1) as pool, api_of(pool, clock) as client:
        await client.get("/api/conversations", headers=bearer("reader"))
        async with await connect(database_url, "tests") as conn:
            assert await revoke_key(conn, 1, KEY_ID)
        clock.now += timedelta(seconds=0.9)
        await client.get("/api/conversations", headers=bearer("reader"))
        clock.now += timedelta(seconds=0.1)
        with pytest.raises(Unauthorized):
            await client.get("/api/conversations", headers=bearer("reader"))


async def test_a_new_key_is_let_in_at_once(database_url: str) -> None:
    async with open_pool(database_url, "tests", 1) as pool, api_of(pool, Clock()) as client:
        with pytest.raises(Unauthorized):
            await client.get("/api/conversations", headers=bearer("reader"))
        await store_key(database_url)
        response = await client.get("/api/conversations", headers=bearer("reader"))
        assert response.status_code == 200


async def test_a_database_that_is_away_is_a_reason_to_come_back(database_url: str) -> None:
    never_opened = open_pool(database_url, "tests", 1)
    before = count_of("list_conversations", "5xx")
    async with api_of(never_opened, Clock()) as client:
        with pytest.raises(Unavailable) as refused:
            await client.get("/api/conversations", headers=bearer("reader"))
        assert refused.value.headers == {"Retry-After": "1"}
        assert (await client.get("/api/openapi.yaml")).status_code == 200
    assert count_of("list_conversations", "5xx") == before + 1


async def test_requests_are_counted_by_route_and_class_of_status(database_url: str) -> None:
    await store_key(database_url)
    names = [("get_conversation", "4xx"), ("list_messages", "4xx"), ("list_conversations", "2xx")]
    before = [count_of(*name) for name in names]
    async with open_pool(database_url, "tests", 1) as pool, api_of(pool, Clock()) as client:
        for path in ("42", "42/messages"):
            with pytest.raises(Exception, match="no such conversation"):
                await client.get(f"/api/conversations/{path}", headers=bearer("reader"))
        await client.get("/api/conversations", headers=bearer("reader"))
    assert [count_of(*name) for name in names] == [count + 1 for count in before]
