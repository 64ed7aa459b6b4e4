"""A thread asks whether a text is an opt-out, and two buttons answer it."""

import asyncio

from playwright.async_api import expect

from browser.desks import Customer, until_live
from browser.test_axe import check

_PATIENCE_SECONDS = 120.0


async def test_somebody_says_by_key_whether_a_text_is_an_opt_out(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await customer.text("+14155550123", "please stop texting me")
    await until_live(page)
    view = page.get_by_role("link", name="May opt out")
    await expect(view).to_contain_text("1")
    await view.click()
    await page.locator(".row", has_text="stop texting me").locator("a").click()
    await page.wait_for_selector("#composer")
    asked = page.get_by_role("group", name="Is this an opt-out?")
    await expect(asked).to_contain_text("This may be an opt-out")
    await check(page, "a thread that asks whether a text is an opt-out")
    await asked.get_by_role("button", name="Not an opt-out").focus()
    await page.keyboard.press("Enter")
    await expect(asked).to_have_count(0)
    await expect(page.locator(".suppressed")).to_have_count(0)

    await customer.text("+14155550123", "take me off your list")
    await expect(asked).to_have_count(1)
    await asked.get_by_role("button", name="Opt out", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".suppressed")).to_contain_text("opted out of texts from this")
    await expect(asked).to_have_count(0)
    await expect(page.locator("#side")).to_contain_text("Opted out recorded by hand")
    await check(page, "a thread with somebody who was opted out by hand")


async def test_it_is_answered_without_scripts(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", scripts=False)
    await customer.text("+14155550123", "please stop texting me")
    row = page.locator(".row", has_text="stop texting me")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await row.count():
            await page.reload()
    await row.locator("a").click()
    await page.get_by_role("button", name="Opt out", exact=True).click()
    await expect(page.locator(".suppressed")).to_contain_text("opted out of texts from this")
    await expect(page.get_by_role("group", name="Is this an opt-out?")).to_have_count(0)


async def test_what_was_said_in_another_way_is_recorded_by_key(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await customer.text("+14155550123", "Hello")
    await until_live(page)
    await page.locator(".row", has_text="Hello").locator("a").click()
    await page.wait_for_selector("#composer")
    await page.get_by_label("More actions").focus()
    await page.keyboard.press("Enter")
    record = page.get_by_role("button", name="Opt out of texts")
    await check(page, "a thread whose menu offers to record an opt-out")
    await record.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".suppressed")).to_contain_text("opted out of texts from this")
    await expect(page.locator("#side")).to_contain_text("Opted out recorded by hand")
    await page.get_by_label("More actions").focus()
    await page.keyboard.press("Enter")
    await expect(record).to_have_count(0)
