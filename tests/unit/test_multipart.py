"""multipart/form-data as providers post it, and as nobody should."""

import pytest

from domain.errors import Unreadable
from domain.multipart import Part, parse_multipart, single_fields

TYPE = "multipart/form-data; boundary=xYzZY"


def _body(*parts: bytes, end: bytes = b"--xYzZY--\r\n") -> bytes:
    return b"".join(b"--xYzZY\r\n" + part + b"\r\n" for part in parts) + end


def _field(name: bytes, value: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value


FILE = (
    b'Content-Disposition: form-data; name="attachment1"; filename="Gr\xc3\xbc\xc3\x9fe.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n\x00\xff\r\n--not the end"
)


def test_fields_and_files_come_in_their_order_byte_for_byte() -> None:
    """Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook"""
    parts = parse_multipart(_body(_field(b"subject", b"pidi\xa2"), FILE), TYPE)
    assert parts == [
        Part(name="subject", filename=None, content_type="", content=b"pidi\xa2"),
        Part(
            name="attachment1",
            filename="Grüße.txt",
            content_type="text/plain",
            content=b"\x00\xff\r\n--not the end",
        ),
    ]
    assert single_fields(parts) == {"subject": b"pidi\xa2"}


def test_a_field_of_many_bytes_is_a_field() -> None:
    raw = b"x" * (2 * 1024 * 1024)
    assert single_fields(parse_multipart(_body(_field(b"email", raw)), TYPE)) == {"email": raw}


def test_a_field_that_a_mail_smuggled_in_is_not_believed() -> None:
    text = b"Hello\r\n--xYzZY\r\n" + _field(b"envelope", b'{"to":["evil@x.test"]}')
    body = _body(_field(b"envelope", b'{"to":["help@x.test"]}'), _field(b"text", text))
    with pytest.raises(Unreadable, match="twice"):
        single_fields(parse_multipart(body, TYPE))


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (_body(_field(b"a", b"1")), "application/json", "multipart/form-data with a boundary"),
        (_body(_field(b"a", b"1")), "multipart/form-data", "with a boundary"),
        (_body(_field(b"a", b"1")), "multipart/form-data; boundary=" + "x" * 300, "RFC 7578"),
        (_body(_field(b"a", b"1")), "multipart/form-data; boundary=other", "RFC 7578"),
        (_body(_field(b"a", b"1"), end=b""), TYPE, "closing boundary"),
        (_body(_field(b"a", b"1"))[:-20], TYPE, "closing boundary"),
        (b"", TYPE, "closing boundary"),
        (_body(*[_field(b"a", b"1")] * 1_001), TYPE, "more parts"),
        (_body(b"X: 1\r\n" * 17 + _field(b"a", b"1")), TYPE, "RFC 7578"),
        (_body(b"X: " + b"1" * 9_000 + b"\r\n" + _field(b"a", b"1")), TYPE, "RFC 7578"),
        (_body(b"Content-Type: text/plain\r\n\r\nx"), TYPE, "with a name"),
        (_body(b'Content-Disposition: attachment; name="a"\r\n\r\nx'), TYPE, "with a name"),
        (_body(_field(b"a", b"1")).replace(b"\r\n", b"\n"), TYPE, "RFC 7578"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        parse_multipart(body, content_type)
