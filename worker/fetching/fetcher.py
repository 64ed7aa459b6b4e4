"""The fetching loops: each leases one event, or one attachment, fetches, and goes on.

Polling is enough for events, which have waited for their reading already; for attachments a loop is
woken by what its own process commits. Of each kind one loop looks; the others have no connection
until there was something to fetch, for most workers never fetch.
"""

import asyncio

import httpx

from store.database import Connection
from store.fetching import lease_fetches
from store.media import lease_media
from worker.background.repeating import Step, repeat_connected
from worker.fetching.config import FetcherConfig
from worker.fetching.fetch import Fetching
from worker.fetching.guarded_transport import open_guarded_client
from worker.fetching.media import MediaFetching
from worker.sending.access_token import AccessTokens
from worker.sending.provider_request import open_client

_AT_ONCE = 4  # a slow provider holds one of them; each may hold 48 MiB
_FINISH_SECONDS = 3.0
_LOOK_SECONDS = 0.1


async def run_fetcher(config: FetcherConfig, stop: asyncio.Event) -> None:
    """Fetch for events until told to stop; what cannot be finished is fetched by somebody again."""
    if not config.providers:
        return
    async with open_fetch_client(config) as client:

        async def step(conn: Connection) -> float:
            return 0.0 if await fetch_next(conn, client, config) else config.poll_seconds

        await _run_loops(step, config, stop)


async def run_media_fetcher(
    config: FetcherConfig, stop: asyncio.Event, woken: asyncio.Event
) -> None:
    """Fetch attachments until told to stop. `woken` says that there may be some."""
    async with open_media_client(config) as client:
        tokens = AccessTokens(client, config.clock)

        async def step(conn: Connection) -> float:
            if await fetch_next_media(conn, client, tokens, config):
                return 0.0
            await asyncio.sleep(_LOOK_SECONDS)  # however often it is woken
            return config.poll_seconds

        await _run_loops(step, config, stop, woken)


def open_fetch_client(config: FetcherConfig) -> httpx.AsyncClient:
    """Make the client that all fetches for events share."""
    return open_client(_AT_ONCE, config.fetch_seconds)


def open_media_client(config: FetcherConfig) -> httpx.AsyncClient:
    """Make the client that all fetches of attachments share: their URLs come from outside."""
    return open_guarded_client(_AT_ONCE, config.fetch_seconds, config.private_hosts)


async def fetch_next(conn: Connection, client: httpx.AsyncClient, config: FetcherConfig) -> bool:
    """Fetch for the event that is due next; False where none is."""
    leases = await lease_fetches(conn, 1, config.lease_seconds)
    for lease in leases:
        await Fetching(client=client, config=config).fetch(conn, lease)
        config.on_commit()
    return bool(leases)


async def fetch_next_media(
    conn: Connection, client: httpx.AsyncClient, tokens: AccessTokens, config: FetcherConfig
) -> bool:
    """Fetch the attachment that is due next; False where none is."""
    leases = await lease_media(conn, 1, config.lease_seconds)
    for lease in leases:
        await MediaFetching(client=client, tokens=tokens, config=config).fetch(conn, lease)
        config.on_commit()
    return bool(leases)


async def _run_loops(
    step: Step, config: FetcherConfig, stop: asyncio.Event, woken: asyncio.Event | None = None
) -> None:
    """Let one loop look, and the others join it once there was something."""
    found = asyncio.Event()

    async def look(conn: Connection) -> float:
        seconds = await step(conn)
        if not seconds:
            found.set()
        return seconds

    async def go_on() -> None:
        await repeat_connected(look, config.connect, stop, random=config.random, woken=woken)

    async def join() -> None:
        await found.wait()
        if not stop.is_set():
            await repeat_connected(look, config.connect, stop, random=config.random)

    loops = [asyncio.create_task(one()) for one in (go_on, *[join] * (_AT_ONCE - 1))]
    try:
        await stop.wait()
        found.set()
        if woken is not None:
            woken.set()
        await asyncio.wait(loops, timeout=_FINISH_SECONDS)
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
