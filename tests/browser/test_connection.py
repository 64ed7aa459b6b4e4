"""The connection goes and comes back: the page says so, and nothing is lost or sent twice."""

import re

from flows import record
from playwright.async_api import Page, Request, Route, expect

from app.clock import utc_now
from app.ids import new_id
from browser.desks import ARRIVED, Customer, until_live
from domain.message import InboundMessage, Recipient
from store.database import connect

ANN = "+14155550101"


async def _open_one(customer: Customer) -> Page:
    page = await customer.sit_down("Maya Okafor")
    await until_live(page)
    await customer.text(ANN, "Where is my parcel?")
    await page.locator(".row a").click()
    await page.wait_for_selector("#composer")
    return page


async def test_a_reply_without_a_connection_goes_out_once_when_it_is_back(
    customer: Customer,
) -> None:
    page = await _open_one(customer)
    posts: list[str] = []

    def count(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/messages"):
            posts.append(request.headers["idempotency-key"])

    page.on("request", count)
    await page.context.set_offline(True)
    await expect(page.locator("#strip")).to_have_attribute(
        "data-state", re.compile("reconnecting|stale")
    )
    await page.fill("#text", "It comes tomorrow")
    await page.press("#text", "Control+Enter")
    await expect(page.locator("#items .pending-send")).to_contain_text("Waits for a connection")
    await expect(page.locator(".toast")).to_contain_text("No connection")
    await page.context.set_offline(False)

    await until_live(page)
    await expect(page.locator("#items .message.outbound[data-id]")).to_have_count(1)
    await expect(page.locator("#items .pending-send")).to_have_count(0)
    bubble = page.locator("#items .message.outbound .delivery")
    await expect(bubble).to_have_text(ARRIVED, timeout=120_000)
    assert len(set(posts)) == 1
    assert customer.provider.taken_of(customer.sms) == 1


async def test_an_answer_that_got_lost_does_not_send_twice(customer: Customer) -> None:
    page = await _open_one(customer)
    lost: list[int] = []

    async def lose_the_first(route: Route) -> None:
        answer = await route.fetch()
        if not lost:
            lost.append(answer.status)
            await route.abort()
        else:
            await route.fulfill(response=answer)

    await page.route("**/api/conversations/*/messages", lose_the_first)
    await page.fill("#text", "It comes tomorrow")
    await page.press("#text", "Control+Enter")

    bubble = page.locator("#items .message.outbound[data-id]")
    await expect(bubble).to_have_count(1)
    await expect(page.locator("#items .pending-send")).to_have_count(0)
    await expect(bubble.locator(".delivery")).to_have_text(ARRIVED, timeout=120_000)
    assert lost == [202]
    assert customer.provider.taken_of(customer.sms) == 1


async def test_a_server_that_starts_anew_is_found_again(customer: Customer) -> None:
    page = await _open_one(customer)
    strip = page.locator("#strip")

    customer.processes.stop_web()
    await expect(strip).to_have_attribute("data-state", re.compile("reconnecting|stale"))
    await _written_meanwhile(customer, "Did you see this?")
    customer.processes.start_web()

    await until_live(page)
    await expect(page.locator("#items .message")).to_have_count(2)
    await expect(page.locator(".row")).to_contain_text("Did you see this?")


async def _written_meanwhile(customer: Customer, body: str) -> None:
    """Record an SMS as another web process would."""
    message = InboundMessage(
        kind="sms",
        provider_message_id=new_id(),
        sender=ANN,
        recipients=(Recipient(role="to", address=customer.sms.own_address),),
        body=body,
        sent_at=utc_now(),
    )
    async with await connect(customer.processes.database_url, "tests") as conn:
        await record(conn, customer.sms, message, received_at=utc_now())
