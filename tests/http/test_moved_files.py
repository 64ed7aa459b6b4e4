"""Files that left the database: agents open them, mails show them, messages leave with them."""

import asyncio
import re
from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from conftest import OpenConnection
from contract import check_response
from filing import do, key_of, places
from flows import NOW, a_mail, an_sms, make_channel, record, until, values, work
from page_house import open_desk, text_of
from played_bucket import played_bucket
from sending import attempts, let_retries_be_due, sender_config
from test_sending_api import Desk, at_desk
from whole_house import bearer, url_of

from app.blobs import open_blobs
from app.settings import Settings
from store.blob_folder import FolderBlobs
from store.blobs import blob_name
from store.customers import list_above_quota
from store.database import Connection
from worker.background.file_forgetting import collect_files
from worker.background.file_moving import move_files
from worker.sending.sender import run_sender

_PDF = b"%PDF-1.7\n\x00\xff the bytes of a file"
_PNG = b"\x89PNG\r\n\x1a\n pixels"


async def _receive(desk: Desk, name: str = "m-1", content: bytes = _PDF) -> str:
    """Let a mail with a file come in; return the file's URL."""
    file = {"filename": "a.pdf", "content": b64encode(content).decode()}
    mail = {
        "from": "ann@example.org",
        "to": "help@example.com",
        "provider_message_id": name,
        "body": "See below",
        "attachments": [file],
    }
    posted = await desk.house.client.post(url_of(desk.house.channels["mail"]), json=mail)
    assert posted.status_code == 200
    await desk.house.work()
    found = await desk.house.get(f"/api/messages?provider_message_id={name}")
    return found.json()["items"][0]["attachments"][0]["url"]


async def _open(desk: Desk, url: str) -> httpx.Response:
    answered = await desk.house.get(url)
    check_response(answered)
    return answered


async def _move(desk: Desk) -> int:
    return await do(move_files, desk.conn, desk.house.database_url, desk.blobs)


async def _bring(desk: Desk, content: bytes = _PDF) -> str:
    brought = await desk.house.client.post(
        "/api/attachments?filename=a.pdf", content=content, headers=bearer("writer")
    )
    return brought.json()["id"]


