"""axe finds nothing wrong in any state of the page, light or dark, wide or narrow."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from browser.desks import PHONE, Customer, log_in, until_live

_AXE = Path(__file__).parent / "axe" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (rules) => (await axe.run(document, { runOnly: rules })).violations.map((one) =>
  `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`)}`)"""
_WIDTH = "document.documentElement.scrollWidth"
_NOWHERE = "/inbox/c/0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11"
_HTML = (
    "<h2>Hello</h2><p>This is <b>HTML</b>. <a href='https://example.com'>A link</a></p>"
    "<img src='https://example.com/x.png' alt='logo'>"
)


async def check(page: Page, state: str) -> None:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    assert await page.evaluate(_RUN, _RULES) == [], state


async def _furnish(customer: Customer) -> None:
    await customer.mail("Ann Lee <ann@example.org>", "Broken lid", _HTML)
    await customer.mail("Cem Ay <cem@example.org>", "Invoice", "Hello\n\n> quoted\n> text\n")
    await customer.text("+14155550101", "Is the store open on Sunday?")
    await customer.text("+14155550102", "Where is my parcel?")


async def test_login(customer: Customer) -> None:
    page = await customer.open_page(bypass_csp=True)
    await page.goto("/inbox")
    await check(page, "login")
    await log_in_wrongly(page)
    await check(page, "login refused")


async def log_in_wrongly(page: Page) -> None:
    await page.fill("#key", "inlet_unknown")
    await page.press("#key", "Enter")
    await page.wait_for_selector("#problem")


async def test_nothing_has_come_in_yet(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await page.wait_for_selector("#empty")
    await check(page, "first run")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_inbox(customer: Customer, scheme: str) -> None:
    page = await customer.sit_down(
        "Maya Okafor", scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    await customer.add_agent("Jonas Lindqvist")
    await _furnish(customer)
    await page.reload()
    await until_live(page)
    await page.wait_for_function("document.querySelectorAll('.row').length === 4")
    await check(page, "list")
    await page.locator(".row", has_text="parcel").locator("a").click()
    await page.wait_for_selector("#composer")
    await check(page, "SMS thread")
    await page.keyboard.press("n")
    await page.fill("#text", "She called twice today")
    await check(page, "note mode")
    await page.click("#composer button.as-note:not([data-mode])")
    await page.wait_for_selector("#items .note")
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await page.fill("#text", "It comes tomorrow")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".toast")
    await check(page, "note, reply and toast")
    await page.locator(".row", has_text="Broken lid").locator("a").click()
    await page.wait_for_selector("#items iframe")
    await check(page, "HTML mail thread")
    await page.locator(".row", has_text="Invoice").locator("a").click()
    await page.wait_for_selector("#items .quoted")
    await check(page, "plain mail thread")
    file = FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7")
    await page.set_input_files("#composer-pick", [file])
    await page.wait_for_selector("#composer-files .file-size")
    await check(page, "reply with a file")


async def test_what_opens_above_it(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await _furnish(customer)
    await page.locator(".row", has_text="parcel").locator("a").click()
    await page.wait_for_selector("#composer")
    for menu in ("assign", "snooze", "tag", "more"):
        await page.click(f"[data-menu={menu}] summary")
        await check(page, f"menu {menu}")
        await page.keyboard.press("Escape")
    for key, dialog in (("?", "sheet"), ("Control+k", "palette")):
        await page.keyboard.press(key)
        await page.wait_for_selector(f"#{dialog}[open]")
        await check(page, dialog)
        await page.keyboard.press("Escape")
    await page.click("[data-do=preferences]")
    await check(page, "preferences")
    await page.keyboard.press("Escape")
    await page.locator(".row-check").first.check(force=True)
    await page.wait_for_selector("#bulk:not([hidden])")
    await check(page, "selection")


async def test_what_is_not_there(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await _furnish(customer)
    await page.goto("/inbox?view=open&q=zzzz")
    await page.wait_for_selector("#empty")
    await check(page, "no result")
    await page.goto("/inbox?view=mine")
    await page.wait_for_selector("#empty")
    await check(page, "nothing of mine")
    await page.goto(_NOWHERE)
    await check(page, "404")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone(customer: Customer, scheme: str) -> None:
    page = await customer.sit_down(
        "Maya Okafor", PHONE, scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    await _furnish(customer)
    await page.wait_for_selector(".row")
    await expect(page.locator(".view.is-current")).to_be_in_viewport(ratio=1)
    await check(page, "phone list")
    await page.locator(".row", has_text="parcel").locator("a").click()
    await page.wait_for_selector("#composer")
    await check(page, "phone thread")
    await page.click(".side-open")
    await page.wait_for_selector(".side-close")
    await check(page, "phone contact")
    await page.set_viewport_size({"width": 320, "height": 568})
    assert await page.evaluate(_WIDTH) == 320
    await page.goto("/inbox")
    await page.wait_for_selector(".row")
    assert await page.evaluate(_WIDTH) == 320


async def test_writing_to_somebody_anew(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor", bypass_csp=True)
    await page.goto("/inbox/new")
    await page.wait_for_selector("form.new-message")
    await check(page, "new message")


async def test_a_key_that_may_only_read(customer: Customer) -> None:
    page = await customer.open_page(bypass_csp=True)
    await _furnish(customer)
    await log_in(page, await customer.add_agent("Nadia Haddad", "analyst"))
    await page.locator(".row a").first.click()
    await page.wait_for_selector(".composer-closed")
    await check(page, "thread that may only be read")
