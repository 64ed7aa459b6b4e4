"""The feed ends when it is told to, whatever it is doing at that moment."""

import asyncio

import pytest
from conftest import OpenConnection
from flows import until, values

from inbox.live.feed import Feed
from store.database import Connection, connect

_IDLE = b"""
    SELECT count(*) FROM pg_stat_activity WHERE application_name = 'feed' AND state = 'idle'
"""


@pytest.mark.parametrize("turns", range(6))
async def test_a_feed_that_is_woken_and_cancelled_at_once_ends(
    database_url: str, open_connection: OpenConnection, turns: int
) -> None:
    async def open_one() -> Connection:
        return await connect(database_url, "feed")

    async with open_connection() as conn:

        async def is_resting() -> bool:
            return await values(conn, _IDLE) == [2]

        feed = Feed(open_one)
        running = asyncio.ensure_future(feed.run())
        await until(is_resting)
        feed.poke()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        ended, _ = await asyncio.wait([running], timeout=120)
        assert ended == {running}
