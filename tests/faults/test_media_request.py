"""Media are got from where they may be, in a bounded size, and credentials go to their hosts."""

import re
from collections.abc import Sequence

import httpx
import pytest
import respx
from media_fetching import PNG
from media_server import MediaServer, answer, giving, media_server

from domain.fetching_provider import NotFetched
from worker.fetching.guarded_transport import GuardedTransport, open_guarded_client
from worker.fetching.http import MOST_BYTES
from worker.fetching.media_request import ShownCredential, get_media
from worker.sending.provider_request import open_client

TWILIO = ShownCredential(
    hosts=re.compile(r"api\.twilio\.com"), headers={"authorization": "Basic secret"}
)
_URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
_CDN = "https://media.twiliocdn.com/AC1/abc"


async def _get(media: MediaServer, path: str, *, host: str = "127.0.0.1") -> bytes | NotFetched:
    """Get something of a server that may be asked although it is on loopback."""
    async with open_guarded_client(4, 5.0, [f"{host}:{media.port}"]) as client:
        return await get_media(client, media.url(path, host), None)


def _class_of(content: bytes | NotFetched) -> str:
    return content.error_class if isinstance(content, NotFetched) else "fetched"


async def test_media_are_got_as_they_are() -> None:
    async with media_server() as media:
        media.answers["/a.png"] = answer(200, PNG, content_type="text/plain")
        assert await _get(media, "/a.png") == PNG
        assert "accept-encoding: identity" in media.heads[0]
        assert "authorization" not in media.heads[0]
        assert f"host: {media.place}" in media.heads[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
async def test_a_network_of_ours_is_refused(host: str) -> None:
    """Also by a name that leads there, or another way to write the address."""
    async with media_server() as media, open_guarded_client(4, 5.0, []) as client:
        for url in (media.url("/a", host), f"http://{host}/a", f"https://{host}/a"):
            assert _class_of(await get_media(client, url, None)) == "fetch_not_allowed"
        assert media.asked == []


async def test_a_redirect_to_a_network_of_ours_is_refused() -> None:
    async with media_server() as media, media_server() as inner:
        for number, url in enumerate([inner.url("/b"), inner.url("/b", "localhost")]):
            media.answers[f"/{number}"] = answer(302, location=url)
            assert _class_of(await _get(media, f"/{number}")) == "fetch_not_allowed"
        assert inner.asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked() -> None:
    """A name that is public when it is looked at, and loopback a moment later, gains nothing."""
    asked: list[httpx.Request] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=PNG)

    answers = iter([["10.0.0.1", "93.184.216.34"], ["127.0.0.1"]])

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    transport = GuardedTransport(httpx.MockTransport(handle), [], resolve)
    async with httpx.AsyncClient(transport=transport) as client:
        assert await get_media(client, "https://rebind.test/a", None) == PNG
        assert _class_of(await get_media(client, "https://rebind.test/a", None)) == (
            "fetch_not_allowed"
        )
    [request] = asked
    assert request.url == "https://93.184.216.34/a"
    assert request.headers["host"] == "rebind.test"
    assert request.extensions["sni_hostname"] == "rebind.test"


async def test_the_next_address_is_asked_where_one_is_away() -> None:
    asked: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if len(asked) == 1:
            raise httpx.ConnectError("away")
        return httpx.Response(200, content=PNG)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["2606:4700::1", "93.184.216.34"]

    transport = GuardedTransport(httpx.MockTransport(handle), [], resolve)
    async with httpx.AsyncClient(transport=transport) as client:
        assert await get_media(client, "https://two.test/a", None) == PNG
    assert asked == ["2606:4700::1", "93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://media.test/a", "file:///etc/passwd", "https://user:secret@media.test/a", "not a URL",
        "https:///a", "", "javascript:alert(1)", "https://[::1/", "https://media.test:99999/",
        "https://xn--?", "https://xn--xn--%2exn--:443", "http://xn--%\\http", "http://a\x00b/",
    ],
)  # fmt: skip
async def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    async with open_guarded_client(4, 5.0, []) as client:
        assert _class_of(await get_media(client, url, None)) == "fetch_not_allowed"


async def test_ports_of_other_servers_are_refused() -> None:
    async with media_server() as media, open_guarded_client(4, 5.0, []) as client:
        url = f"http://93.184.216.34:{media.port}/a"
        assert _class_of(await get_media(client, url, None)) == "fetch_not_allowed"


