"""What strangers write is shown and does nothing: no script, no dialog, no request elsewhere."""

from playwright.async_api import Page, expect

from browser.desks import Customer, until_live

_EVIL = "https://evil.example"
_TEXT = f"<img src='{_EVIL}/a.png' onerror='alert(1)'><script>alert(2)</script>\u202egpj.exe"
_HTML = f"""<html><head><meta http-equiv="refresh" content="0;url={_EVIL}/refresh">
<base href="{_EVIL}/"><link rel="stylesheet" href="{_EVIL}/style.css">
<style>@import url({_EVIL}/import.css); body {{ background: url({_EVIL}/background.png) }}</style>
</head><body onload="alert(1)"><script>top.location = "{_EVIL}"; alert(2)</script>
<img src="{_EVIL}/pixel.png" onerror="alert(3)" srcset="{_EVIL}/wide.png 2x" alt="a pixel">
<div style="position: fixed; inset: 0; background: url('{_EVIL}/cover.png')">Cover</div>
<svg onload="alert(4)"><use href="{_EVIL}/u.svg#x"/></svg><iframe src="{_EVIL}/frame"></iframe>
<a href="javascript:alert(5)">Press here</a> <form action="{_EVIL}/form"><button>Go</button></form>
<video src="{_EVIL}/film.mp4" autoplay></video><object data="{_EVIL}/o.swf"></object>
<p>A plain sentence at the end</p></body></html>"""


async def _watched(customer: Customer) -> tuple[Page, list[str]]:
    """Sit down before a page whose requests elsewhere are noted, and go nowhere."""
    page = await customer.sit_down("Maya Okafor")
    requests: list[str] = []
    own = customer.processes.url

    def note(url: str) -> None:
        if not url.startswith((own, "data:")):
            requests.append(url)

    page.context.on("request", lambda request: note(request.url))
    await until_live(page)
    return page, requests


async def test_a_text_is_only_text(customer: Customer) -> None:
    page, requests = await _watched(customer)

    await customer.text("+14155550101", _TEXT)
    await page.locator(".row", has_text="<img src=").locator("a").click()

    await expect(page.locator("#items .message .text")).to_have_text(_TEXT)
    await expect(page.locator("#items img, #items script, .row img")).to_have_count(0)
    assert requests == []


async def test_a_mail_is_only_shown(customer: Customer) -> None:
    page, requests = await _watched(customer)

    await customer.mail('"<script>alert(9)</script>" <eve@example.org>', "<b>Hi</b>", _HTML)
    await page.locator(".row a").click()
    frame = page.frame_locator("#items iframe")

    await expect(frame.get_by_text("A plain sentence at the end")).to_be_visible()
    dangerous = frame.locator("script, svg, form, iframe, object, video, style:nth-of-type(2)")
    await expect(dangerous).to_have_count(0)
    await expect(page.locator("#thread-title")).to_have_text("<b>Hi</b>")
    await frame.get_by_text("Press here").click()
    assert page.url.startswith(customer.processes.url)
    assert len(page.context.pages) == 1
    assert requests == []


async def test_remote_images_come_when_they_are_asked_for(customer: Customer) -> None:
    page, requests = await _watched(customer)
    # Aborted, since nothing may leave this machine; that it was asked for is enough.
    await page.context.route(f"{_EVIL}/**", lambda route: route.abort())
    await customer.mail("Eve <eve@example.org>", "Hi", _HTML)
    await page.locator(".row a").click()
    await expect(page.frame_locator("#items iframe").get_by_text("at the end")).to_be_visible()
    assert requests == []

    async with page.expect_event("requestfailed", lambda request: request.url.startswith(_EVIL)):
        await page.click("[data-do=images]")

    assert requests == [f"{_EVIL}/pixel.png"]
