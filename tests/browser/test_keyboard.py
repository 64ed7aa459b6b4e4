"""An agent's whole day without a mouse: read, reply, assign, close, snooze, tag, search."""

from playwright.async_api import Locator, Page, expect

from browser.desks import ARRIVED, Customer, press, until_live

_FOCUSED = "document.activeElement?.closest('.row')?.dataset.id ?? ''"


async def _with_three(customer: Customer) -> Page:
    page = await customer.sit_down("Maya Okafor")
    await customer.text("+14155550101", "Is the store open on Sunday?")
    await customer.text("+14155550102", "I was charged twice")
    await customer.text("+14155550103", "Where is my parcel?")
    await until_live(page)
    await expect(page.locator(".row")).to_have_count(3)
    return page


def _row(page: Page, text: str) -> Locator:
    return page.locator(".row", has_text=text)


async def _open(page: Page, text: str) -> None:
    """Walk to a row with `j` and open it."""
    wanted = await _row(page, text).get_attribute("data-id")
    for _ in range(5):
        if await page.evaluate(_FOCUSED) == wanted:
            break
        await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#thread-title")).to_be_visible()
    await expect(page).to_have_url(f"{page.url.split('/inbox')[0]}/inbox/c/{wanted}?view=open")
    await page.wait_for_selector("#composer")