@pytest.mark.parametrize("has_length", [True, False])
async def test_what_is_too_large_is_left_at_once(has_length: bool) -> None:
    async with media_server() as media:
        body = b"x" * (MOST_BYTES + 1)
        length = {"content_length": str(MOST_BYTES + 1)} if has_length else {"connection": "close"}
        whole = answer(200, b"" if has_length else body, **length)
        if not has_length:
            whole = whole.replace(f"content-length: {len(body)}\r\n".encode(), b"")
        media.answers["/large"] = whole
        content = await _get(media, "/large")
        assert isinstance(content, NotFetched)
        assert (content.error_class, content.is_for_good) == ("fetch_too_large", True)


async def test_an_encoding_that_nobody_asked_for_is_refused() -> None:
    """A few bytes of it can be gigabytes."""
    async with media_server() as media:
        media.answers["/bomb"] = answer(200, b"\x1f\x8b\x08", content_encoding="gzip")
        assert _class_of(await _get(media, "/bomb")) == "fetch_refused"


async def test_redirects_are_followed_and_not_for_ever() -> None:
    async with media_server() as media:
        media.answers["/a"] = answer(302, location="/b?c=1")
        media.answers["/b?c=1"] = answer(307, location=media.url("/c"))
        media.answers["/c"] = answer(200, PNG)
        assert await _get(media, "/a") == PNG
        media.answers["/round"] = answer(302, location="/round")
        assert _class_of(await _get(media, "/round")) == "fetch_refused"
        assert media.asked.count("/round") == 6


@pytest.mark.parametrize(
    ("status", "is_for_good"), [(401, False), (404, False), (410, True), (429, False), (503, False)]
)
async def test_only_what_is_gone_is_gone(status: int, is_for_good: bool) -> None:
    async with media_server() as media:
        media.answers["/a"] = answer(status, b"no", retry_after="7")
        content = await _get(media, "/a")
        assert isinstance(content, NotFetched)
        assert content.is_for_good == is_for_good
        assert str(status) in content.detail
        assert content.after_seconds == (7 if status in (429, 503) else None)


async def test_nothing_and_nobody_are_tried_again() -> None:
    async with media_server() as media:
        media.answers["/empty"] = answer(200)
        assert _class_of(await _get(media, "/empty")) == "fetch_failed"
    assert _class_of(await _get(media, "/closed")) == "fetch_failed"


async def test_a_credential_stays_at_the_hosts_of_its_provider() -> None:
    """Twilio sends on to where media are kept; there the credential is not shown."""
    shown: list[tuple[str, str | None]] = []

    def take(request: httpx.Request) -> httpx.Response:
        shown.append((str(request.url), request.headers.get("authorization")))
        if request.url == _URL:
            return httpx.Response(307, headers={"location": _CDN})
        return httpx.Response(200, content=PNG)

    with respx.mock() as router:
        router.get(_URL).mock(side_effect=take)
        router.get(_CDN).mock(side_effect=take)
        async with open_client(4, 5.0) as client:
            assert await get_media(client, _URL, TWILIO) == PNG
    assert shown == [(_URL, "Basic secret"), (_CDN, None)]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.twilio.com/a", "https://api.twilio.com:8443/a", "https://api.twilio.com.evil.test/a",
        "https://evil.test/api.twilio.com", "https://evil.test/?https://api.twilio.com",
        "https://xapi.twilio.com/a", "https://api.twilio.com%2eevil.test/a",
        "https://evil.test#api.twilio.com", "https://evil.test\\@api.twilio.com/a",
    ],
)  # fmt: skip
async def test_nobody_else_sees_a_credential(url: str) -> None:
    seen: list[str | None] = []
    with respx.mock(assert_all_called=False) as router:
        router.route().mock(side_effect=giving(seen))
        async with open_client(4, 5.0) as client:
            await get_media(client, url, TWILIO)
    assert seen in ([], [None])


async def test_hosts_are_the_same_however_they_are_written() -> None:
    seen: list[str | None] = []
    with respx.mock() as router:
        router.route().mock(side_effect=giving(seen))
        async with open_client(4, 5.0) as client:
            await get_media(client, "https://API.Twilio.com:443/a", TWILIO)
    assert seen == ["Basic secret"]
