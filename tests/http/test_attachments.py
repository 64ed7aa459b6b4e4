"""Files that agents attach: brought by the API or a form, sent, kept with the message."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import httpx
from conftest import OpenConnection
from contract import check_response
from flows import a_mail, an_sms, count_of, make_channel, record, values, work
from page_house import Desk as Browser
from page_house import open_desk, tags_of, text_of
from sending import SEND_URL
from test_sending_api import Desk, at_desk
from whole_house import bearer

from app.ids import new_id
from inbox.writing.recipients import MOST_ATTACHMENTS
from inbox.writing.uploads import MOST_UPLOAD_BYTES
from providers import generic
from store.uploads import expire_uploads

PDF = b"%PDF-1.7\n\x00\xff the bytes of a file"
_OUTBOUND = b"SELECT count(*) FROM messages WHERE direction = 'outbound'"
_FILES = b"SELECT filename || ' ' || size_bytes FROM attachments ORDER BY position"


async def _bring(
    desk: Desk,
    content: bytes = PDF,
    filename: str = "invoice.pdf",
    *,
    key: str = "writer",
    **more: str,
) -> httpx.Response:
    headers = {"content-type": "application/pdf"} | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    response = await desk.house.client.post(
        "/api/attachments",
        params={"filename": filename},
        content=content,
        headers=bearer(key) | headers,
    )
    check_response(response)
    return response


async def _brought(desk: Desk, content: bytes = PDF, filename: str = "invoice.pdf") -> str:
    response = await _bring(desk, content, filename)
    assert response.status_code == 201, response.text
    return response.json()["id"]


async def test_a_reply_leaves_with_its_files_and_shows_them(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(a_mail("in-1"), "mail")
        pdf, text = await _brought(desk), await _brought(desk, b"two", "b\n.txt")
        response = await desk.reply(conversation, body="See below", attachment_ids=[text, pdf])
        assert response.status_code == 202, response.text
        files = response.json()["attachments"]
        assert [(file["filename"], file["size_bytes"]) for file in files] == [
            ("b.txt", 3),
            ("invoice.pdf", len(PDF)),
        ]
        assert await desk.send() == 1
        [taken] = desk.sent
        assert [
            (file["filename"], file["content_type"], b64decode(file["content"]))
            for file in taken["attachments"]
        ] == [("b.txt", "application/pdf", b"two"), ("invoice.pdf", "application/pdf", PDF)]
        download = await desk.house.client.get(files[1]["url"], headers=bearer("reader"))
        assert download.content == PDF


async def test_files_may_be_sent_again_after_the_message_was_taken_back(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(a_mail("in-1"), "mail")
        pdf = await _brought(desk)
        first = await desk.reply(conversation, body="A", attachment_ids=[pdf], undo_seconds=10)
        assert (await desk.post(f"/api/messages/{first.json()['id']}/cancel")).status_code == 200
        assert (await desk.reply(conversation, body="B", attachment_ids=[pdf])).status_code == 202
        await desk.send()
        assert [len(taken["attachments"]) for taken in desk.sent] == [1]


async def test_a_new_mail_has_its_files_and_its_echo_is_a_copy(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        body = {
            "channel_id": desk.house.channels["mail"].id,
            "to": ["ann@example.org"],
            "subject": "Invoice",
            "body": "Here it is",
            "attachment_ids": [await _brought(desk)],
        }
        response = await desk.post("/api/messages/email", body)
        assert response.status_code == 202, response.text
        await desk.send()
        [taken] = desk.sent
        echo = taken | {"provider_message_id": "echo-1", "id": None}
        posted = await desk.house.client.post(
            f"/webhooks/generic/{desk.house.channels['mail'].token}", json=echo
        )
        assert posted.status_code == 200
        await desk.house.work()
        assert await count_of(desk.conn, "messages") == 1


async def test_what_cannot_be_attached_is_refused_by_name(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        mail, text = await desk.hear(a_mail("in-1"), "mail"), await desk.hear(an_sms("in-2"))
        pdf = await _brought(desk)
        for conversation, ids, code in (
            (mail, [new_id()], "unknown"),
            (mail, [pdf, pdf], "out_of_range"),
            (mail, [new_id() for _ in range(MOST_ATTACHMENTS + 1)], "out_of_range"),
            (mail, ["x"], "not_a_uuid"),
            (text, [pdf], "not_allowed"),
        ):
            refused = await desk.reply(conversation, body="x", attachment_ids=ids)
            assert refused.status_code == 422, refused.text
            [error] = refused.json()["errors"]
            assert (error["name"].partition("[")[0], error["code"]) == ("attachment_ids", code)
        assert await count_of(desk.conn, "attachments") == 0


async def test_files_that_are_too_large_together_are_refused(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(a_mail("in-1"), "mail")
        half = bytes(generic.MOST_FILE_BYTES // 2 + 1)
        ids = [await _brought(desk, half, f"{name}.bin") for name in "ab"]
        refused = await desk.reply(conversation, body="x", attachment_ids=ids)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "too_large")
        assert (await desk.reply(conversation, body="x", attachment_ids=ids[:1])).status_code == 202


async def test_what_is_no_file_is_refused(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        assert (await _bring(desk, b"")).status_code == 422
        assert (await _bring(desk, filename="")).status_code == 422
        assert (await _bring(desk, bytes(MOST_UPLOAD_BYTES + 1))).status_code == 413
        assert (await _bring(desk, key="reader")).status_code == 403
        assert await count_of(desk.conn, "uploads") == 0


async def test_a_file_is_brought_once_for_a_key_and_is_nobody_elses(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        first = await _bring(desk, idempotency_key="one")
        assert (await _bring(desk, idempotency_key="one")).json() == first.json()
        assert (await _bring(desk, b"other", idempotency_key="one")).status_code == 422
        assert await count_of(desk.conn, "uploads") == 1
        conversation = await desk.hear(a_mail("in-1"), "mail")
        theirs = (await _bring(desk, key="other")).json()["id"]
        refused = await desk.reply(conversation, body="x", attachment_ids=[theirs])
        assert refused.json()["errors"][0]["code"] == "unknown"


async def test_what_nobody_sends_expires(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(a_mail("in-1"), "mail")
        pdf = await _brought(desk)
        await desk.reply(conversation, body="A", attachment_ids=[pdf])
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert await expire_uploads(desk.conn, later, 10) == 1
        refused = await desk.reply(conversation, body="B", attachment_ids=[pdf])
        assert refused.json()["errors"][0]["code"] == "unknown"
        await desk.send()
        assert b64decode(desk.sent[0]["attachments"][0]["content"]) == PDF


async def test_a_form_sends_files_without_scripts_once_however_often_it_is_sent(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "mail", "email")
        await conn.execute("UPDATE channels SET send_url = %s", (SEND_URL,))
        await record(conn, channel, a_mail("in-1"))
        await work(database_url)
        [conversation] = await values(conn, b"SELECT id FROM conversations")
        async with open_desk(database_url) as browser:
            page = await browser.get(f"/inbox/c/{conversation}")
            [form] = [tag for tag in tags_of(page, "form") if tag.get("id") == "composer"]
            assert form["enctype"] == "multipart/form-data"
            fields = {"text": "See below", "idempotency_key": "the-key"}
            for _ in range(2):
                sent = await _post_form(browser, f"/inbox/c/{conversation}/reply", fields)
                assert sent.status_code == 303, text_of(sent.text)
            shown = await browser.get(f"/inbox/c/{conversation}")
            assert "invoice.pdf" in text_of(shown)
        assert await values(conn, _FILES) == [f"invoice.pdf {len(PDF)}"]
        assert await values(conn, _OUTBOUND) == [1]


async def test_a_new_mail_by_a_form_has_files_and_a_text_has_none(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "mail", "email")
        line = await make_channel(conn, "line", "sms")
        await conn.execute("UPDATE channels SET send_url = %s", (SEND_URL,))
        async with open_desk(database_url) as browser:
            fields = {"channel_id": channel.id, "to": "ann@example.org", "subject": "Hi"}
            fields |= {"text": "See below", "idempotency_key": "the-key"}
            assert (await _post_form(browser, "/inbox/new", fields)).status_code == 303
            fields = {"channel_id": line.id, "to": "+14155550101", "text": "Hi"}
            refused = await _post_form(browser, "/inbox/new", fields | {"idempotency_key": "two"})
            assert refused.status_code == 422
            assert "only an e-mail has files" in text_of(refused.text)
        assert await values(conn, _FILES) == [f"invoice.pdf {len(PDF)}"]


async def _post_form(browser: Browser, path: str, fields: dict[str, str]) -> httpx.Response:
    page = await browser.get("/inbox/new")
    token = next(tag["value"] for tag in tags_of(page, "input") if tag.get("name") == "csrf_token")
    files = [("files", ("invoice.pdf", PDF, "application/pdf")), ("files", ("", b"", ""))]
    return await browser.client.post(path, data=fields | {"csrf_token": token}, files=files)
