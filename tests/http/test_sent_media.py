"""A reply with a picture leaves as an MMS: its provider fetches the picture by a signed link."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import respx
from conftest import OpenConnection
from contract import check_response
from flows import values
from media_fetching import PNG
from page_house import open_desk, tags_of
from sending import sender_config
from whole_house import SECRET_KEY, ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from domain.sealing import Sealer
from worker.sending.sender import drain_sends

_TWILIO = ChannelPlan(
    name="texts",
    provider="twilio",
    kind="sms",
    own_address="+14155550199",
    account="AC1",
    credential="a token",
)
_KEYS = {
    "agent": KeyPlan(scopes=("conversations:read", "conversations:write", "messages:write")),
    "reader": KeyPlan(),
}
_SEND_URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
_TEXT = {"MessageSid": "SM1", "From": "+14155550101", "To": "+14155550199", "Body": "Hi"}
_HTML = b"<!doctype html><script>alert(1)</script>"


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[tuple[House, str]]:
    """Let Ann write; yield her conversation."""
    async with open_house(database_url, [_TWILIO], _KEYS) as house:
        answered = await house.client.post(url_of(house.channels["texts"]), data=_TEXT)
        assert answered.status_code == 200
        await house.work()
        [conversation] = (await house.get("/api/conversations")).json()["items"]
        yield house, conversation["id"]


async def _bring(house: House, content: bytes = PNG, kind: str = "image/png") -> str:
    answered = await house.client.post(
        "/api/attachments?filename=a.png",
        content=content,
        headers={**bearer("agent"), "content-type": kind},
    )
    check_response(answered)
    return answered.json()["id"]


async def _reply(house: House, conversation: str, *ids: str) -> httpx.Response:
    answered = await house.client.post(
        f"/api/conversations/{conversation}/messages",
        json={"body": "Look", "attachment_ids": list(ids)},
        headers=bearer("agent"),
    )
    check_response(answered)
    return answered


async def _send(house: House) -> list[dict[str, list[str]]]:
    """Let a worker send what is queued; return the forms that Twilio was posted."""
    posted: list[dict[str, list[str]]] = []

    def take(request: httpx.Request) -> httpx.Response:
        posted.append(parse_qs(request.content.decode()))
        return httpx.Response(201, json={"sid": f"MM{len(posted)}", "status": "queued"})

    config = sender_config(house.database_url, sealer=Sealer(SECRET_KEY))
    with respx.mock() as router:
        router.post(_SEND_URL).mock(side_effect=take)
        await drain_sends(config)
    return posted


async def test_the_provider_fetches_what_an_agent_attached(database_url: str) -> None:
    async with _house(database_url) as (house, conversation):
        queued = await _reply(house, conversation, await _bring(house))
        assert (queued.status_code, queued.json()["kind"]) == (202, "mms")
        [form] = await _send(house)
        assert form["Body"] == ["Look"]
        [link] = form["MediaUrl"]
        given = await house.client.get(urlsplit(link).path)  # nobody logs in for it
        assert given.content == PNG
        assert given.headers["content-type"] == "image/png"
        assert given.headers["content-length"] == str(len(PNG))
        assert given.headers["x-content-type-options"] == "nosniff"
        assert given.headers["content-disposition"] == "attachment"
        assert "sandbox" in given.headers["content-security-policy"]
        head = await house.client.head(urlsplit(link).path)
        assert (head.status_code, head.content) == (200, b"")
        shown = (await house.get("/api/messages/" + queued.json()["id"])).json()
        assert (shown["status"], shown["attachments"][0]["status"]) == ("sent", "stored")


@pytest.mark.parametrize(
    ("content", "claimed", "given_as"),
    [
        (_HTML, "text/html", "application/octet-stream"),
        (_HTML, "image/png", "image/png"),
        (b"<svg xmlns='x'/>", "image/svg+xml", "application/octet-stream"),
        (b"BEGIN:VCARD", "text/vcard", "text/vcard"),
        (PNG, "text/html", "image/png"),
    ],
)
async def test_nothing_is_given_as_what_a_browser_runs(
    database_url: str, content: bytes, claimed: str, given_as: str
) -> None:
    async with _house(database_url) as (house, conversation):
        await _reply(house, conversation, await _bring(house, content, claimed))
        [form] = await _send(house)
        given = await house.client.get(urlsplit(form["MediaUrl"][0]).path)
        assert given.headers["content-type"] == given_as
        assert given.headers["content-disposition"] == "attachment"


async def test_no_other_link_leads_anywhere(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _house(database_url) as (house, conversation), open_connection() as conn:
        await _reply(house, conversation, await _bring(house))
        [form] = await _send(house)
        link = urlsplit(form["MediaUrl"][0]).path
        for path in (link[:-1], link + "A", link[:-1] + "!", "/media/", "/media/x", "/media"):
            assert (await house.client.get(path)).status_code == 404
        await conn.execute("UPDATE files SET content = NULL, forgotten_at = now()")
        assert (await house.client.get(link)).status_code == 404


@pytest.mark.parametrize(
    ("count", "size", "code"), [(11, 1, "out_of_range"), (1, 5_000_001, "too_large")]
)
async def test_more_than_the_provider_takes_is_refused(
    database_url: str, count: int, size: int, code: str
) -> None:
    async with _house(database_url) as (house, conversation):
        ids = [await _bring(house, bytes([number]) * size) for number in range(count)]
        refused = await _reply(house, conversation, *ids)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["code"] == code


async def test_a_new_text_may_have_files(database_url: str) -> None:
    async with _house(database_url) as (house, _):
        body: dict[str, Any] = {
            "channel_id": house.channels["texts"].id,
            "to": "+14155550102",
            "body": "Look",
            "attachment_ids": [await _bring(house)],
        }
        queued = await house.client.post("/api/messages/sms", json=body, headers=bearer("agent"))
        check_response(queued)
        assert queued.json()["kind"] == "mms"
        [form] = await _send(house)
        assert len(form["MediaUrl"]) == 1


async def test_the_page_lets_an_agent_attach_pictures(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        _house(database_url) as (_, conversation),
        open_desk(database_url) as desk,
        open_connection() as conn,
    ):
        page = await desk.get(f"/inbox/c/{conversation}")
        assert [tag for tag in tags_of(page, "input") if tag.get("type") == "file"]
        await conn.execute(
            "UPDATE addresses SET kind = 'handle', value = 'whatsapp:+14155550101'"
            " WHERE value = '+14155550101'"
        )
        page = await desk.get(f"/inbox/c/{conversation}")
        assert not [tag for tag in tags_of(page, "input") if tag.get("type") == "file"]
        assert await values(conn, b"SELECT count(*) FROM messages") == [1]
