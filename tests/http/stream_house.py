"""The live routes behind a real uvicorn on loopback, and a client that reads streams as they come.

Only what streams need is wired, with times short enough for a test.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import httpx
import msgspec
import uvicorn
from contract import check_response
from starlette.routing import Mount, Router
from starlette.types import Message, Receive, Scope, Send

from app.clock import utc_now
from app.error_responses import send_problem
from app.http_server import HttpServer
from app.ids import new_id
from app.listener import listening_socket
from app.version import VERSION
from domain.api_key import hash_key
from inbox.http.auth import KeyDoor
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.live.changes_api import ChangeListing, changes_routes
from inbox.live.feed import Feed
from inbox.live.presence import Presence
from inbox.live.presence_api import presence_routes
from inbox.live.stream_api import stream_routes
from store.api_keys import insert_key
from store.changes import prune_changes
from store.database import Connection, connect, open_pool
from store.outbox import Change, append_changes

PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    heartbeat_seconds: float = 20.0
    poll_seconds: float = 0.05
    presence_seconds: float = 30.0


@dataclass(slots=True, kw_only=True)
class Event:
    """One block of a stream. `comment` is set for a heartbeat."""

    id: str | None = None
    type: str | None = None
    data: Mapping[str, object] | None = None
    comment: str | None = None
    retry: int | None = None


@dataclass(slots=True, kw_only=True)
class Stream:
    """An open stream. `last_id` is what an EventSource would remember."""

    response: httpx.Response
    last_id: str | None = None
    _lines: AsyncIterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = self.response.aiter_lines()

    async def next_block(self) -> Event | None:
        """Read one block; None where the stream has ended."""
        event = Event()
        is_empty = True
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if not line and not is_empty:
                    self.last_id = event.id or self.last_id
                    return event
                is_empty = False
                _read_line(event, line)
        return None

    async def next_event(self) -> Event | None:
        """Read on to a block that carries data."""
        # Heartbeats alone would go on for ever.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (event := await self.next_block()) is not None:
                if event.data is not None:
                    return event
        return None

    async def events(self, count: int) -> list[Event]:
        found: list[Event] = []
        while len(found) < count:
            event = await self.next_event()
            assert event is not None, "the stream ended early"
            found.append(event)
        return found


def _read_line(event: Event, line: str) -> None:
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    match name:
        case "":
            event.comment = value
        case "id":
            event.id = value
        case "event":
            event.type = value
        case "data":
            event.data = msgspec.json.decode(value, type=dict[str, object])
        case _:
            event.retry = int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHouse:
    database_url: str
    client: httpx.AsyncClient
    feed: Feed
    presence: Presence
    server: uvicorn.Server
    port: int

    @asynccontextmanager
    async def stream(
        self, query: str = "", *, key: str = "reader", last_id: str | None = None
    ) -> AsyncGenerator[Stream]:
        """Open a stream and read until it is live."""
        headers = bearer(key) | ({"last-event-id": last_id} if last_id else {})
        async with self.client.stream("GET", f"/api/stream{query}", headers=headers) as response:
            assert response.status_code == 200, (await response.aread()).decode()
            stream = Stream(response=response, last_id=last_id)
            opening = await stream.next_block()
            assert opening is not None
            assert opening.retry is not None
            yield stream

    async def get(self, path: str, key: str = "reader") -> httpx.Response:
        return await self.client.get(path, headers=bearer(key))

    async def changes(self, query: str = "", key: str = "reader") -> ChangeListing:
        response = await self.get(f"/api/changes{query}", key)
        assert response.status_code == 200, response.text
        check_response(response)
        return msgspec.json.decode(response.content, type=ChangeListing)

    async def connect(self) -> Connection:
        return await connect(self.database_url, "tests")

    async def until_open(self, streams: int) -> None:
        """Wait until so many streams are open."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.feed.open_streams != streams:  # noqa: ASYNC110  # no event tells
                await asyncio.sleep(0.005)


def _hurried_clock() -> Callable[[], datetime]:
    """Let ten seconds pass with every look, so that nothing is remembered."""
    seconds = count(step=10)
    return lambda: utc_now() + timedelta(seconds=next(seconds))


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer inlet_test_{key}"}


def changes(*seqs: int, conversation_id: str | None = None) -> list[Change]:
    """Make changes that a reader can tell apart by their `message_seq`."""
    return [
        Change(
            type="message.received",
            conversation_id=conversation_id or new_id(),
            message_id=new_id(),
            version=1,
            message_seq=seq,
        )
        for seq in seqs
    ]


async def append(conn: Connection, *seqs: int, customer_id: int = 1) -> None:
    """Write changes and commit."""
    async with conn.transaction():
        await append_changes(conn, customer_id, changes(*seqs))


async def prune_all(conn: Connection) -> None:
    """Let the outbox grow old and be emptied."""
    await conn.execute(b"UPDATE outbox SET created_at = now() - interval '40 days'")
    assert await prune_changes(conn, utc_now(), 30, 1000) > 0


def seqs_of(events: Sequence[Event]) -> list[object]:
    return [(event.data or {})["message_seq"] for event in events]


@asynccontextmanager
async def open_stream_house(
    database_url: str, times: Times | None = None
) -> AsyncGenerator[StreamHouse]:
    """Serve the live routes on a free port; customers 1 and 2 have the keys reader and other."""
    times = times or Times()
    await _furnish(database_url)

    async def open_one() -> Connection:
        return await connect(database_url, "tests feed")

    feed = Feed(
        open_one, poll_seconds=times.poll_seconds, heartbeat_seconds=times.heartbeat_seconds
    )
    presence = Presence(feed.mention, times.presence_seconds)
    feed.on_presence = presence.hear
    async with open_pool(database_url, "tests", 4) as pool:
        shared = Shared(
            pool=pool,
            clock=utc_now,
            new_id=new_id,
            door=KeyDoor(pool, _hurried_clock()),
            limits=RateLimits({"api": 0, "search": 0}),
            poke=feed.poke,
            public_url="http://inlet.test",
        )
        routes = [
            *changes_routes(shared),
            *stream_routes(shared, feed),
            *presence_routes(shared, presence),
        ]
        feeding = asyncio.create_task(feed.run())
        try:
            async with _serving(Router([Mount("/api", Router(routes))]), feed) as (server, port):
                limits = httpx.Limits(max_connections=None)
                async with httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{port}", trust_env=False, limits=limits, timeout=120
                ) as client:
                    await _until_ready(feed)
                    yield StreamHouse(
                        database_url=database_url,
                        client=client,
                        feed=feed,
                        presence=presence,
                        server=server,
                        port=port,
                    )
        finally:
            presence.close()
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)


@asynccontextmanager
async def _serving(router: Router, feed: Feed) -> AsyncGenerator[tuple[uvicorn.Server, int]]:
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

    config = uvicorn.Config(
        app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=8,
    )  # fmt: skip
    server = HttpServer(config, feed.close)
    with listening_socket("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def _until_ready(feed: Feed) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not feed.is_ready:  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0.005)


async def _furnish(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await conn.execute(
            b"INSERT INTO customers (id, name) VALUES (2, 'other') ON CONFLICT DO NOTHING"
        )
        for customer_id, name in ((1, "reader"), (2, "other")):
            await insert_key(
                conn,
                customer_id=customer_id,
                key_id=new_id(),
                name=name,
                key_hash=hash_key(f"inlet_test_{name}"),
                scopes=["conversations:read"],
            )
