"""The operators' page in a browser: axe finds nothing, nothing is too wide, now stays true."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from flows import an_sms
from playwright.async_api import Page, expect

from app.clock import utc_now
from app.ids import new_id, new_token
from browser.desks import PHONE, WIDE, Customer, log_in
from domain.sealing import Sealer
from domain.webhook_url import webhook_url
from simulation import PLAYED
from store.channels import StoredChannel, insert_channel
from store.database import connect

_AXE = Path(__file__).parent / "axe" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (rules) => (await axe.run(document, { runOnly: rules })).violations.map((one) =>
  `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`)}`)"""
_WIDTH = "document.documentElement.scrollWidth"
_PLACES = ("", "/failures", "/jobs", "/audit", "/dead-letters", "/quarantine", "/events")
_MOST_LOOKS = 100
_NOWHERE = "/ops/jobs/0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11"


async def _check(page: Page, state: str) -> None:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    assert await page.evaluate(_RUN, _RULES) == [], state
    size = page.viewport_size
    assert size is not None
    assert await page.evaluate(_WIDTH) <= size["width"], state


async def _furnish(customer: Customer) -> None:
    """Let one message be processed, one be given up and one be refused."""
    await customer.text("+14155550101", "Is the store open on Sunday?")
    own = customer.channels["sms"]
    answer = await customer.client.post(
        webhook_url(customer.processes.url, own),
        content=b"junk",
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200
    signed = replace(
        own, id=new_id(), token=new_token(), name="signed", signature_mode="enforce",
        own_address="+14155550197", secrets=("the right secret",),
    )  # fmt: skip
    sealed = Sealer("a secret key of the tests").seal(signed.secrets, signed.secrets_place)
    async with await connect(customer.processes.database_url, "tests") as conn:
        await insert_channel(conn, StoredChannel(channel=signed, sealed_secrets=sealed))
    url = webhook_url(customer.processes.url, signed)
    forged = PLAYED["generic"].compose(
        an_sms("bad"), replace(signed, secrets=("another secret",)), url, utc_now()
    )
    headers = dict(forged.headers)
    answer = await customer.client.post(url, content=forged.body, headers=headers)
    assert answer.status_code == 401


async def _sit_down(
    customer: Customer,
    size: tuple[int, int] = WIDE,
    scheme: Literal["light", "dark"] = "light",
    *,
    bypass_csp: bool = False,
) -> Page:
    """Log in as somebody who may operate."""
    key = await customer.add_agent("Maya Okafor", "admin")
    page = await customer.open_page(size, scheme=scheme, bypass_csp=bypass_csp)
    await log_in(page, key)
    return page


async def _until_given_up(page: Page) -> None:
    for _ in range(_MOST_LOOKS):
        await page.goto("/ops/dead-letters")
        if await page.locator("a.row-link").count():
            return
    raise AssertionError("the dead letter does not show up")


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", PHONE)])
async def test_every_page(
    customer: Customer, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    page = await _sit_down(customer, size, scheme, bypass_csp=True)
    for path in _PLACES:
        await page.goto(f"/ops{path}")
        await _check(page, f"empty {path}")
    await _furnish(customer)
    await _until_given_up(page)
    for path in _PLACES:
        await page.goto(f"/ops{path}")
        await _check(page, path)
    await page.locator("a.row-link").first.click()
    await _check(page, "event")
    await page.get_by_role("button", name="Show it in the clear").click()
    await _check(page, "event in the clear")
    await page.goto("/ops/quarantine")
    await page.locator("a.row-link").first.click()
    await _check(page, "refused delivery")
    await page.get_by_role("link", name="Release").click()
    await _check(page, "question")
    await page.goto("/ops/events?since=yesterday&error_class=A%20B")
    await _check(page, "filters that cannot be read")
    await page.goto(_NOWHERE)
    await _check(page, "404")


async def test_a_dead_letter_is_given_up_by_hand(customer: Customer) -> None:
    page = await _sit_down(customer)
    await page.get_by_role("link", name="Operations").click()
    await expect(page.locator("h1")).to_have_text("Overview")
    await _furnish(customer)
    await _until_given_up(page)
    await page.get_by_role("checkbox", name="Choose all on this page").check()
    await page.get_by_role("button", name="Give the chosen up").click()
    await expect(page.locator("h1")).to_have_text("Give up 1 dead letter?")
    await page.get_by_label("Why").fill("a test of the provider")
    await page.get_by_role("button", name="Give up").click()
    await expect(page.locator(".notice")).to_contain_text("1 event given up")
    await page.goto("/ops/audit")
    await expect(page.locator("table")).to_contain_text("a test of the provider")


async def test_now_stays_true_by_itself(customer: Customer) -> None:
    page = await _sit_down(customer)
    await page.goto("/ops")
    before = await page.locator("#as-of").text_content()
    await expect(page.locator("#as-of")).not_to_have_text(before or "")
    await expect(page.locator("#old")).to_be_hidden()
    await page.route("**/ops/now", lambda route: route.abort())
    await expect(page.locator("#old")).to_be_visible()


async def test_without_scripts_everything_is_there(customer: Customer) -> None:
    page = await customer.open_page(scripts=False)
    key = await customer.add_agent("Maya Okafor", "admin")
    await page.goto("/ops/events")
    await page.fill("#key", key)
    await page.press("#key", "Enter")
    await expect(page.locator("h1")).to_have_text("Events")
    await page.get_by_label("Status").select_option("dead_letter")
    await page.get_by_role("button", name="Filter").first.click()
    assert "status=dead_letter" in page.url
    await expect(page.locator("#empty")).to_be_visible()
