"""How loops wait: for an event or until a time is over, and woken when they are to stop."""

import asyncio
from contextlib import suppress


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
    for one in woken:
        one.set()
