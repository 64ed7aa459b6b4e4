"""What a message keeps of its text, its recipients and its attachments."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from conftest import OpenConnection
from flows import (
    ANN,
    BEN,
    OWN_EMAIL,
    OWN_PHONE,
    a_mail,
    an_sms,
    conversations,
    count_of,
    make_channel,
    record,
    values,
    work,
)

_BODY = b"SELECT b.text FROM messages AS m JOIN bodies AS b ON b.hash = m.body_hash"
_PREVIEW = b"SELECT last_message_preview FROM conversations"
_RECIPIENTS = b"""
    SELECT r.role || ' ' || a.value FROM message_recipients AS r
    JOIN addresses AS a ON a.customer_id = r.customer_id AND a.hash = r.address_hash
    ORDER BY 1
"""
_ATTACHMENTS = b"""
    SELECT concat_ws(' ', position, url, content_type, filename, size_bytes) FROM attachments
    ORDER BY position
"""


def _posted(**fields: Any) -> bytes:
    return msgspec.json.encode(
        {"from": ANN, "to": OWN_PHONE, "provider_message_id": "m", "body": "Hello"} | fields
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"", ""),
        (b"a\\u0000b\\u0000", "ab"),
        (b"\\ud83d\\ude00 \\ud83d and \\ude00", "😀  and "),
        ("👩‍👩‍👧‍👦🏳️‍🌈".encode(), "👩‍👩‍👧‍👦🏳️‍🌈"),
        ("\u202eevil\u2066".encode(), "\u202eevil\u2066"),
        (b"\\ufffe\\uffff", "\ufffe\uffff"),
        (b"\\\\N", "\\N"),
        (b"'; DROP TABLE messages; --", "'; DROP TABLE messages; --"),
        (b"%s %(x)s {} {0}", "%s %(x)s {} {0}"),
        (b"one\\r\\n\\ttwo ", "one\r\n\ttwo "),
    ],
)
async def test_a_text_is_kept_as_far_as_postgres_can_hold_it(
    database_url: str, open_connection: OpenConnection, written: bytes, kept: str
) -> None:
    body = _posted().replace(b"Hello", written)
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, body)
        assert await work(database_url) == 1
        assert await values(conn, _BODY) == [kept]
        assert await values(conn, _PREVIEW) == [" ".join(kept.split())]
        assert await count_of(conn, "dead_letters") == 0


async def test_nul_and_surrogates_are_dropped_wherever_they_stand(
    database_url: str, open_connection: OpenConnection
) -> None:
    dirt = b"\\u0000\\ud800"
    body = _posted(
        **{"from": "Ann# <a#nn@example.org>", "to": ["#" + OWN_EMAIL], "cc": ["b#en@example.org"]},
        provider_message_id="m#1",
        subject="Sub#ject",
        message_id="<i#d@mail>",
        in_reply_to="<p#arent@mail>",
        references=["<r#oot@mail>"],
        attachments=[{"url": "https://x/#", "content_type": "a#/b", "filename": "f#", "x": "#"}],
    ).replace(b"#", dirt)
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, body)
        assert await work(database_url) == 1
        (conversation,) = await conversations(conn)
        assert (conversation.messages, conversation.subject) == (("m1",), "Subject")
        assert await values(conn, b"SELECT from_name FROM messages") == ["Ann"]
        assert await values(conn, _RECIPIENTS) == ["cc ben@example.org", f"to {OWN_EMAIL}"]
        assert await values(conn, _ATTACHMENTS) == ["1 https://x/ a/b f"]
        ids = await values(conn, b"SELECT value FROM email_message_ids ORDER BY 1")
        assert ids == ["id@mail", "parent@mail", "root@mail"]


@pytest.mark.parametrize(
    ("html", "preview"),
    [
        ("<p>Hello</p><p>there</p>", "Hello there"),
        ("<div>a&amp;b &lt;c&gt; &nbsp; &#128075;</div>", "a&b <c> 👋"),
        ("<html><head><title>T</title><style>p{}</style></head><body>Hi<br/>you</body>", "Hi you"),
        ("<p><script>alert('x')</script>safe</p>", "safe"),
        ("<!-- a <b> comment --><p>text</p>", "text"),
        ("<p>unclosed <b>bold <i", "unclosed bold"),
        ('<p title="a>b">after</p>', "after"),
        ("<p>&amp;lt;script&amp;gt;</p>", "&lt;script&gt;"),
        ("<table><tr><td>a</td><td>b</td></tr></table>c<BR>d", "a b c d"),
        ("<p>bold<b>ly</b> go</p>", "boldly go"),
        ("<div>" + "&nbsp;\n" * 2000 + "far down</div>", "far down"),
        ("<p></p>", "About m"),
    ],
)
async def test_a_preview_is_text_without_markup(
    database_url: str, open_connection: OpenConnection, html: str, preview: str
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, replace(a_mail("m", body=html), body_format="html"))
        await work(database_url)
        assert await values(conn, b"SELECT body_format FROM messages") == ["html"]
        assert await values(conn, _PREVIEW) == [preview]
        assert await values(conn, _BODY) == [html]


@pytest.mark.parametrize("body", ["x" * 161, "👋" * 200, "<p>" + "ä &amp; " * 90_000 + "</p>"])
async def test_a_preview_fits(
    database_url: str, open_connection: OpenConnection, body: str
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, a_mail("m", body=body))
        await work(database_url)
        (preview,) = await values(conn, _PREVIEW)
        assert isinstance(preview, str)
        assert (len(preview), preview[-1]) == (160, "…")
        assert await values(conn, _BODY) == [body]


async def test_recipients_are_kept_once_per_role(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        mail = a_mail(
            "m",
            to=[OWN_EMAIL, "Ben <BEN@example.org>", "ben@EXAMPLE.org"],
            cc=["ben@example.org", "not an address"],
        )
        await record(conn, channel, mail)
        await work(database_url)
        assert await values(conn, _RECIPIENTS) == [
            "cc ben@example.org",
            "cc not an address",
            "to ben@example.org",
            f"to {OWN_EMAIL}",
        ]


async def test_attachments_keep_their_order(
    database_url: str, open_connection: OpenConnection
) -> None:
    written = [
        {"url": "https://x/b", "content_type": "image/png", "filename": "b.png", "size_bytes": 5},
        "https://x/a",
        {"url": "https://x/c", "size_bytes": 2**63 - 1},
        {"url": "https://x/d", "size_bytes": 2**63},
        {"url": "https://x/e", "size_bytes": -1},
    ]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, _posted(attachments=written, body=""), an_sms("n"))
        await work(database_url)
        assert await values(conn, _ATTACHMENTS) == [
            "1 https://x/b image/png b.png 5",
            "2 https://x/a",
            f"3 https://x/c {2**63 - 1}",
            "4 https://x/d",
            "5 https://x/e",
        ]
        kinds = b"SELECT kind FROM messages ORDER BY provider_message_id"
        assert await values(conn, kinds) == ["mms", "sms"]


@pytest.mark.parametrize(("count", "preview"), [(1, "1 attachment"), (3, "3 attachments")])
async def test_a_message_without_text_says_what_it_carries(
    database_url: str, open_connection: OpenConnection, count: int, preview: str
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        urls = [f"https://x/{number}" for number in range(count)]
        await record(conn, channel, an_sms("m", body=" \n", kind="mms", attachments=urls))
        await work(database_url)
        assert await values(conn, _PREVIEW) == [preview]


async def test_the_same_text_is_stored_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(str(n), minute=n) for n in range(5)))
        await work(database_url, 2)
        await record(conn, channel, an_sms("5", BEN, minute=5), an_sms("6", BEN, body="hello"))
        await work(database_url)
        assert await values(conn, b"SELECT text FROM bodies ORDER BY 1") == ["Hello", "hello"]
        assert await count_of(conn, "messages") == 7


async def test_every_message_is_told_of_once(
    database_url: str, open_connection: OpenConnection
) -> None:
    told = b"""
        SELECT count(*) FROM outbox AS o
        JOIN messages AS m ON m.customer_id = o.customer_id AND m.id = o.message_id
            AND m.conversation_id = o.conversation_id AND o.type = 'message.received'
    """
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for batch in range(3):
            await record(conn, channel, *(an_sms(f"{batch} {n}", BEN) for n in range(4)))
            await work(database_url, 3)
        assert await values(conn, told) == [12]
        assert await count_of(conn, "outbox") == 12


async def test_very_long_values_fit(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        long = "é" * 3000
        mail = a_mail(
            long, f"{long} <{long}@example.org>", cc=[f"ann@{long}.org", long], subject=long
        )
        await record(conn, channel, mail)
        assert await work(database_url) == 1
        assert await count_of(conn, "dead_letters") == 0
        assert await values(conn, b"SELECT length(from_name) FROM messages") == [255]
        assert await values(conn, b"SELECT length(subject) FROM messages") == [998]
        assert await values(conn, b"SELECT count(*) FROM addresses WHERE kind = 'handle'") == [3]
