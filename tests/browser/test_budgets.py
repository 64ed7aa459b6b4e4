"""The page stays quick while much comes in. Bounds are wide here; `make bench` has the figures."""

import asyncio

from playwright.async_api import expect

from bench.browser import ROWS, list_interactive, measure_paints, show_many_rows
from browser.desks import Customer

_PEOPLE = ROWS + 20
_RATE, _SECONDS = 50.0, 6.0
_MOST_TO_LIST_MS, _MOST_TO_PAINT_MS, _MOST_OF_A_TASK_MS = 2000.0, 600.0, 200.0


def _phone(number: int) -> str:
    return f"+1415555{1000 + number % _PEOPLE}"


async def test_the_page_is_quick(customer: Customer) -> None:
    await asyncio.gather(*(customer.text(_phone(n), "Hello") for n in range(_PEOPLE)))
    page = await customer.sit_down("Maya Okafor")
    await expect(page.locator(".view[data-view=open] .view-count")).to_have_attribute(
        "data-count", str(_PEOPLE)
    )

    assert await list_interactive(page) <= _MOST_TO_LIST_MS
    await show_many_rows(page)
    paints = await measure_paints(
        page, lambda number, body: customer.text(_phone(number), body), _RATE, _SECONDS
    )

    assert len(paints.delays) == paints.events
    assert paints.p95 <= _MOST_TO_PAINT_MS
    assert paints.longest_task <= _MOST_OF_A_TASK_MS
