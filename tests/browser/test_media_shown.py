"""A picture of an MMS appears in the open thread; what cannot be fetched says so, with a button."""

import pytest
from playwright.async_api import Page, expect

from browser.desks import PHONE, Customer, until_live
from browser.test_axe import check

_NOWHERE = "https://127.0.0.1/secret.png"
_PATIENCE_MS = 120_000
# Looked up anew each time: a new message swaps the list, and the picture with it.
_IS_DRAWN = """() => {
  const picture = document.querySelector(".attachments .picture img");
  picture?.scrollIntoView();
  return picture?.complete && picture.naturalWidth === 320;
}"""
_WIDTH = "document.documentElement.scrollWidth"


async def _opened(page: Page, customer: Customer) -> None:
    await customer.text("+14155550101", "Hello")
    await until_live(page)
    await page.locator(".row", has_text="Hello").locator("a").click()
    await page.wait_for_selector("#composer")


async def _both_are_shown(page: Page) -> None:
    await page.wait_for_function(_IS_DRAWN, timeout=_PATIENCE_MS)
    failed = page.locator(".file-state.failed")
    await expect(failed).to_contain_text("Could not be fetched", timeout=_PATIENCE_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_picture_appears_and_what_failed_says_so(customer: Customer, scheme: str) -> None:
    page = await customer.sit_down(
        "Maya Okafor", PHONE, scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    await _opened(page, customer)
    kept = f"{customer.provider.url}/media/chair.png"
    await customer.text("+14155550101", "Look at this", kept, _NOWHERE)
    await _both_are_shown(page)
    await check(page, "media in a thread")
    await page.set_viewport_size({"width": 320, "height": 568})
    assert await page.evaluate(_WIDTH) == 320


async def test_the_button_tries_again_by_keyboard(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor")
    await _opened(page, customer)
    await customer.text("+14155550101", "Look at this", _NOWHERE)
    failed = page.locator(".file-state.failed")
    await expect(failed).to_be_visible(timeout=_PATIENCE_MS)
    button = page.get_by_role("button", name="Try again to fetch Attachment")
    await button.focus()
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await expect(page.locator(".attachments li")).to_have_count(1)
    await expect(failed).to_be_visible(timeout=_PATIENCE_MS)  # it is no place for media
