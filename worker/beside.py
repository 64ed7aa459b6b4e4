"""Runs something beside the main loop, again and again, over a connection of its own.

Whatever breaks, it goes on: an outage is waited out, contention is tried again. Knows no work.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from store.database import Connection, DatabaseError
from worker.waiting import wait_for

_LOG = structlog.get_logger(__name__)

_SHORTEST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

Connect = Callable[[], Awaitable[Connection]]
Step = Callable[[Connection], Awaitable[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideConfig:
    """What work beside the main loop needs.

    `outbox_days` is how long changes can be followed; `on_commit` is called after each that can be.
    """

    connect: Connect
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    outbox_days: int
    on_commit: Callable[[], None]


async def keep_doing(step: Step, connect: Connect, stop: asyncio.Event) -> None:
    """Do one step after the other until told to stop; the one in hand is finished first.

    A step returns how many seconds there is nothing to do.
    """
    conn: Connection | None = None
    pause = _SHORTEST_PAUSE_SECONDS
    try:
        while not stop.is_set():
            try:
                if conn is None or conn.closed:
                    conn = await connect()
                sleep = await step(conn)
            except (DatabaseError, OSError) as error:
                _LOG.warning("database_away", error_class=type(error).__name__)
                await _hang_up(conn)
                conn = None
                sleep, pause = pause, min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                pause = _SHORTEST_PAUSE_SECONDS
            await wait_for(stop, sleep)
    finally:
        await _hang_up(conn)


async def _hang_up(conn: Connection | None) -> None:
    if conn is not None:
        with suppress(DatabaseError, OSError):
            await conn.close()
