"""The pages of hooks in a browser: axe finds nothing, and the answer to a test comes by itself."""

from flows import values
from playwright.async_api import Page, expect

from browser.desks import PHONE, WIDE, Customer, log_in
from browser.test_axe import check
from store.database import connect

_WIDTH = "document.documentElement.scrollWidth"


async def _check(page: Page, state: str) -> None:
    """Look at it dark and light, on a phone and as narrow as it may get."""
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await check(page, f"{state}, dark phone")
    await page.set_viewport_size({"width": 320, "height": 568})
    assert await page.evaluate(_WIDTH) == 320, state
    await page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    await page.emulate_media(color_scheme="light")
    await check(page, state)


async def test_a_hook_from_its_first_form_to_its_answers(customer: Customer) -> None:
    """With the keyboard where it matters; the receiver has no such path, and answers 404."""
    page = await customer.open_page(WIDE, bypass_csp=True)
    await log_in(page, await customer.add_agent("Maya Okafor", "admin"))
    await page.goto("/ops/hooks")
    await _check(page, "no hooks")
    await page.goto("/ops/hooks/new")
    await page.get_by_label("URL").fill(f"{customer.provider.url}/nothing")
    await page.get_by_role("button", name="Make the hook").click()
    await expect(page.locator("#p-types")).to_be_visible()
    await _check(page, "form that is refused")
    await page.get_by_label("message.received.v1").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await expect(page.locator("#secret")).to_contain_text("whsec_")
    await _check(page, "secret")
    await page.get_by_role("button", name="Send a test").press("Enter")
    await expect(page.locator("table")).to_contain_text("404")
    assert "ping.v1" in (await page.locator("h1").text_content() or "")
    await _check(page, "answer")
    await page.locator(".trail a").last.click()
    await expect(page.locator(".notice.warn")).to_contain_text("failed")
    await _check(page, "hook that fails")
    await page.get_by_label("Happened from").fill("2026-01-01T00:00:00")
    await page.get_by_label("Until").fill("2099-01-01T00:00:00")
    await page.get_by_role("button", name="Replay").click()
    await expect(page.locator("h1")).to_have_text("Replay this span?")
    await page.goto("/ops/hooks")
    await _check(page, "hooks")
    async with await connect(customer.processes.database_url, "tests") as conn:
        found = b"SELECT failing_since IS NOT NULL FROM hooks"
        assert await values(conn, found) == [True]
        await conn.execute("DELETE FROM hook_attempts")
        await conn.execute("DELETE FROM hook_deliveries")
        await conn.execute("DELETE FROM hooks")
