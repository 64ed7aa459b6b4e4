"""What the API and the page say of media: being fetched, here, or not to be had and tried again."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from conftest import OpenConnection
from contract import check_response
from flows import values
from media_fetching import PNG, fetch_all
from page_house import Desk, open_desk, tags_of, text_of
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from app.clock import utc_now
from app.doctor import examine
from domain.sealing import Sealer
from inbox.http.file_response import safe_name

_URL = "https://media.example.com/kitten"
_TEXTS = ChannelPlan(name="texts", provider="generic", kind="sms", own_address="+14155550199")
_KEYS = {
    "reader": KeyPlan(),
    "agent": KeyPlan(scopes=("conversations:read", "conversations:write")),
    "operator": KeyPlan(agent="Ada", role="operator", scopes=("admin",)),
    "stranger": KeyPlan(customer=2, scopes=("conversations:read", "conversations:write")),
}
_CONVERSATION = b"SELECT id::text FROM conversations"


@asynccontextmanager
async def _house(database_url: str, *urls: str) -> AsyncGenerator[House]:
    """Let a message with media come in, of which nothing is fetched yet."""
    async with open_house(database_url, [_TEXTS], _KEYS) as house:
        message = {
            "from": "+14155550101",
            "to": "+14155550199",
            "provider_message_id": "m-1",
            "body": "Look",
            "attachments": [{"url": url, "content_type": "image/png"} for url in urls or (_URL,)],
        }
        answered = await house.client.post(url_of(house.channels["texts"]), json=message)
        assert answered.status_code == 200
        await house.work()
        yield house


async def _message(house: House) -> dict[str, Any]:
    answered = await house.get("/api/messages?provider_message_id=m-1")
    check_response(answered)
    return answered.json()["items"][0]


async def _attachment(house: House) -> dict[str, Any]:
    return (await _message(house))["attachments"][0]


async def _fetch_again(house: House, position: str = "1", key: str = "agent") -> httpx.Response:
    message_id = (await _message(house))["id"]
    path = f"/api/messages/{message_id}/attachments/{position}/fetch"
    answered = await house.client.post(path, headers=bearer(key))
    check_response(answered)
    return answered


async def _page(desk: Desk, conn: Any) -> str:
    [conversation] = await values(conn, _CONVERSATION)
    return await desk.get(f"/inbox/c/{conversation}")


async def test_an_attachment_says_whether_it_is_here(database_url: str) -> None:
    async with _house(database_url) as house:
        before = await _attachment(house)
        assert (before["status"], before["url"], before["error"]) == ("pending", _URL, None)
        own = f"/api/messages/{(await _message(house))['id']}/attachments/1"
        assert (await house.get(own)).status_code == 404
        await fetch_all(database_url, {_URL: httpx.Response(200, content=PNG)})
        after = await _attachment(house)
        assert (after["status"], after["url"]) == ("stored", own)
        assert (after["detected_type"], after["size_bytes"]) == ("image/png", len(PNG))
        answered = await house.get(own)
        check_response(answered)
        assert answered.content == PNG
        assert answered.headers["content-disposition"].startswith("attachment;")
        assert safe_name(None) in answered.headers["content-disposition"]


async def test_what_could_not_be_fetched_is_fetched_again_by_whoever_says_so(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _house(database_url) as house, open_connection() as conn:
        assert (await _fetch_again(house)).status_code == 409  # it is being fetched
        await fetch_all(database_url, {_URL: httpx.Response(410)})
        failed = await _attachment(house)
        assert (failed["status"], failed["url"]) == ("failed", _URL)
        assert failed["error"] == {
            "code": "fetch_refused",
            "reason": "the provider answered 410",
        }
        assert (await _fetch_again(house, key="reader")).status_code == 403
        assert (await _fetch_again(house, position="2")).status_code == 404
        assert (await _fetch_again(house, position="x")).status_code == 404
        answered = await _fetch_again(house)
        assert answered.status_code == 202
        assert answered.json()["attachments"][0]["status"] == "pending"
        assert answered.json()["attachments"][0]["error"] is None
        await fetch_all(database_url, {_URL: httpx.Response(200, content=PNG)})
        assert (await _attachment(house))["status"] == "stored"
        assert (await _fetch_again(house)).status_code == 409
        assert await values(conn, b"SELECT attempt_count FROM media_fetches") == [1]


async def test_nobody_else_has_it_fetched(database_url: str) -> None:
    async with _house(database_url) as house:
        await fetch_all(database_url, {_URL: httpx.Response(410)})
        assert (await _fetch_again(house, key="stranger")).status_code == 404


async def test_what_an_older_version_wrote_can_be_fetched(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _house(database_url) as house, open_connection() as conn:
        await conn.execute("DELETE FROM media_fetches")
        attachment = await _attachment(house)
        assert (attachment["status"], attachment["error"]["code"]) == ("failed", "media_not_tried")
        assert (await _fetch_again(house)).status_code == 202
        await fetch_all(database_url, {_URL: httpx.Response(200, content=PNG)})
        assert (await _attachment(house))["status"] == "stored"


async def test_a_thread_shows_the_picture_once_it_is_here(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        _house(database_url) as _,
        open_connection() as conn,
        open_desk(database_url) as desk,
    ):
        page = await _page(desk, conn)
        assert "Being fetched" in text_of(page)
        assert _URL not in page
        await fetch_all(database_url, {_URL: httpx.Response(200, content=PNG)})
        page = await _page(desk, conn)
        assert "Being fetched" not in text_of(page)
        [picture] = [tag for tag in tags_of(page, "img") if "/picture" in str(tag.get("src"))]
        shown = await desk.client.get(str(picture["src"]))
        assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in shown.headers["content-security-policy"]


async def test_what_is_no_picture_is_never_shown(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Whatever its provider says that it is."""
    page_of_theirs = b"<!doctype html><script>alert(1)</script>"
    async with (
        _house(database_url) as house,
        open_connection() as conn,
        open_desk(database_url) as desk,
    ):
        answer = httpx.Response(200, content=page_of_theirs, headers={"content-type": "image/png"})
        await fetch_all(database_url, {_URL: answer})
        page = await _page(desk, conn)
        assert not [tag for tag in tags_of(page, "img") if "/picture" in str(tag.get("src"))]
        assert "looks like a web page" in text_of(page)
        message_id = (await _message(house))["id"]
        path = f"/inbox/m/{message_id}/files/1/picture"
        assert (await desk.client.get(path)).status_code == 404


