"""A thread by WhatsApp: what is sent is shown as what it is, and a quote leads to its message."""

import asyncio
from itertools import count
from urllib.parse import urlencode

from playwright.async_api import Page, expect

from app.ids import new_id, new_token
from browser.desks import PHONE, WIDE, Customer, until_live
from browser.test_axe import check
from domain.channel import Channel
from domain.webhook_url import webhook_url
from store.channels import StoredChannel, insert_channel
from store.database import connect

OWN, ANN = "whatsapp:+14155238886", "whatsapp:+14155550123"
_PLACE = {
    "MessageType": "location",
    "Latitude": "48.208176",
    "Longitude": "16.373819",
    "Label": "Café Central",
    "Address": "Herrengasse 14, Wien",
}
_BUTTON = {"MessageType": "interactive", "ButtonText": "Yes, please"}
_PATIENCE_SECONDS = 120.0
_A_DAY_LATER = """
    UPDATE messages SET sent_at = sent_at - '1 day'::interval,
        received_at = received_at - '1 day'::interval
    WHERE customer_id = %s
"""
_NUMBERS = count(1)


async def whatsapp_channel(customer: Customer) -> Channel:
    channel = Channel(
        customer_id=customer.id,
        id=new_id(),
        token=new_token(),
        kind="sms",
        provider="twilio",
        name="support-whatsapp",
        own_address=OWN,
        region="US",
        signature_mode="off",
    )
    async with await connect(customer.processes.database_url, "tests") as conn:
        await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
    return channel


async def write(customer: Customer, channel: Channel, body: str, **fields: str) -> str:
    """Let Ann write; return the id of Twilio's."""
    sid = f"SM{next(_NUMBERS):032d}"
    form = {"MessageSid": sid, "From": ANN, "To": OWN, "Body": body, "ProfileName": "Ann Lee"}
    response = await customer.client.post(
        webhook_url(customer.processes.url, channel),
        content=urlencode({"MessageType": "text"} | form | fields),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 200, response.text
    return sid


async def write_all(customer: Customer) -> None:
    channel = await whatsapp_channel(customer)
    first = await write(customer, channel, "Hi, do you deliver to the café today?")
    await write(customer, channel, "", **_PLACE)
    await write(customer, channel, "Yes, please", **_BUTTON, OriginalRepliedMessageSid=first)
    await write(customer, channel, "The side door", OriginalRepliedMessageSid=first)
    await write(customer, channel, "👍", MessageType="reaction", OriginalRepliedMessageSid=first)
    await write(customer, channel, "", MessageType="poll")
    await write(customer, channel, "Thank you!")


async def open_thread(page: Page) -> None:
    row = page.locator(".row", has_text="Ann Lee")
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await row.count():
            await page.reload()
    await row.locator("a").click()
    await page.wait_for_selector("#composer")


async def test_a_thread_shows_what_is_sent_and_a_quote_leads_to_it(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await until_live(page)
    await write_all(customer)
    await open_thread(page)
    items = page.locator("#items > .message")
    await expect(items).to_have_count(7)
    place = page.get_by_role("link", name="https://www.openstreetmap.org/")
    await expect(place).to_have_attribute(
        "href",
        "https://www.openstreetmap.org/?mlat=48.208176&mlon=16.373819",
    )
    await expect(page.locator(".choice")).to_contain_text("Tapped a button")
    await expect(page.locator(".reaction")).to_contain_text("👍Ann Lee reacted to Hi, do you")
    await expect(page.locator(".unsupported")).to_contain_text("which cannot be shown here")
    await check(page, "a thread by WhatsApp")
    quote = page.locator(".choice .quote")
    await quote.focus()
    await page.keyboard.press("Enter")
    await expect(items.first).to_be_focused()
    assert "#" not in page.url
    for size in (WIDE, PHONE, (320, 640)):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]


async def test_the_composer_is_off_until_they_write_again(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await until_live(page)
    channel = await whatsapp_channel(customer)
    await write(customer, channel, "Hi")
    await open_thread(page)
    window, send = page.locator("#window"), page.get_by_role("button", name="Send", exact=True)
    await expect(window).to_contain_text("WhatsApp takes an answer until")
    await expect(send).to_be_enabled()
    async with await connect(customer.processes.database_url, "tests") as conn:
        await conn.execute(_A_DAY_LATER, (customer.id,))
    await page.reload()
    await page.wait_for_selector("#composer")
    await expect(window).to_contain_text("WhatsApp takes no answer any more")
    await expect(send).to_be_disabled()
    await check(page, "a thread that WhatsApp takes no answer in")
    await page.fill("#text", "Too late")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".toast")).to_contain_text("until they write again")
    await expect(page.locator("#text")).to_have_value("Too late")
    await until_live(page)
    await write(customer, channel, "Still there?")
    await expect(window).to_contain_text("WhatsApp takes an answer until")
    await expect(send).to_be_enabled()


async def test_a_quote_leads_there_without_scripts(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", scripts=False)
    await write_all(customer)
    await open_thread(page)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await page.locator("#items > .message").count() < 7:
            await page.reload()
    await page.locator(".choice .quote").click()
    await expect(page.locator(".message:target")).to_contain_text("do you deliver")
