"""A thread says that nothing is sent to somebody, as it happens, and a form ends it."""

import asyncio

from playwright.async_api import expect

from browser.desks import Customer, until_live
from browser.test_axe import check

_PATIENCE_SECONDS = 120.0


async def test_a_bounce_shows_in_the_open_thread_and_is_lifted_by_key(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await customer.mail("Ann Lee <ann@example.org>", "Broken lid", "Hello")
    await until_live(page)
    await page.locator(".row", has_text="Broken lid").locator("a").click()
    await page.wait_for_selector("#composer")
    await expect(page.locator(".suppressed")).to_have_count(0)

    await customer.bounce("ann@example.org")
    await expect(page.locator(".suppressed")).to_contain_text("Nothing is sent to ann@example.org")
    await expect(page.locator("#side")).to_contain_text("Nothing is sent here")
    await check(page, "a thread with somebody who is suppressed")
    await page.fill("#text", "It comes tomorrow")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".toast")).to_contain_text("cannot be written to")

    button = page.get_by_role("button", name="Write there again (ann@example.org)")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".suppressed")).to_have_count(0)
    await expect(page.locator("#thread-title")).to_contain_text("Broken lid")
    await check(page, "a thread with somebody who is written to again")


async def test_an_opt_out_is_lifted_by_key_after_a_question(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await customer.text("+14155550123", "STOP")
    await until_live(page)
    await page.locator(".row", has_text="STOP").locator("a").click()
    await page.wait_for_selector("#composer")
    await expect(page.locator(".suppressed")).to_contain_text("opted out of texts from this")
    agreed = page.get_by_role("button", name="They have agreed again")
    await expect(agreed).to_be_hidden()
    await check(page, "a thread with somebody who has opted out")
    await page.locator(".suppressed summary").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".suppressed")).to_contain_text("Only if they have agreed")
    await check(page, "a thread that asks before an opt-out is lifted")
    await agreed.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".suppressed")).to_have_count(0)


async def test_it_is_lifted_without_scripts(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", scripts=False)
    await customer.mail("Ann Lee <ann@example.org>", "Broken lid", "Hello")
    await customer.bounce("ann@example.org")
    row = page.locator(".row", has_text="Broken lid")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await row.count():
            await page.reload()
    await row.locator("a").click()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await page.locator(".suppressed").count():
            await page.reload()
    await page.fill("#text", "It comes tomorrow")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("main")).to_contain_text("cannot be written to")
    await page.go_back()
    await page.get_by_role("button", name="Write there again").click()
    await expect(page.locator(".suppressed")).to_have_count(0)
    await expect(page.locator("#thread-title")).to_contain_text("Broken lid")