async def test_a_moved_file_comes_back_byte_for_byte(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    files = Settings(files=str(tmp_path))
    async with at_desk(database_url, open_connection, files) as desk:
        url = await _receive(desk)
        before = await _open(desk, url)
        assert await _move(desk) == 1
        after = await _open(desk, url)
        assert (after.status_code, after.content) == (200, _PDF)
        assert after.headers["content-disposition"] == before.headers["content-disposition"]


@pytest.mark.parametrize("trouble", ["missing", "damaged"])
async def test_what_the_store_does_not_give_is_an_answer_in_words(
    database_url: str, open_connection: OpenConnection, tmp_path: Path, trouble: str
) -> None:
    files = Settings(files=str(tmp_path))
    async with at_desk(database_url, open_connection, files) as desk:
        url = await _receive(desk)
        await _move(desk)
        path = tmp_path.joinpath(*blob_name(key_of(_PDF)))
        if trouble == "missing":
            path.unlink()
        else:
            path.write_bytes(_PDF[:-1])
        answered = await _open(desk, url)
        assert (answered.status_code, answered.json()["code"]) == (503, "file_unavailable")
        assert answered.headers["retry-after"] == "30"


async def test_a_bucket_that_is_away_delays_no_mail_and_loses_no_file(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        played_bucket() as bucket,
        at_desk(database_url, open_connection, bucket.settings()) as desk,
    ):
        first = await _receive(desk)
        assert await _move(desk) == 1
        bucket.fails_with = 503
        assert (await _open(desk, first)).status_code == 503
        second = await _receive(desk, "m-2", b"another file")
        assert await _move(desk) == 0
        assert (await _open(desk, second)).content == b"another file"
        bucket.fails_with = None
        assert await _move(desk) == 1
        assert (await _open(desk, first)).content == _PDF
        assert (await _open(desk, second)).content == b"another file"
        assert len(bucket.blobs) == 2


async def test_a_message_leaves_with_files_from_the_store_once_it_answers(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        played_bucket() as bucket,
        at_desk(database_url, open_connection, bucket.settings()) as desk,
    ):
        conversation = await desk.hear(a_mail("in-1"), "mail")
        ids = [await _bring(desk), await _bring(desk, b"two")]
        assert await _move(desk) == 2
        await desk.reply(conversation, body="See below", attachment_ids=ids)
        bucket.fails_with = 503
        assert await desk.send() == 1
        assert desk.sent == []
        assert await attempts(desk.conn) == ["1 retry files_unavailable"]
        bucket.fails_with = None
        await let_retries_be_due(desk.conn)
        assert await desk.send() == 1
        [taken] = desk.sent
        assert [b64decode(file["content"]) for file in taken["attachments"]] == [_PDF, b"two"]


async def test_messages_without_files_pass_those_that_wait_for_a_bucket(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        played_bucket() as bucket,
        at_desk(database_url, open_connection, bucket.settings()) as desk,
    ):
        mails = [a_mail(f"in-{number}", f"{number}@example.org") for number in range(6)]
        conversations = [await desk.hear(mail, "mail") for mail in mails]
        text = await desk.hear(an_sms("text"))
        ids = [await _bring(desk)]
        await _move(desk)
        for conversation in conversations:  # more than the sender has connections
            await desk.reply(conversation, body="With", attachment_ids=ids)
        await desk.reply(text, body="Without")
        bucket.goes_on.clear()
        stop = asyncio.Event()
        config = sender_config(desk.house.database_url, blobs=desk.blobs)
        sending = asyncio.create_task(run_sender(config, stop))
        await until(lambda: _have_left(desk, 1))
        assert [taken["body"] for taken in desk.sent] == ["Without"]
        bucket.goes_on.set()
        await until(lambda: _have_left(desk, 7))
        stop.set()
        await sending
        assert await attempts(desk.conn) == ["1 sent 200"] * 7


async def _have_left(desk: Desk, count: int) -> bool:
    return len(desk.sent) == count


async def test_a_mail_is_shown_without_the_images_that_the_store_does_not_give(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with played_bucket() as bucket, open_connection() as conn:
        path = await _mail_with_image(database_url, conn)
        blobs = open_blobs(bucket.settings())
        async with open_desk(database_url, blobs=blobs) as browser:
            shown = await browser.get(path)
            assert shown.count("data:") == 1
            assert await do(move_files, conn, database_url, blobs) == 1
            assert await browser.get(path) == shown
            bucket.fails_with = 503
            without = await browser.get(path)
            assert ("data:" in without, "Look" in without) == (False, True)


async def _mail_with_image(database_url: str, conn: Connection) -> str:
    channel = await make_channel(conn, "mail", "email")
    image = {"filename": "a.png", "content": b64encode(_PNG).decode(), "content_id": "logo"}
    mail = {
        "from": "ann@example.org",
        "to": "help@example.com",
        "provider_message_id": "m-1",
        "body": 'Look <img alt="logo" src="cid:logo">',
        "body_type": "html",
        "attachments": [image],
    }
    await record(conn, channel, httpx.Request("POST", "https://x.test", json=mail).content)
    await work(database_url)
    [message_id] = await values(conn, b"SELECT id::text FROM messages")
    return f"/inbox/m/{message_id}/html"


async def test_a_page_hands_a_moved_file_out(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    blobs = FolderBlobs(tmp_path)
    async with open_connection() as conn, open_desk(database_url, blobs=blobs) as browser:
        path = (await _mail_with_image(database_url, conn)).replace("/html", "/files/1")
        await do(move_files, conn, database_url, blobs)
        assert await places(conn) == [f"1 store {len(_PNG)}"]
        assert (await browser.client.get(path)).content == _PNG
        tmp_path.joinpath(*blob_name(key_of(_PNG))).unlink()
        refused = await browser.client.get(path)
        assert refused.status_code == 503
        assert "does not have it" in refused.text


async def _let_days_pass(desk: Desk, days: int) -> None:
    for statement in (
        b"UPDATE files SET created_at = %s",
        b"UPDATE messages SET created_at = %s",
    ):
        await desk.conn.execute(statement, (NOW - timedelta(days=days),))


async def _collect(desk: Desk) -> int:
    return await do(collect_files, desk.conn, desk.house.database_url, desk.blobs)


async def test_files_are_forgotten_when_a_customer_keeps_them_no_longer(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    files = Settings(files=str(tmp_path))
    async with at_desk(database_url, open_connection, files) as desk:
        first = await _receive(desk)
        await _move(desk)
        await _let_days_pass(desk, 40)
        await _collect(desk)
        assert (await _open(desk, first)).status_code == 200  # for ever, unless somebody says so
        await desk.conn.execute("UPDATE customers SET file_days = 50")
        await _collect(desk)
        assert (await _open(desk, first)).status_code == 200
        await desk.conn.execute("UPDATE customers SET file_days = 30")
        assert await _collect(desk) == 2  # forgotten, and removed from the store
        answered = await _open(desk, first)
        assert (answered.status_code, answered.json()["code"]) == (404, "not_found")
        assert "no longer kept" in answered.json()["detail"]
        assert await places(desk.conn) == [f"1 forgotten {len(_PDF)}"]
        assert not tmp_path.joinpath(*blob_name(key_of(_PDF))).exists()
        assert await _collect(desk) == 0

        second = await _receive(desk, "m-2")  # the same bytes, in a new message
        await _move(desk)
        await _collect(desk)
        for url in (first, second):
            assert (await _open(desk, url)).content == _PDF


async def test_a_file_is_kept_as_long_as_its_newest_message(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        first = await _receive(desk)
        await desk.conn.execute("UPDATE customers SET file_days = 30")
        await _let_days_pass(desk, 40)
        await _receive(desk, "m-2")  # now, which is later than the time of the chore
        assert await _collect(desk) == 0
        assert (await _open(desk, first)).content == _PDF


async def test_a_message_whose_files_were_forgotten_does_not_leave_without_them(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        conversation = await desk.hear(a_mail("in-1"), "mail")
        ids = [await _bring(desk)]
        await desk.reply(conversation, body="See below", attachment_ids=ids)
        await desk.conn.execute("DELETE FROM uploads")
        await desk.conn.execute("UPDATE customers SET file_days = 1")
        await _let_days_pass(desk, 40)
        assert await _collect(desk) == 0  # it is still to be sent
        await desk.conn.execute("UPDATE files SET content = NULL, forgotten_at = now()")
        assert await desk.send() == 1
        assert (desk.sent, await attempts(desk.conn)) == ([], ["1 failed files_forgotten"])


async def test_agents_bring_no_more_than_their_customer_may_have_and_mails_come_in(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        await desk.conn.execute("UPDATE customers SET most_file_bytes = 20 WHERE id = 1")
        await _bring(desk, b"x" * 15)
        assert await list_above_quota(desk.conn) == []
        refused = await desk.house.client.post(
            "/api/attachments?filename=a.pdf", content=b"y" * 6, headers=bearer("writer")
        )
        check_response(refused)
        assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
        await _bring(desk, b"y" * 5)
        url = await _receive(desk)
        assert (await _open(desk, url)).content == _PDF
        assert await list_above_quota(desk.conn) == ["default"]


async def test_a_file_has_the_type_that_its_bytes_begin_like(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with at_desk(database_url, open_connection) as desk:
        await _receive(desk)
        await _receive(desk, "m-2", b"nothing that can be told")
        for name, detected in (("m-1", "application/pdf"), ("m-2", None)):
            found = await desk.house.get(f"/api/messages?provider_message_id={name}")
            check_response(found)
            assert found.json()["items"][0]["attachments"][0]["detected_type"] == detected


async def test_the_page_warns_of_a_program_under_another_name(
    database_url: str, open_connection: OpenConnection
) -> None:
    contents = {"invoice.pdf": b"MZ\x90\x00\x03", "tool.exe": b"MZ\x90\x00", "a.pdf": _PDF}
    files = [
        {"filename": name, "content": b64encode(content).decode()}
        for name, content in contents.items()
    ]
    mail = {
        "from": "ann@example.org",
        "to": "help@example.com",
        "provider_message_id": "m-1",
        "body": "See below",
        "attachments": files,
    }
    async with open_connection() as conn:
        channel = await make_channel(conn, "mail", "email")
        await record(conn, channel, httpx.Request("POST", "https://x.test", json=mail).content)
        await work(database_url)
        [conversation] = await values(conn, b"SELECT id FROM conversations")
    async with open_desk(database_url) as browser:
        shown = text_of(await browser.get(f"/inbox/c/{conversation}"))
    assert shown.count("looks like a program") == 1
    assert re.search(r"invoice\.pdf[^.]*looks like a program", shown)
