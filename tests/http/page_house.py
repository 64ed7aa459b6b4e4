"""The page in this process: its routes, real Postgres, a browser's cookies and no scripts."""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
from starlette.routing import Router

from app.clock import utc_now
from app.ids import new_id, new_token
from domain.agent import Role
from domain.api_key import hash_key
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.page_routes import page_routes
from store.agents import insert_agent
from store.api_keys import insert_key
from store.blobs import BlobStore
from store.database import Pool, connect, open_pool

URL = "https://inlet.test"
_CSRF = re.compile(r'name="csrf-token" content="([0-9a-f]{64})"')
_AGENT_SCOPES = ("conversations:read", "conversations:write", "messages:write")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An agent before the page, logged in."""

    client: httpx.AsyncClient
    agent_id: str

    async def get(self, path: str) -> str:
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.text

    async def csrf(self) -> str:
        found = _CSRF.search(await self.get("/inbox"))
        assert found is not None
        return found[1]

    async def post(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(path, data={"csrf_token": await self.csrf(), **fields})


def page_of(pool: Pool, blobs: BlobStore | None = None) -> httpx.AsyncClient:
    """Open a browser that has not logged in."""
    shared = Shared(
        pool=pool,
        clock=utc_now,
        new_id=new_id,
        door=KeyDoor(pool, utc_now),
        limits=RateLimits({"api": 0, "search": 0}),
        poke=lambda: None,
        public_url=URL,
        blobs=blobs,
    )
    transport = httpx.ASGITransport(app=Router(page_routes(shared, new_token)))
    return httpx.AsyncClient(transport=transport, base_url=URL)


@asynccontextmanager
async def open_page(
    database_url: str, blobs: BlobStore | None = None
) -> AsyncGenerator[httpx.AsyncClient]:
    async with open_pool(database_url, "tests", 3) as pool, page_of(pool, blobs) as client:
        yield client


@asynccontextmanager
async def open_desk(
    database_url: str,
    name: str = "Maya Okafor",
    scopes: Sequence[str] = _AGENT_SCOPES,
    customer_id: int = 1,
    role: Role = "agent",
    blobs: BlobStore | None = None,
) -> AsyncGenerator[Desk]:
    """Add an agent with a key, and log them in as a browser does."""
    agent_id = new_id()
    async with await connect(database_url, "tests") as conn:
        assert await insert_agent(conn, customer_id, agent_id, name, role)
        await insert_key(
            conn,
            customer_id=customer_id,
            key_id=new_id(),
            name=name,
            key_hash=hash_key(key_text(name)),
            scopes=scopes,
            agent_id=agent_id,
        )
    async with open_page(database_url, blobs) as client:
        response = await log_in(client, key_text(name))
        assert response.status_code == 303
        yield Desk(client=client, agent_id=agent_id)


def key_text(name: str) -> str:
    return f"inlet_test_{name}"


async def log_in(client: httpx.AsyncClient, key: str, **fields: str) -> httpx.Response:
    return await client.post("/inbox/login", data={"key": key, **fields})


class _Reader(HTMLParser):
    """Gathers what a browser would act on and what a reader would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def tags_of(html: str, tag: str) -> list[Mapping[str, str | None]]:
    """List the attributes of every element of one kind."""
    reader = _Reader()
    reader.feed(html)
    return [attributes for name, attributes in reader.tags if name == tag]


def text_of(html: str) -> str:
    """Read what is written on a page, white space folded."""
    reader = _Reader()
    reader.feed(html)
    return " ".join(reader.text.split())
