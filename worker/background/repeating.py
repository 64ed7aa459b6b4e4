"""Runs something beside the main loop, again and again, over a connection of its own.

Whatever breaks, it goes on after a pause: an outage is waited out, and a step that fails for
another reason is tried again on a new connection. Knows no work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from domain.backoff import Backoff
from domain.long_texts import IN_PLACE, LongTexts
from domain.provider import Provider
from domain.retention import Retention
from domain.where_raised import where_raised
from store.blobs import BlobStore
from store.database import Connection, DatabaseError
from store.polling import Connect, repeat

_LOG = structlog.get_logger(__name__)

Step = Callable[[Connection], Awaitable[float]]


def half() -> float:
    """Stand for random numbers where nobody minds who returns first."""
    return 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundConfig:
    """What work beside the main loop needs.

    `on_commit` is called after each change that can be followed; `random` gives numbers in [0, 1).
    `blobs` is where files are moved to; None: they stay in the database. `providers` read events
    again; `mends_derived`: derived rows that are wrong are made right, not only noted.
    """

    connect: Connect
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    on_commit: Callable[[], None]
    retention: Retention = field(default_factory=Retention)
    long_texts: LongTexts = IN_PLACE
    blobs: BlobStore | None = None
    random: Callable[[], float] = half
    providers: Mapping[str, Provider] = field(default_factory=dict[str, Provider])
    mends_derived: bool = False


async def repeat_connected(
    step: Step,
    connect: Connect,
    stop: asyncio.Event,
    *,
    random: Callable[[], float] = half,
    woken: asyncio.Event | None = None,
    **known: str,
) -> None:
    """Do one step after the other until told to stop; the one in hand is finished first.

    A step returns how many seconds there is nothing to do, unless woken. What is known of it is
    logged with whatever breaks it.
    """
    conn: Connection | None = None

    async def step_connected() -> float:
        nonlocal conn
        if conn is None or conn.closed:
            conn = await connect()
        return await step(conn)

    async def hang_up(error: Exception) -> None:
        nonlocal conn
        log_failure(error, **known)
        await _hang_up(conn)
        conn = None

    try:
        await repeat(step_connected, stop, Backoff(random), hang_up, woken)
    finally:
        await _hang_up(conn)


def log_failure(error: Exception, **known: str) -> None:
    """Log what broke a step: an outage in a word, anything else with its place in the code."""
    error_class = type(error).__name__
    if isinstance(error, DatabaseError | OSError):
        _LOG.warning("database_away", error_class=error_class, **known)
    else:
        _LOG.error("step_failed", error_class=error_class, where=where_raised(error), **known)


async def _hang_up(conn: Connection | None) -> None:
    if conn is not None:
        with suppress(DatabaseError, OSError):
            await conn.close()
