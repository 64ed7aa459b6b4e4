"""How whoever polls waits, and hears sooner that there is something to do. Knows no work.

Notifications are hints: without a connection that listens, polling has to do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import psycopg
import structlog

from domain.backoff import Backoff
from store.database import Connection

_LOG = structlog.get_logger(__name__)

Connect = Callable[[], Awaitable[Connection]]
Notification = psycopg.Notify
Listen = Callable[[Connection], Awaitable[None]]


async def repeat(
    step: Callable[[], Awaitable[float]],
    stop: asyncio.Event,
    backoff: Backoff,
    on_failure: Callable[[Exception], Awaitable[None]],
    woken: asyncio.Event | None = None,
) -> None:
    """Do a step again and again until told to stop; one that fails is tried again after a pause.

    A step returns how many seconds there is nothing to do, unless woken.
    """
    while not stop.is_set():
        if woken is not None:
            woken.clear()
        try:
            seconds = await step()
        except Exception as error:
            await on_failure(error)
            await wait_for(stop, backoff.pause())
            continue
        backoff.reset()
        if seconds and not stop.is_set():
            await wait_for(woken or stop, seconds)


async def keep_listening(
    connect: Connect,
    channels: Sequence[Listen],
    on_notified: Callable[[Notification], None],
    backoff: Backoff,
) -> None:
    """Say whenever something is announced on one of these channels, until cancelled."""
    while True:
        try:
            async with await connect() as conn:
                for listen in channels:
                    await listen(conn)
                backoff.reset()
                async for notification in conn.notifies():
                    on_notified(notification)
        except Exception as error:
            _LOG.info("not_listening", error_class=type(error).__name__)
        await asyncio.sleep(backoff.pause())


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event or until the time is over.

    Not `asyncio.wait_for`: before Python 3.12 that can swallow a cancellation.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def wake_at(stop: asyncio.Event, *woken: asyncio.Event) -> None:
    """Wake whoever waits for other events once they are to stop."""
    await stop.wait()
    for event in woken:
        event.set()
