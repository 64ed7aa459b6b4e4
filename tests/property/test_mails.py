"""Whatever a mail is built of and however it is broken, it is read, and its text is not lost."""

from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from domain.mail_class import mail_class
from domain.message import InboundMessage
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.mime.report import complaint, delivery_report
from tests.mails import a_mail, a_multipart

_SAMPLES = {
    "utf-8": "Grüße €", "iso-8859-1": "Grüße", "windows-1252": "“€”", "koi8-r": "привет",
    "gb2312": "中文", "shift_jis": "日本", "iso-2022-jp": "日本", "euc-kr": "한국", "utf-16": "ü",
}  # fmt: skip
_ENCODINGS = ("8bit", "base64", "quoted-printable")
_BROKEN_FIELDS = st.lists(
    st.sampled_from(
        (
            *("Message-ID: <>", "Message-ID: <[x]@y>", "From: =?utf-8?q?=FF", "To: \"", "To: (c):"),
            *("Date: 99 Foo", "Subject: =?x?b?!?=", "Content-ID: <<>", "X:", "References: <"),
            *("Content-Disposition:", "Content-Disposition: inline; x*", "X: \xff"),
        )
    ),
    max_size=3,
)  # fmt: skip


class Leaf(NamedTuple):
    """A text in some charset, as text, as HTML or as a file; which word it holds is its number."""

    content_type: str
    charset: str
    encoding: str
    fields: Sequence[str]


class Branch(NamedTuple):
    kind: str
    parts: Sequence["Leaf | Branch"]
    fields: Sequence[str]


_LEAVES = st.builds(
    Leaf,
    st.sampled_from(("text/plain", "text/plain; format=flowed", "text/html", "text/csv")),
    st.sampled_from(tuple(_SAMPLES)),
    st.sampled_from(_ENCODINGS),
    _BROKEN_FIELDS,
)
_MAILS = st.recursive(
    _LEAVES,
    lambda parts: st.builds(
        Branch,
        st.sampled_from(("mixed", "related", "signed", "report", "x-odd")),
        st.lists(parts, min_size=1, max_size=4),
        _BROKEN_FIELDS,
    ),
    max_leaves=12,
)


def _written(mail: Leaf | Branch, numbers: "count[int]", words: list[str]) -> bytes:
    """Write a mail; note which words it holds."""
    number = next(numbers)
    if isinstance(mail, Branch):
        parts = [_written(part, numbers, words) for part in mail.parts]
        return a_multipart(mail.kind, parts, *mail.fields, boundary=f"=_{number}")
    words.append(f"word-{number}- {_SAMPLES[mail.charset]}.")
    content = words[-1].encode(mail.charset)
    encoding = "base64" if mail.charset == "utf-16" else mail.encoding
    if encoding == "base64":
        content = b64encode(content)
    elif encoding == "quoted-printable":
        content = b2a_qp(content)
    content_type = f"{mail.content_type}; charset={mail.charset}"
    return a_mail(content_type, content, *mail.fields, f"Content-Transfer-Encoding: {encoding}")


def _read(raw: bytes) -> InboundMessage:
    mail = parse_mail(raw)
    delivery_report(mail)
    complaint(mail)
    mail_class(mail)
    return message_of(mail, provider_message_id="m")


def _check(message: InboundMessage) -> None:
    """Check that a database takes it."""
    texts = [message.sender, message.subject or "", message.body]
    texts += [recipient.address for recipient in message.recipients]
    for file in message.attachments:
        texts += [file.filename or "", file.content_type or "", file.content_id or ""]
        assert file.content is not None
    for text in texts:
        assert "\0" not in text
        text.encode()


@given(_MAILS, st.sampled_from([b"\n", b"\r\n"]))
def test_no_text_is_lost(mail: Leaf | Branch, line_end: bytes) -> None:
    words: list[str] = []
    raw = _written(mail, count(), words)
    message = _read(raw.replace(b"\n", line_end))
    _check(message)
    for word in words:
        token = word.partition(" ")[0]
        files = [file.content for file in message.attachments if file.content]
        is_in_file = any(
            token.encode() in file or token.encode("utf-16-le") in file for file in files
        )
        assert word in message.body or is_in_file


@given(_MAILS, st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=6)), max_size=4))
def test_a_mail_with_bent_places_is_read(
    mail: Leaf | Branch, pieces: Sequence[tuple[int, bytes]]
) -> None:
    raw = _written(mail, count(), [])
    for at, piece in pieces:
        raw = raw[:at] + piece + raw[at + len(piece) + 1 :]
    _check(_read(raw))


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_any_bytes_are_a_mail(head: bytes, body: bytes) -> None:
    _check(_read(head + b"\n\n" + body))
