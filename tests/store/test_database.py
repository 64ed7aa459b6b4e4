"""A connection that was given up is closed, whatever its server answered."""

import asyncio
import time

from flows import values

from store.database import connect, cut_after


async def test_a_connection_is_closed_that_was_answered_too_late(database_url: str) -> None:
    """As in a process that is stopped for a while: the answer is there, and the time is over."""
    async with await connect(database_url, "tests") as conn:
        with cut_after(conn, 0.01):
            await conn.execute(b"SELECT 1")
            time.sleep(0.05)  # noqa: ASYNC251 - the whole process stands still
            await asyncio.sleep(0)
        assert conn.closed


async def test_a_connection_that_answers_in_time_stays_open(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        with cut_after(conn, 60):
            await conn.execute(b"SELECT 1")
        assert await values(conn, b"SELECT 1") == [1]
