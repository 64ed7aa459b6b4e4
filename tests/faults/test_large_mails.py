"""Large mails: whole through every process that they go through, beside small ones."""

import asyncio
import os
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

from conftest import OpenConnection
from flows import an_sms, count_of, event_of, make_channel, record, values, worker_config

from domain.event import FetchedContent
from store.events import record_events
from store.queue import claim
from worker.loop import drain
from worker.reading.batch_reader import ReaderConfig
from worker.reading.wire import (
    HEAD_BYTES,
    Frame,
    Question,
    large_in,
    lengths_in,
    read_question,
    write_question,
)

_HASHES = b"SELECT encode(hash, 'hex') FROM files ORDER BY octet_length(content)"


def _mail(files: list[bytes]) -> bytes:
    parts = [b"Content-Type: text/plain\r\n\r\nSee below"]
    parts += [
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=f\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b64encode(file)
        for file in files
    ]
    head = (
        b"From: ann@example.org\r\nTo: help@example.com\r\nSubject: Files\r\n"
        b"Message-ID: <1@example.org>\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n"
    )
    return head + b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"


async def test_a_large_mail_and_its_files_come_byte_for_byte(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Read by a process apart; small events before and behind it, and one without a body."""
    files = [os.urandom(size) for size in (10, 1_500_000, 3_000_000)]
    async with open_connection() as conn:
        texts = await make_channel(conn, "sms")
        mails = replace(await make_channel(conn, "mail", "email"), provider="smtp")
        await conn.execute("UPDATE channels SET provider = 'smtp' WHERE kind = 'email'")
        await record(conn, texts, an_sms("before"))
        large = replace(
            event_of(mails, an_sms("large")),
            body=_mail(files),
            content_type="message/rfc822",
            headers='{"x-envelope-to": "help@example.com"}',
        )
        await record_events(conn, [large])
        await record_events(conn, [replace(event_of(texts, an_sms("empty")), body=b"")])
        await record(conn, texts, an_sms("behind"))
        config = replace(worker_config(database_url), readers=ReaderConfig())
        async with asyncio.timeout(120):
            await drain(config)
        assert await count_of(conn, "messages") == 3
        assert await values(conn, b"SELECT error_class FROM dead_letters") == ["unreadable"]
        assert await values(conn, _HASHES) == [sha256(file).hexdigest() for file in files]
        [body] = await values(conn, b"SELECT body FROM inbound_events WHERE provider = 'smtp'")
        assert body == large.body


async def test_what_is_large_follows_its_question(open_connection: OpenConnection) -> None:
    body, fetched = os.urandom(1_200_000), os.urandom(1_300_000)
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("small"), an_sms("large"))
        async with conn.transaction():
            small, large = await claim(conn, 2, 5)
    content = FetchedContent(content_type="text/plain", body=fetched)
    large = replace(large, body=body, fetched=content)
    asked = Question(channels=[channel], events=[(1, 0, small), (2, 0, large)])
    head, *following = write_question(asked)
    list_bytes, frame_bytes = lengths_in(head[:HEAD_BYTES])
    listed = head[HEAD_BYTES : HEAD_BYTES + list_bytes]
    assert len(head) == HEAD_BYTES + list_bytes + frame_bytes < 10_000
    assert [size for _, size in large_in(listed)] == [len(body), len(fetched)]
    places = dict(zip((place for place, _ in large_in(listed)), following, strict=True))
    payload = head[HEAD_BYTES + list_bytes :]
    assert read_question(Frame(payload=payload, large=places)).events == asked.events
