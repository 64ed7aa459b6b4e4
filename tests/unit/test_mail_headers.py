"""The headers of mails, however they were written."""

import pytest

from domain.mail_headers import decode_mail_header, mail_headers, parse_mail_headers

BLOCK = (
    b"Received: by b\r\nReceived: by a\r\nFrom: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <a@x.test>\r\n"
    b"Subject: one\r\n\ttwo\r\n three\r\nMessage-ID: <>\r\nX-Raw: b\xc3\xb6b\r\nX-Old: pidi\xf3\r\n"
    b"Date: \r\n\r\nSubject: body\r\n"
)


def test_fields_are_unfolded_decoded_and_in_order() -> None:
    headers = parse_mail_headers(BLOCK)
    assert headers.every("received") == ("by b", "by a")
    assert headers.first("from") == "Grüße <a@x.test>"
    assert headers.every("subject") == ("one two three",)
    assert headers.first("message-id") == "<>"
    assert headers.first("x-raw") == "böb"
    assert headers.first("x-old") == "pidió"
    assert headers.first("date") == ""
    assert headers.first("cc") is None


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_every_line_end_will_do(line_end: bytes) -> None:
    headers = parse_mail_headers(BLOCK.replace(b"\r\n", line_end))
    assert headers.first("subject") == "one two three"


def test_what_a_provider_gives_as_pairs_is_read_alike() -> None:
    headers = mail_headers([("Subject", "=?iso-8859-1?q?=93Hi=94?="), ("X-Count", 3)])
    assert headers.fields == (("subject", "=?iso-8859-1?q?=93Hi=94?="), ("x-count", "3"))
    assert headers.first("subject") == "“Hi”"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?b?w7Y=?= =?utf-8?b?w7w=?=", "öü"),
        ("=?x-unknown?q?=F6?=", "ö"),
        ("=?unknown-8bit?q?=C3=B6?=", "ö"),
        ("=?utf-8?b?!!!?=", None),
        ("=?gb2312?b?1tDOxA==?=", "中文"),
        ("a\0b\x07c\udcc3\udcb6", "abcö"),
        ("=?utf-8?q?a=00b?=", "ab"),
        ("=?utf-8?q?evil=0D=0ABcc:_x?=", "evilBcc: x"),
    ],
)
def test_values_are_decoded_as_far_as_they_can_be(value: str, text: str | None) -> None:
    decoded = decode_mail_header(value)
    assert decoded == text or text is None
    decoded.encode()


@pytest.mark.parametrize(
    "block",
    [
        b"X: y\r\n" * 300_000,
        b"X: " + b"=?" * 500_000,
        b"X: " + b"=?a?q?" * 100_000 + b"\r\n\r\n",
        b"X:" + b"\r\n " * 300_000,
        b":" * 1_000_000,
        b"\xff" * 1_000_000,
    ],
)
def test_nothing_is_endless(block: bytes) -> None:
    headers = parse_mail_headers(block)
    assert len(headers.fields) <= 1_000
    assert sum(len(value) for _, value in headers.fields) <= 256 * 1024
    assert all(len(decode_mail_header(value)) <= 16 * 1024 for _, value in headers.fields)
