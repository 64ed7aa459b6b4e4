"""Files that come with a message: kept once, handed out byte for byte, and never shown or run."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from conftest import OpenConnection
from contract import check_response
from flows import count_of, make_channel, record, values, work
from page_house import open_desk, open_page
from rebuilding import compare, mend
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from inbox.http.file_response import safe_name

HTML = b"<script>alert(1)</script>\x00\xff"
_MAIL = ChannelPlan(name="mail", provider="generic", kind="email", own_address="help@example.com")
_KEYS = {
    "reader": KeyPlan(),
    "stranger": KeyPlan(customer=2),
    "writer": KeyPlan(scopes=("messages:write",)),
}


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, [_MAIL], _KEYS) as house:
        yield house


def _mail(name: str, attachments: Sequence[object]) -> dict[str, object]:
    return {
        "from": "ann@example.org",
        "to": "help@example.com",
        "provider_message_id": name,
        "body": "See below",
        "attachments": attachments,
    }


def _file(content: bytes = HTML, filename: str = "évil/../x.html") -> dict[str, object]:
    encoded = b64encode(content).decode()
    return {"filename": filename, "content_type": "text/html", "content": encoded}


async def _receive(house: House, *mails: dict[str, object]) -> None:
    for mail in mails:
        answered = await house.client.post(url_of(house.channels["mail"]), json=mail)
        assert answered.status_code == 200
    await house.work()


async def _attachments(house: House, name: str) -> list[dict[str, Any]]:
    answered = await house.get(f"/api/messages?provider_message_id={name}")
    check_response(answered)
    return answered.json()["items"][0]["attachments"]


def _is_download(answered: httpx.Response) -> bool:
    return (
        answered.status_code == 200
        and answered.headers["content-type"] == "application/octet-stream"
        and answered.headers["content-disposition"].startswith("attachment;")
        and answered.headers["x-content-type-options"] == "nosniff"
        and "sandbox" in answered.headers["content-security-policy"]
    )


async def test_a_file_comes_back_byte_for_byte_as_a_download(database_url: str) -> None:
    async with _house(database_url) as house:
        await _receive(house, _mail("m-1", ["https://example.com/a.pdf", _file()]))
        kept_elsewhere, kept_here = await _attachments(house, "m-1")
        assert kept_elsewhere["url"] == "https://example.com/a.pdf"
        assert (kept_here["size_bytes"], kept_here["content_type"]) == (len(HTML), "text/html")
        answered = await house.get(kept_here["url"])
        check_response(answered)
        assert answered.content == HTML
        assert _is_download(answered)
        assert "filename*=UTF-8''x.html" in answered.headers["content-disposition"]


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("{url}", "stranger", 404),
        ("{url}", "writer", 403),
        ("{url}", None, 401),
        ("{url}?x=1", "reader", 400),
        ("{url}0", "reader", 404),
        ("{url}x", "reader", 404),
        ("/api/messages/nothing/attachments/1", "reader", 404),
    ],
)
async def test_nobody_else_gets_it(
    database_url: str, path: str, key: str | None, status: int
) -> None:
    async with _house(database_url) as house:
        await _receive(house, _mail("m-1", [_file()]))
        [attachment] = await _attachments(house, "m-1")
        answered = await house.get(path.format(url=attachment["url"]), key)
        assert answered.status_code == status
        check_response(answered)


async def test_the_same_bytes_are_kept_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _house(database_url) as house, open_connection() as conn:
        await _receive(
            house, _mail("m-1", [_file(), _file(filename="again")]), _mail("m-2", [_file()])
        )
        await _receive(house, _mail("m-3", [_file(b"other")]), _mail("m-4", [_file(b"")]))
        assert await count_of(conn, "files") == 3
        assert await count_of(conn, "attachments") == 5
        assert (await compare(database_url)).is_equal


async def test_a_rebuild_brings_a_file_back(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _house(database_url) as house, open_connection() as conn:
        await _receive(house, _mail("m-1", [_file()]))
        await conn.execute("DELETE FROM attachments")
        await conn.execute("DELETE FROM files")
        assert not (await compare(database_url)).is_equal
        assert (await mend(database_url)).is_applied
        [attachment] = await _attachments(house, "m-1")
        assert (await house.get(attachment["url"])).content == HTML


async def test_what_is_no_base64_is_a_dead_letter(database_url: str) -> None:
    async with _house(database_url) as house:
        await _receive(house, _mail("m-1", [{"filename": "x", "content": "not base64!"}]))
        assert await house.event_statuses() == ["dead_letter"]


async def test_the_page_links_it_as_a_download(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "mail", "email")
        body = httpx.Request("POST", "https://x.test", json=_mail("m-1", [_file()])).content
        await record(conn, channel, body)
        await work(database_url)
        [message_id] = await values(conn, b"SELECT id::text FROM messages")
        [conversation_id] = await values(conn, b"SELECT id::text FROM conversations")
    path = f"/inbox/m/{message_id}/files/1"
    async with open_desk(database_url) as desk:
        assert f'href="{path}"' in await desk.get(f"/inbox/c/{conversation_id}")
        answered = await desk.client.get(path)
        assert answered.content == HTML
        assert _is_download(answered)
        assert (await desk.client.get(f"/inbox/m/{message_id}/files/2")).status_code == 404
        assert (await desk.client.get("/inbox/m/x/files/1")).status_code == 404
    async with open_page(database_url) as nobody:
        assert (await nobody.get(path)).status_code in (303, 401)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        (None, "attachment"),
        ("report.pdf", "report.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\static\\index.html", "index.html"),
        ("..", "attachment"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1"),
        ("cod\u202efdp.exe", "codfdp.exe"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("Grüße.txt", "Grüße.txt"),
    ],
)
def test_a_name_neither_moves_nor_disguises_a_file(given: str | None, safe: str) -> None:
    assert safe_name(given) == safe


async def test_a_mail_shows_the_images_that_came_with_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Neither a script in disguise nor an image of another mail."""
    png = b"\x89PNG\r\n\x1a\n pixels"
    html = "".join(f'<img alt="{name}" src="cid:{name}">' for name in ("logo", "svg", "other"))
    files = [
        {"filename": f"{name}.png", "content": b64encode(content).decode(), "content_id": name}
        for name, content in (("logo", png), ("svg", b"<svg onload=alert(1)>"))
    ]
    async with _house(database_url) as house, open_connection() as conn:
        mails = [_mail("one", files) | {"body": html, "body_type": "html"}]
        mails.append(_mail("two", [files[0] | {"content_id": "other"}]))
        await _receive(house, *mails)
        ids = await values(conn, b"SELECT id FROM messages WHERE body_format = 'html'")
        async with open_desk(database_url) as desk:
            shown = await desk.get(f"/inbox/m/{ids[0]}/html")
        assert shown.count("data:") == 1
        assert f'src="data:image/png;base64,{b64encode(png).decode()}"' in shown
        assert "cid:" not in shown
