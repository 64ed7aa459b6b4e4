"""Files that go with a reply: picked, pasted, taken off, sent, and there again after an undo."""

from playwright.async_api import FilePayload, Page, expect

from browser.desks import ARRIVED, Customer, until_live

_PDF = FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 one")
_TEXT = FilePayload(name="terms of use.txt", mimeType="text/plain", buffer=b"two")
_PASTE = """() => {
  const data = new DataTransfer();
  data.items.add(new File(["pixels"], "shot.png", { type: "image/png" }));
  const pasted = { clipboardData: data, bubbles: true, cancelable: true };
  document.querySelector("#text").dispatchEvent(new ClipboardEvent("paste", pasted));
}"""


async def _opened(customer: Customer) -> Page:
    page = await customer.sit_down("Maya Okafor")
    await customer.mail("Ann Lee <ann@example.org>", "Invoice", "May I have it as a file?")
    await until_live(page)
    await page.locator(".row", has_text="Invoice").click()
    await page.wait_for_selector("#composer")
    return page


async def test_files_are_attached_taken_off_and_sent(customer: Customer) -> None:
    page = await _opened(customer)
    files = page.locator("#composer-files li")
    await page.set_input_files("#composer-pick", [_PDF, _TEXT])
    await expect(files).to_have_count(2)
    await page.evaluate(_PASTE)
    await expect(files).to_have_count(3)
    await expect(files.locator(".file-size")).to_have_count(3)
    await page.get_by_role("button", name="Take terms of use.txt off").click()
    await expect(files).to_have_count(2)

    await page.fill("#text", "Here it is")
    await page.keyboard.press("Control+Enter")
    await expect(files).to_have_count(0)
    sent = page.locator("#items .message.outbound", has_text="Here it is")
    await expect(sent.locator(".attachments bdi")).to_have_text(["invoice.pdf", "shot.png"])
    await expect(sent.locator(".delivery")).to_have_text(ARRIVED, timeout=120_000)


async def test_files_are_kept_with_a_draft_and_come_back_with_what_is_taken_back(
    customer: Customer,
) -> None:
    page = await _opened(customer)
    files = page.locator("#composer-files li")
    await page.set_input_files("#composer-pick", [_PDF])
    await expect(files.locator(".file-size")).to_have_count(1)
    await page.reload()
    await expect(files).to_have_count(1)

    await page.fill("#text", "Too early")
    await page.keyboard.press("Control+Enter")
    await expect(files).to_have_count(0)
    await page.locator(".toast", has_text="Reply to").get_by_role("button", name="Undo").click()
    await expect(page.locator("#text")).to_have_value("Too early")
    await expect(files.locator("bdi")).to_have_text(["invoice.pdf"])


async def test_a_text_takes_no_files(customer: Customer) -> None:
    page = await customer.sit_down("Maya Okafor")
    await customer.text("+14155550101", "Is the store open on Sunday?")
    await until_live(page)
    await page.locator(".row").click()
    await page.wait_for_selector("#composer")
    await expect(page.locator("#composer-pick")).to_have_count(0)