async def test_an_agent_tries_again_by_a_form(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        _house(database_url) as house,
        open_connection() as conn,
        open_desk(database_url) as desk,
    ):
        await fetch_all(database_url, {_URL: httpx.Response(410)})
        page = await _page(desk, conn)
        assert "Could not be fetched: the provider answered 410" in text_of(page)
        [form] = [tag for tag in tags_of(page, "form") if "/fetch" in str(tag.get("action"))]
        [conversation] = await values(conn, _CONVERSATION)
        answered = await desk.post(str(form["action"]), conversation=str(conversation))
        assert answered.headers["location"] == f"/inbox/c/{conversation}"
        assert (await _attachment(house))["status"] == "pending"


async def test_who_only_reads_has_no_button(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        _house(database_url) as _,
        open_connection() as conn,
        open_desk(database_url, scopes=["conversations:read"]) as desk,
    ):
        await fetch_all(database_url, {_URL: httpx.Response(410)})
        page = await _page(desk, conn)
        assert not [tag for tag in tags_of(page, "form") if "/fetch" in str(tag.get("action"))]


async def test_operators_see_what_was_given_up(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _house(database_url) as house, open_connection() as conn:
        await fetch_all(database_url, {_URL: httpx.Response(410)})
        answered = await house.get("/api/ops/health", "operator")
        check_response(answered)
        [check] = [each for each in answered.json()["checks"] if each["name"] == "media"]
        assert (check["state"], check["value"]) == ("warn", 1)
        await conn.execute("UPDATE media_fetches SET settled_at = now() - interval '2 days'")
        checks = (await house.get("/api/ops/health", "operator")).json()["checks"]
        assert [each["state"] for each in checks if each["name"] == "media"] == ["ok"]
        findings = [
            finding
            async for finding in examine(database_url, utc_now, Sealer("a secret of the tests"))
            if finding.subject == "media"
        ]
        assert [finding.state for finding in findings] == ["ok"]
