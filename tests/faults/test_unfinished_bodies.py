"""Bodies that come slowly cannot fill the memory, and leave nothing behind."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import OpenConnection
from flows import make_channel, until
from starlette.routing import Route
from starlette.types import Message, Scope

from app.clock import utc_now
from app.intake_services import connector_to
from app.live import Live
from app.settings import Settings
from app.web_services import build_web_services
from domain.channel import Channel
from domain.errors import TooLarge, Unavailable
from domain.sealing import Sealer
from ingest.routes import webhook_routes
from store.database import open_pool

_MOST_BYTES = 1000


@dataclass(slots=True)
class Upload:
    """One webhook whose body a test feeds."""

    chunks: asyncio.Queue[Message]
    answered: asyncio.Task[None]

    def feed(self, body: bytes, *, is_last: bool = False) -> None:
        self.chunks.put_nowait({"type": "http.request", "body": body, "more_body": not is_last})


@asynccontextmanager
async def _uploads(database_url: str, channel: Channel) -> AsyncGenerator[Callable[[], Upload]]:
    settings = Settings(data_dir=Path("/nowhere"), spool_max_bytes=0)
    pool = open_pool(database_url, "uploads", 2)
    live = Live(connector_to(database_url, "uploads", True))
    services = build_web_services(settings, database_url, pool, live, Sealer("x" * 20))
    route, *_ = webhook_routes(
        services.intake,
        public_url="https://inlet.test",
        most_body_bytes=_MOST_BYTES,
        clock=utc_now,
        most_unfinished_bytes=_MOST_BYTES,
    )
    async with services.running():
        yield lambda: _begin(route, channel)


def _begin(route: Route, channel: Channel) -> Upload:
    path = f"/webhooks/{channel.provider}/{channel.token}"
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "path_params": {"provider": channel.provider, "token": channel.token},
    }
    chunks: asyncio.Queue[Message] = asyncio.Queue()

    async def send(_message: Message) -> None:
        return

    async def answer() -> None:
        await route.endpoint(scope, chunks.get, send)

    return Upload(chunks, asyncio.create_task(answer()))


async def _fed(*uploads: Upload) -> None:
    """Let what was fed be read."""

    async def are_read() -> bool:
        return all(upload.chunks.empty() for upload in uploads)

    await until(are_read)
    await asyncio.sleep(0)


async def test_what_all_of_them_take_together_is_bounded(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        async with _uploads(database_url, channel) as begin, asyncio.timeout(120):
            first, second, third = begin(), begin(), begin()
            for upload in (first, second):
                upload.feed(b"x" * 400)
            await _fed(first, second)
            third.feed(b"x" * 400)
            with pytest.raises(Unavailable):
                await third.answered
            whole = begin()
            whole.feed(b"x" * 900, is_last=True)
            await whole.answered
            first.feed(b"x" * 100, is_last=True)
            second.chunks.put_nowait({"type": "http.disconnect"})
            await asyncio.gather(first.answered, second.answered)
            last = begin()
            for is_last in (False, True):
                last.feed(b"x" * 500, is_last=is_last)
            await last.answered


async def test_one_that_grows_too_large_gives_its_room_back(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        async with _uploads(database_url, channel) as begin, asyncio.timeout(120):
            for _ in range(3):
                upload = begin()
                upload.feed(b"x" * 900)
                upload.feed(b"x" * 200)
                with pytest.raises(TooLarge):
                    await upload.answered
            last = begin()
            last.feed(b"x" * 999)
            last.feed(b"x", is_last=True)
            await last.answered
