"""The contract as a page: axe, a narrow screen, the keyboard, no scripts and no key."""

from typing import Literal

import pytest
from playwright.async_api import expect

from browser.desks import Customer
from browser.test_axe import check

_OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
_WIDTH = "document.documentElement.scrollWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_sound_and_fits_a_narrow_screen(
    customer: Customer, scheme: Literal["light", "dark"]
) -> None:
    page = await customer.open_page((320, 640), scheme=scheme, bypass_csp=True)
    await page.goto("/api/docs")
    assert await page.evaluate(_WIDTH) == 320
    await page.evaluate(_OPEN_ALL)
    assert await page.evaluate(_WIDTH) == 320
    await check(page, "everything open")


async def test_it_is_read_by_keyboard_and_without_scripts(customer: Customer) -> None:
    page = await customer.open_page(scripts=False)
    await page.goto("/api/docs")
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Skip to the operations")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    first = page.locator("details.operation").first
    await expect(first.get_by_role("heading", name="Answers")).to_be_visible()
    await first.get_by_role("link", name="ConversationPage").click()
    assert page.url.endswith("#schema-ConversationPage")
