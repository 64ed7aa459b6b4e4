"""The fetching loops: each leases one event whose provider keeps a part, fetches, and goes on.

Polling is enough: whatever waits here has waited for its reading already. One loop looks; the
others have no connection until there was something to fetch, for most workers never fetch.
"""

import asyncio

import httpx

from store.database import Connection
from store.fetching import lease_fetches
from worker.background.repeating import repeat_connected
from worker.fetching.config import FetcherConfig
from worker.fetching.fetch import Fetching
from worker.sending.provider_request import open_client

_AT_ONCE = 4  # a slow provider holds one of them; each may hold 48 MiB
_FINISH_SECONDS = 3.0


async def run_fetcher(config: FetcherConfig, stop: asyncio.Event) -> None:
    """Fetch until told to stop; what cannot be finished then is fetched again by somebody."""
    if not config.providers:
        return
    found = asyncio.Event()
    async with open_fetch_client(config) as client:

        async def step(conn: Connection) -> float:
            if not await fetch_next(conn, client, config):
                return config.poll_seconds
            found.set()
            return 0.0

        async def go_on() -> None:
            await repeat_connected(step, config.connect, stop, random=config.random)

        async def join() -> None:
            await found.wait()
            if not stop.is_set():
                await go_on()

        loops = [asyncio.create_task(one()) for one in (go_on, *[join] * (_AT_ONCE - 1))]
        try:
            await stop.wait()
            found.set()
            await asyncio.wait(loops, timeout=_FINISH_SECONDS)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


def open_fetch_client(config: FetcherConfig) -> httpx.AsyncClient:
    """Make the client that all fetches share."""
    return open_client(_AT_ONCE, config.fetch_seconds)


async def fetch_next(conn: Connection, client: httpx.AsyncClient, config: FetcherConfig) -> bool:
    """Fetch for the event that is due next; False where none is."""
    leases = await lease_fetches(conn, 1, config.lease_seconds)
    for lease in leases:
        await Fetching(client=client, config=config).fetch(conn, lease)
        config.on_commit()
    return bool(leases)
