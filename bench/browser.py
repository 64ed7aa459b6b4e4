"""The page in the system's Chromium: how soon a list can be used, and how soon an event is seen.

Knows pages, not processes: whoever measures says how a message is delivered.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from time import time

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import TimeoutError as NotInTime

ROWS = 200
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_BATCHES = count(1)
_SETTLE_SECONDS = 2.0
_CLICK_AGAIN_MS = 20_000

_MOVE = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', bubbles: true}))"
# The page acts on a key: from here on an agent can work.
_INTERACTIVE = f"""() => new Promise((done) => {{
  const look = () => {{
    {_MOVE};
    if (document.activeElement?.closest('.row')) done(performance.now());
    else setTimeout(look, 5);
  }};
  look();
}})"""
# A row is painted before the frame after the one that changed it.
_WATCH = """() => {
  window.paints = {};
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
  }).observe({ type: 'longtask' });
  const look = () => requestAnimationFrame(() => {
    for (const text of document.querySelectorAll('#rows > .row .row-text')) {
      const found = /event-\\d+-\\d+/.exec(text.textContent);
      if (found) window.paints[found[0]] ??= Date.now();
    }
  });
  new MutationObserver(look).observe(document.querySelector('#list'),
    { subtree: true, childList: true, characterData: true });
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paints:
    """How soon events were painted, and tasks of over 50 ms meanwhile. Units: milliseconds."""

    delays: Sequence[float]
    events: int
    long_tasks: Sequence[float]

    @property
    def p95(self) -> float:
        ordered = sorted(self.delays)
        return ordered[int(0.95 * len(ordered))] if ordered else float("inf")

    @property
    def longest_task(self) -> float:
        return max(self.long_tasks, default=0.0)


def find_chromium() -> str | None:
    """Find the Chromium that the system has."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@asynccontextmanager
async def chromium(path: str) -> AsyncGenerator[Browser]:
    """Run Chromium; its sandbox needs somebody else than root."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


async def list_interactive(page: Page) -> float:
    """Open the list as a visitor does, and press a key until it moves. Units: milliseconds."""
    await page.goto("/inbox", wait_until="commit")
    await page.wait_for_selector("#rows > .row", state="attached")
    return await page.evaluate(_INTERACTIVE)


async def show_many_rows(page: Page) -> None:
    """Show more of the list until there are many rows, and leave it alone.

    Where the server could not answer, the page says so and one clicks again.
    """
    while (shown := await page.locator("#rows > .row").count()) < ROWS:
        await page.locator("#more").click()
        with suppress(NotInTime):
            row = page.locator("#rows > .row").nth(shown)
            await row.wait_for(state="attached", timeout=_CLICK_AGAIN_MS)
    await page.evaluate("document.activeElement.blur()")
    size = page.viewport_size
    await page.mouse.move(size["width"] - 5 if size else 900, 300)
    await page.wait_for_selector("#strip[data-state=live]")


async def measure_paints(
    page: Page,
    deliver: Callable[[int, str], Awaitable[None]],
    rate: float,
    seconds: float,
    settle_seconds: float = _SETTLE_SECONDS,
) -> Paints:
    """Deliver events at a steady rate, and note when each is on the screen.

    `deliver` posts what the nth person writes; a delay begins with its call. The last ones are
    waited for so long.
    """
    batch = next(_BATCHES)
    await page.evaluate(_WATCH)
    started: dict[str, float] = {}
    began = time()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time()))
            name = f"event-{batch}-{number}"
            started[name] = time()
            group.create_task(_await(deliver(number, name)))
    end = time() + settle_seconds
    painted: dict[str, float] = await page.evaluate("window.paints")
    while len(painted) < len(started) and time() < end:
        await asyncio.sleep(0.1)
        painted = await page.evaluate("window.paints")
    return Paints(
        delays=[painted[name] - 1000 * at for name, at in started.items() if name in painted],
        events=len(started),
        long_tasks=await page.evaluate("window.longTasks"),
    )


async def _await(delivery: Awaitable[None]) -> None:
    await delivery
