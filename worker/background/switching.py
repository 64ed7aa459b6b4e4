"""Switches consumers of the outbox off, and lets them catch up once they are on again.

While one is off the outbox is emptied as if it were not there. What it missed by that is made up
for from the tables, where they tell it; what only the outbox told is lost, and said so. Knows no
consumer's work but where it begins.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from store.consumers import end_catching_up, list_missing, note_off
from store.database import Connection
from store.polling import Connect, wake_at
from worker.background.repeating import BackgroundConfig, half, repeat_connected
from worker.background.retention import Steps
from worker.background.rollups import count_everybody_again
from worker.background.search_index import fill_index

_LOG = structlog.get_logger(__name__)

# What makes up for changes that are gone. Without a line nothing can: HTML mail that is not kept
# clean is cleaned by whoever shows it, and what hooks were not told is told to nobody.
CATCH_UPS: Mapping[str, Callable[[Connection, BackgroundConfig], Steps]] = {
    "search": fill_index,
    "rollups": count_everybody_again,
}


async def switch_off(
    connect: Connect,
    names: Sequence[str],
    stop: asyncio.Event,
    *,
    random: Callable[[], float] = half,
) -> None:
    """Note once that consumers are off, as soon as the database is there."""
    is_noted = asyncio.Event()

    async def step(conn: Connection) -> float:
        await note_off(conn, names)
        is_noted.set()
        return 0.0

    stopping = asyncio.create_task(wake_at(stop, is_noted))
    try:
        await repeat_connected(step, connect, is_noted, random=random)
    finally:
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)


async def catch_up(conn: Connection, _now: datetime, config: BackgroundConfig) -> Steps:
    """Make up for what consumers missed that are on again."""
    for name in await list_missing(conn):
        make_up = CATCH_UPS.get(name)
        if make_up is None:
            _LOG.warning("changes_missed", consumer=name)
        else:
            async for done in make_up(conn, config):
                yield done
        await end_catching_up(conn, name)
        yield 0
