"""Without JavaScript the list, the thread and the reply are links and forms."""

import asyncio

from playwright.async_api import expect

from browser.desks import ARRIVED, Customer

_PATIENCE_SECONDS = 120.0


async def test_an_agent_reads_replies_and_closes(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", scripts=False)
    await customer.text("+14155550101", "Where is my parcel?")
    row = page.locator(".row", has_text="parcel")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await row.count():
            await page.reload()
    await expect(page.locator("#strip")).to_contain_text("Reload to see what is new")

    await row.locator("a").click()
    await expect(page.locator("#items .message")).to_contain_text("Where is my parcel?")
    await expect(page.locator(".js-only:visible")).to_have_count(0)
    await page.fill("#text", "It comes tomorrow")
    await page.get_by_role("button", name="Send", exact=True).click()
    reply = page.locator("#items .message.outbound")
    await expect(reply).to_contain_text("It comes tomorrow")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not ARRIVED.search(await reply.locator(".delivery").inner_text()):
            await page.reload()
    await expect(reply.locator(".delivery")).to_have_text(ARRIVED)
    assert customer.provider.taken_of(customer.sms) == 1

    await page.get_by_role("button", name="Close", exact=True).click()
    await expect(page.locator("#thread-status")).to_have_text("Closed")
