"""What others do shows by itself, and never under the hands of whoever reads."""

import re

from playwright.async_api import Page, expect

from browser.desks import Customer, until_live

ANN, BEN, CEM = "+14155550101", "+14155550102", "+14155550103"
_NAMES = "[...document.querySelectorAll('.row-name')].map((one) => one.textContent.trim())"


async def _with_three(customer: Customer) -> Page:
    page = await customer.sit_down("Maya Okafor")
    await until_live(page)
    for who in (CEM, BEN, ANN):
        await customer.text(who, f"Hello from {who[-3:]}")
    await expect(page.locator(".row")).to_have_count(3)
    return page


async def test_rows_arrive_in_the_order_in_which_a_reload_shows_them(customer: Customer) -> None:
    page = await _with_three(customer)

    assert await page.evaluate(_NAMES) == [ANN, BEN, CEM]


async def test_a_row_is_rewritten_in_place_while_the_list_is_in_use(customer: Customer) -> None:
    page = await _with_three(customer)
    await page.keyboard.press("j")
    await expect(page.locator(".row-link").first).to_be_focused()

    await customer.text(CEM, "Are you there?")

    await expect(page.locator(".row").last).to_contain_text("Are you there?")
    assert await page.evaluate(_NAMES) == [ANN, BEN, CEM]
    await expect(page.locator(".row-link").first).to_be_focused()
    await expect(page.locator("#held button")).to_have_text(re.compile("1 updated"))
    await page.keyboard.press(".")
    await expect(page.locator(".row").first).to_contain_text("Are you there?")
    assert await page.evaluate(_NAMES) == [CEM, ANN, BEN]
    await expect(page.locator("#held button")).to_be_hidden()


async def test_rows_move_by_themselves_while_nobody_is_in_the_list(customer: Customer) -> None:
    page = await _with_three(customer)

    await customer.text(CEM, "Are you there?")

    await expect(page.locator(".row").first).to_contain_text("Are you there?")
    assert await page.evaluate(_NAMES) == [CEM, ANN, BEN]
    await expect(page).to_have_title(re.compile(r"^\(3\) "))


async def test_an_open_thread_grows_and_keeps_its_place(customer: Customer) -> None:
    page = await _with_three(customer)
    for number in range(25):
        await customer.text(ANN, f"Line {number}")
    await page.locator(".row", has_text="Line 24").locator("a").click()
    await expect(page.locator("#items .message", has_text="Line 24")).to_be_visible()
    scroller = page.locator("#thread-scroll")
    await scroller.evaluate("(box) => { box.scrollTop = 0 }")

    await customer.text(ANN, "One more")

    await expect(page.locator("#jump")).to_have_text(re.compile("1 new message"))
    assert await scroller.evaluate("(box) => box.scrollTop") == 0
    await page.click("#jump")
    await expect(page.locator("#items .message").last).to_be_in_viewport()
    await expect(page.locator("#jump")).to_be_hidden()
    await customer.text(ANN, "And another")
    await expect(page.locator("#items .message").last).to_contain_text("And another")
    await expect(page.locator("#items .message").last).to_be_in_viewport()


async def test_two_agents_meet(customer: Customer) -> None:
    maya = await _with_three(customer)
    jonas = await customer.sit_down("Jonas Lindqvist")
    await until_live(jonas)
    for page in (maya, jonas):
        await page.locator(".row", has_text=ANN).locator("a").click()
        await page.wait_for_selector("#composer")
    await expect(maya.locator("#presence")).to_have_text("Jonas Lindqvist is here too")

    await jonas.locator("#text").press_sequentially("I look into it")
    await expect(maya.locator("#presence")).to_have_text("Jonas Lindqvist is writing")
    await maya.fill("#text", "We look into it")
    await jonas.keyboard.press("Control+Enter")

    await expect(maya.locator("#conflict")).to_contain_text("Jonas Lindqvist replied")
    await maya.press("#text", "Control+Enter")
    await expect(maya.locator("#ask")).to_contain_text("Send anyway?")
    await maya.keyboard.press("Escape")
    await expect(maya.locator("#ask")).to_be_hidden()
    await expect(maya.locator("#text")).to_have_value("We look into it")
    await maya.press("#text", "Control+Enter")
    await expect(maya.locator("#ask")).to_be_visible()
    await maya.keyboard.press("Enter")
    for page in (maya, jonas):
        await expect(page.locator("#items .message.outbound")).to_have_count(2)


async def test_the_second_to_take_it_is_told_who_has_it(customer: Customer) -> None:
    maya = await _with_three(customer)
    jonas = await customer.sit_down("Jonas Lindqvist")
    await until_live(jonas)
    row = jonas.locator(".row", has_text=ANN)
    await row.locator("a").click()
    await jonas.wait_for_selector("#composer")
    # Both press at once: what Maya did has not come to Jonas yet.
    await jonas.context.set_offline(True)
    await maya.locator(".row", has_text=ANN).locator("a").click()
    await maya.wait_for_selector("#composer")
    await maya.keyboard.press("m")
    await expect(maya.locator("[data-menu=assign]")).to_contain_text("Assigned to Maya Okafor")
    await jonas.context.set_offline(False)
    await jonas.keyboard.press("m")

    await expect(jonas.locator("#ask")).to_contain_text("Maya Okafor has this conversation")
    await jonas.keyboard.press("Escape")
    await expect(row).to_contain_text("Assigned to Maya Okafor")
