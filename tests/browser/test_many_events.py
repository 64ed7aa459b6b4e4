"""Every event is painted while much comes in. How soon is measured by `make bench`."""

import asyncio

from playwright.async_api import expect

from bench.browser import ROWS, list_interactive, measure_paints, show_many_rows
from browser.desks import Customer

_PEOPLE = ROWS + 20
_RATE, _SECONDS = 50.0, 6.0
_PATIENCE_SECONDS = 120.0


def _phone(number: int) -> str:
    return f"+1415555{1000 + number % _PEOPLE}"


async def test_every_event_is_painted(customer: Customer) -> None:
    await asyncio.gather(*(customer.text(_phone(n), "Hello") for n in range(_PEOPLE)))
    page = await customer.sit_down("Maya Okafor")
    await expect(page.locator(".view[data-view=open] .view-count")).to_have_attribute(
        "data-count", str(_PEOPLE)
    )

    assert await list_interactive(page) > 0
    await show_many_rows(page)
    paints = await measure_paints(
        page,
        lambda number, body: customer.text(_phone(number), body),
        _RATE,
        _SECONDS,
        settle_seconds=_PATIENCE_SECONDS,
    )

    assert paints.events == _RATE * _SECONDS
    assert len(paints.delays) == paints.events
