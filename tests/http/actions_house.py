"""The routes of the agents' actions in this process, on a real Postgres, with agents and keys.

Every answer is held against the contract.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from contract import check_response
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.clock import utc_now
from app.cors import with_cors
from app.error_responses import send_problem
from app.ids import new_id, new_key, new_reply_key, new_token
from app.version import VERSION
from domain.agent import Role
from domain.api_key import hash_key
from domain.sealing import Sealer
from inbox.conversations.api import conversation_routes
from inbox.conversations.change_api import change_endpoint, conversation_action_routes
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.operations.audit_api import audit_routes
from inbox.settings.agents_api import agent_routes
from inbox.settings.calendar_api import calendar_routes
from inbox.settings.channel_setup import ChannelKit
from inbox.settings.channels_api import channel_routes
from inbox.settings.keys_api import key_routes
from inbox.settings.tags_api import tag_routes
from inbox.writing.canned_replies_api import canned_reply_routes
from inbox.writing.notes_api import note_routes
from store.agents import insert_agent
from store.api_keys import insert_key
from store.database import Connection, connect, open_pool

URL = "https://inlet.test"
# Mia is an agent, Lou a lead, Ada an admin, Ana an analyst; the robot is a program.
ROLES: Mapping[str, Role] = {"mia": "agent", "lou": "lead", "ada": "admin", "ana": "analyst"}
Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsHouse:
    """The running routes. `agents` are their ids by name."""

    database_url: str
    client: httpx.AsyncClient
    agents: Mapping[str, str]

    async def call(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask as somebody; paths are those below `/api`."""
        key = {"authorization": f"Bearer {key_text(who)}"} if who else {}
        response = await self.client.request(
            method, f"/api{path}", json=body, headers={**key, **(headers or {})}
        )
        check_response(response)
        return response

    async def get(self, who: str, path: str) -> Json:
        response = await self.call(who, "GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    async def walk(self, who: str, path: str, **query: str) -> list[Json]:
        """Read a list page by page, and check that each cursor leads on."""
        items: list[Json] = []
        while True:
            response = await self.call(who, "GET", f"{path}?{urlencode(query)}")
            assert response.status_code == 200, response.text
            page = response.json()
            items += page["items"]
            if not page["page"]["has_more"]:
                return items
            query["cursor"] = page["page"]["next_cursor"]

    async def connect(self) -> Connection:
        return await connect(self.database_url, "tests")


def doer(item: Json) -> str | None:
    """Name the agent of an item."""
    return item["agent"]["name"] if item["agent"] else None


def key_text(name: str) -> str:
    return f"inlet_test_{name}"


@asynccontextmanager
async def open_actions_house(
    database_url: str, *, per_minute: int = 0, origins: tuple[str, ...] = ()
) -> AsyncGenerator[ActionsHouse]:
    """Furnish an emptied database and run the routes on it."""
    agents = await _furnish(database_url)
    async with open_pool(database_url, "tests", 4) as pool:
        shared = Shared(
            pool=pool,
            clock=utc_now,
            new_id=new_id,
            door=KeyDoor(pool, _hurried_clock()),
            limits=RateLimits({"api": per_minute, "search": 0}),
            poke=lambda: None,
            public_url=URL,
        )
        app = with_cors(_answering(_router(shared)), origins)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            yield ActionsHouse(database_url=database_url, client=client, agents=agents)


def _router(shared: Shared) -> Router:
    kit = ChannelKit(
        sealer=Sealer("a secret key of the tests"),
        new_id=new_id,
        new_token=new_token,
        new_reply_key=new_reply_key,
    )
    routes = [
        *conversation_routes(shared, change=change_endpoint(), search_timeout_seconds=1),
        *conversation_action_routes(shared),
        *note_routes(shared),
        *tag_routes(shared),
        *canned_reply_routes(shared),
        *channel_routes(shared, kit),
        *agent_routes(shared),
        *calendar_routes(shared),
        *key_routes(shared, new_key),
        *audit_routes(shared),
    ]
    return Router([Mount("/api", Router(routes, redirect_slashes=False))])


def _answering(router: Router) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = scope["request_id"] = new_id()
        scope["app"] = app

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    (b"inlet-version", VERSION.encode()),
                ]
            await send(message)

        try:
            await router(scope, receive, send_with_id)
        except Exception as error:
            await send_problem(error, scope, send_with_id)

    return app


def _hurried_clock() -> Callable[[], datetime]:
    """Let ten seconds pass with every look at a key, so that none is remembered."""
    looks = count(step=10)
    return lambda: utc_now() + timedelta(seconds=next(looks))


async def _furnish(database_url: str) -> dict[str, str]:
    """Make the agents with a key each, the robot's key, and the key of another customer's admin."""
    agents = {name: new_id() for name in ROLES}
    async with await connect(database_url, "tests") as conn:
        await conn.execute(b"INSERT INTO customers (id, name) VALUES (2, 'other')")
        for name, role in ROLES.items():
            assert await insert_agent(conn, 1, agents[name], name.title(), role)
            await _store_key(conn, name, "admin", agent_id=agents[name])
        await conn.execute(b"UPDATE agents SET read_from = '2020-01-01'")
        await _store_key(conn, "robot", "admin")
        await _store_key(conn, "stranger", "admin", customer_id=2)
    return agents


async def _store_key(
    conn: Connection, name: str, scope: str, *, customer_id: int = 1, agent_id: str | None = None
) -> None:
    assert await insert_key(
        conn,
        customer_id=customer_id,
        key_id=new_id(),
        name=name,
        key_hash=hash_key(key_text(name)),
        scopes=[scope],
        agent_id=agent_id,
    )
