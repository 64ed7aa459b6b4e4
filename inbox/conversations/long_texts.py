"""Works on long texts beside the event loop. Knows no text."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
Given = TypeVar("Given")

LONG = 20_000  # characters: some ten milliseconds of the slowest work

# Several at once would take turns with the event loop so often that others wait.
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="long-texts")


async def work_on(function: Callable[[Given], T], given: Given) -> T:
    """Call a function in the one thread for long texts, after those that came before."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, function, given)
