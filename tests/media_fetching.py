"""Fetches media in tests, by a client that plays what providers answer."""

from collections.abc import Callable, Mapping
from datetime import datetime

import httpx
import respx
from flows import values

from app.clock import utc_now
from domain.retry import RetryPolicy
from domain.sealing import Sealer
from providers import MEDIA
from store.database import Connection, connect
from store.files import find_file
from worker.fetching.config import FetcherConfig
from worker.fetching.fetcher import fetch_next_media
from worker.sending.access_token import AccessTokens
from worker.sending.provider_request import open_client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
SEALER = Sealer("a secret key of the tests")


def media_config(
    database_url: str, *private_hosts: str, now: Callable[[], datetime] = utc_now
) -> FetcherConfig:
    return FetcherConfig(
        connect=lambda: connect(database_url, "tests"),
        providers={},
        sealer=SEALER,
        retry=RetryPolicy(max_retries=2, backoff_base_ms=600_000),
        random=lambda: 0.0,
        clock=now,
        on_commit=lambda: None,
        media_providers=MEDIA,
        private_hosts=frozenset(private_hosts),
    )


async def fetch_all(database_url: str, answers: Mapping[str, httpx.Response]) -> int:
    """Fetch whatever is due, of a provider with these answers by URL; return how much that was."""
    with respx.mock(assert_all_called=False) as router:
        for url, answer in answers.items():
            router.get(url).mock(return_value=answer)
        async with await connect(database_url, "tests") as conn:
            return await fetch_all_with(conn, media_config(database_url))


async def fetch_all_with(conn: Connection, config: FetcherConfig) -> int:
    """Fetch whatever is due, by a client that a provider may be played to."""
    count = 0
    async with open_client(4, 5.0) as client:
        tokens = AccessTokens(client, config.clock)
        while await fetch_next_media(conn, client, tokens, config):
            count += 1
    return count


async def let_it_be_due(conn: Connection) -> None:
    await conn.execute("UPDATE media_fetches SET next_attempt_at = now() WHERE status = 'pending'")


async def kept_content(conn: Connection, position: int = 1) -> bytes | None:
    """Read what is kept for the only message."""
    [message_id] = await values(conn, b"SELECT id::text FROM messages")
    file = await find_file(conn, 1, str(message_id), position)
    return file.content if file else None