async def test_a_reply_is_written_sent_and_delivered(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")

    await page.keyboard.press("r")
    await page.keyboard.type("It comes tomorrow before noon")
    await page.keyboard.press("Control+Enter")

    bubble = page.locator("#items .message.outbound", has_text="tomorrow before noon")
    await expect(bubble).to_have_count(1)
    await expect(page.locator("#text")).to_have_value("")
    await expect(bubble.locator(".delivery")).to_have_text(ARRIVED, timeout=120_000)
    assert customer.provider.taken_of(customer.sms) == 1


async def test_a_reply_is_taken_back(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")

    await press(page, "r")
    await page.keyboard.type("It is lost")
    await page.keyboard.press("Control+Enter")
    undo = page.locator(".toast", has_text="Reply to").get_by_role("button", name="Undo")
    await undo.focus()
    await page.keyboard.press("Enter")

    await expect(page.locator("#text")).to_have_value("It is lost")
    await expect(page.locator("#items .message.canceled")).to_have_count(1)
    assert customer.provider.taken_of(customer.sms) == 0


async def test_a_conversation_is_taken_handed_over_and_left_to_nobody(customer: Customer) -> None:
    await customer.add_agent("Jonas Lindqvist")
    page = await _with_three(customer)
    await _open(page, "parcel")
    assign = page.locator("[data-menu=assign] summary")

    await page.keyboard.press("m")
    await expect(assign).to_contain_text("Assigned to Maya Okafor")
    await expect(_row(page, "parcel")).to_contain_text("Assigned to Maya Okafor")
    await page.keyboard.press("a")
    await press(page, ["ArrowDown"] * 3)
    while "Jonas" not in await page.evaluate("document.activeElement.textContent"):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(assign).to_contain_text("Assigned to Jonas Lindqvist")
    await page.keyboard.press("a")
    await page.keyboard.press("ArrowUp")
    while "Nobody" not in await page.evaluate("document.activeElement.textContent"):
        await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(assign).to_contain_text("Assign to somebody")


async def test_a_conversation_is_closed_and_opened_again(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")
    status = page.locator("#thread-status")

    await page.keyboard.press("e")
    await expect(status).to_have_text("Closed")
    await expect(_row(page, "parcel")).to_have_count(0)
    await page.keyboard.press("e")
    await expect(status).to_have_text("Open")
    await expect(_row(page, "parcel")).to_have_count(1)
    await page.keyboard.press("u")
    await expect(_row(page, "parcel").locator(".row-link")).to_be_focused()
    await page.keyboard.press("e")
    await expect(_row(page, "parcel")).to_have_count(0)
    await expect(_row(page, "charged").locator(".row-link")).to_be_focused()


async def test_send_and_close(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")

    await page.keyboard.press("r")
    await page.keyboard.type("It was delivered this morning")
    await page.keyboard.press("Control+Shift+Enter")

    await expect(page.locator("#thread-status")).to_have_text("Closed")
    await expect(page.locator("#items .message.outbound")).to_have_count(1)


async def test_a_conversation_is_snoozed(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")

    await page.keyboard.press("z")
    await page.keyboard.press("Enter")

    await expect(page.locator("#thread-status")).to_have_text("Snoozed")
    await expect(page.locator(".toast")).to_contain_text("Snoozed until")


async def test_a_conversation_is_tagged_and_untagged(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "charged")

    await page.keyboard.press("t")
    await page.keyboard.type("billing")
    await page.keyboard.press("Enter")
    await expect(_row(page, "charged").locator(".tag")).to_have_text(["billing"])
    await expect(page.locator("#side .tag")).to_have_text(["billing"])
    await expect(page.locator("[data-menu=tag] .menu-list")).to_contain_text("billing")
    await page.keyboard.press("t")
    await press(page, ["ArrowDown", "Enter"])
    await expect(_row(page, "charged").locator(".tag")).to_have_count(0)


async def test_a_note_is_added(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "charged")

    await page.keyboard.press("n")
    await page.keyboard.type("The bank confirms it")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator("#items .note")).to_contain_text("The bank confirms it")
    assert customer.provider.taken_of(customer.sms) == 0


async def test_a_search_finds_a_message(customer: Customer) -> None:
    page = await _with_three(customer)
    await customer.until_findable(page, 3)

    await page.keyboard.press("/")
    await page.keyboard.type("charged")
    await page.keyboard.press("Enter")

    await expect(page.locator(".row")).to_have_count(1)
    await expect(page.locator(".row mark")).to_have_text(["charged"])
    assert "q=charged" in page.url
    await page.keyboard.press("Escape")
    await press(page, ["j", "Enter"])
    await expect(page.locator("#items .message")).to_contain_text("I was charged twice")


async def test_reading_and_stepping(customer: Customer) -> None:
    page = await _with_three(customer)
    await expect(page.locator(".row.is-unread")).to_have_count(3)
    await _open(page, "parcel")

    await expect(page.locator(".row.is-unread")).to_have_count(2)
    await page.keyboard.press("U")
    await expect(page.locator(".row.is-unread")).to_have_count(3)
    await page.keyboard.press("]")
    await expect(page.locator("#items .message")).to_contain_text("I was charged twice")
    await page.keyboard.press("[")
    await expect(page.locator("#items .message")).to_contain_text("Where is my parcel?")
    await press(page, ["g", "m"])
    await expect(page.locator("#list-title")).to_have_text("Mine")


async def test_several_are_closed_together(customer: Customer) -> None:
    page = await _with_three(customer)

    await press(page, ["j", "x", "j", "Shift+X"])
    await expect(page.locator("#bulk-count")).to_contain_text("2")
    await page.keyboard.press("e")

    await expect(page.locator(".row")).to_have_count(1)
    await expect(page.locator(".row .row-link")).to_be_focused()


async def test_closing_leads_to_the_neighbours(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "charged")

    await page.keyboard.press("e")
    await expect(_row(page, "charged")).to_have_count(0)
    await page.keyboard.press("]")
    await expect(page.locator("#items .message")).to_contain_text("Is the store open")


async def test_a_draft_stays_with_its_conversation(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")

    await page.keyboard.press("r")
    await page.keyboard.type("We are looking")
    await press(page, ["Escape", "]"])
    await expect(page.locator("#items .message")).to_contain_text("I was charged twice")
    await expect(page.locator("#text")).to_have_value("")
    await page.keyboard.press("[")
    await expect(page.locator("#items .message")).to_contain_text("Where is my parcel?")
    await expect(page.locator("#text")).to_have_value("We are looking")
    await page.reload()
    await expect(page.locator("#text")).to_have_value("We are looking")


async def test_a_command_is_found_in_the_palette(customer: Customer) -> None:
    page = await _with_three(customer)
    await _open(page, "parcel")

    await page.keyboard.press("Control+k")
    await page.keyboard.type("take it")
    await page.keyboard.press("Enter")

    await expect(_row(page, "parcel")).to_contain_text("Assigned to Maya Okafor")
