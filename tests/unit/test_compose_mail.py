"""The mails that we write ourselves, read again by the standard library, and what they never have.

Source: RFC 5322 section 2.1.1 (lines), RFC 2047 (words of other alphabets), RFC 6532 (UTF-8).
"""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import NOW, outbound_mail

from domain.message import ThreadHeaders
from domain.mime.compose import compose_mail, needs_utf8
from domain.outbound import OutboundMessage

MAIL = outbound_mail("smtp")


def parsed(message: OutboundMessage) -> EmailMessage:
    found = message_from_bytes(compose_mail(message), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_mail_says_what_was_written_and_is_found_by_its_thread() -> None:
    mail = parsed(replace(MAIL, reply_to="help+token@example.com"))
    assert {name: str(mail[name]) for name in mail if not name.startswith("Content")} == {
        "Message-ID": "<aaaa@example.com>",
        "In-Reply-To": "<2@mail>",
        "References": "<1@mail> <2@mail>",
        "From": "help@example.com",
        "To": "ann@example.org, cat@example.org",
        "Cc": "ben@example.org",
        "Reply-To": "help+token@example.com",
        "Subject": "Re: Order",
        "Date": "Fri, 01 Nov 2024 14:00:00 +0000",
        "MIME-Version": "1.0",
    }
    assert mail.get_content().rstrip() == "Grüße 👍"
    assert mail.get_content_type() == "text/plain"


def test_the_same_message_is_the_same_mail_at_every_try() -> None:
    assert compose_mail(MAIL) == compose_mail(replace(MAIL, status_callback="elsewhere"))
    assert MAIL.written_at == NOW


@pytest.mark.parametrize(
    "subject",
    ["Hi\r\nBcc: eve@example.net", "Hi\nBcc: eve@example.net", "Hi\rBcc: x", "Hi\x0bBcc:\x00x",
     "Hi\u2028Bcc: x", "Hi\u0085Bcc: x"],
)  # fmt: skip
def test_no_field_can_be_put_into_another(subject: str) -> None:
    mail = parsed(replace(MAIL, subject=subject))
    assert mail["Bcc"] is None
    assert str(mail["Subject"]).startswith("Hi Bcc:")


@pytest.mark.parametrize("name", ["message_id", "in_reply_to", "references"])
def test_no_message_id_can_be_more_than_one(name: str) -> None:
    given = (
        "a@b\r\nBcc: eve@example.net",
        "a b@c",
        "jürgen@b",
        "a\0@b",
        "<x@y",
        "fine@example.org",
    )
    thread = ThreadHeaders(message_id="m@example.com", in_reply_to=(), references=())
    told = given[0] if name == "message_id" else given
    mail = parsed(replace(MAIL, thread=replace(thread, **{name: told})))  # pyright: ignore[reportArgumentType]
    assert mail["Bcc"] is None
    field = {"message_id": "Message-ID", "in_reply_to": "In-Reply-To", "references": "References"}
    expected = None if name == "message_id" else "fine@example.org"
    assert (expected or "") in str(mail[field[name]] or "")


def test_long_message_ids_are_not_broken() -> None:
    ids = tuple(f"{number}-{'x' * 180}@mail.example.org" for number in range(20))
    thread = ThreadHeaders(message_id=ids[0], in_reply_to=ids[-1:], references=ids)
    raw = compose_mail(replace(MAIL, thread=thread))
    assert b"=?" not in raw
    for message_id in ids:
        assert f"<{message_id}>\r\n".encode() in raw


def test_a_mail_to_many_has_lines_that_fit() -> None:
    many = tuple(f"{'somebody-with-a-long-name' * 2}.{number}@example.org" for number in range(50))
    raw = compose_mail(replace(MAIL, to=many))
    assert b"=?" not in raw.partition(b"Subject")[0]
    found = parsed(replace(MAIL, to=many))["To"].addresses
    assert [address.addr_spec for address in found] == list(many)


@pytest.mark.parametrize("local", ['"ann smith"', '"a\\"b"', "o'hara+x", "a..b", "x" * 100])
def test_unusual_addresses_stay_what_they_are(local: str) -> None:
    raw = compose_mail(replace(MAIL, to=(f"{local}@example.org",), cc=()))
    assert f"To: {local}@example.org\r\n".encode() in raw.replace(b"\r\n ", b" ")


def test_addresses_of_other_alphabets_are_written_as_they_are() -> None:
    mail = replace(MAIL, to=("jürgen@example.org",))
    assert needs_utf8(mail)
    assert not needs_utf8(MAIL)
    assert "To: jürgen@example.org\r\n".encode() in compose_mail(mail)


@pytest.mark.parametrize(
    "body",
    ["", "short", "x" * 5_000, "Ü" * 5_000, ".\r\n.\r\nend", "From here\n", "a\rb\r\nc\nd",
     "tab\there", " trailing \n\n\n"],
)  # fmt: skip
def test_every_text_arrives(body: str) -> None:
    raw = compose_mail(replace(MAIL, body=body))
    expected = body.replace("\r\n", "\n").replace("\r", "\n")
    read = parsed(replace(MAIL, body=body)).get_content().replace("\r\n", "\n")
    assert read.rstrip("\n") == expected.rstrip("\n")
    _check_lines(raw)


def _check_lines(raw: bytes) -> None:
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\0" not in raw
    assert raw.endswith(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()


@given(subject=st.text(max_size=400), body=st.text(max_size=300))
def test_whatever_is_written_is_a_mail_of_ascii_lines(subject: str, body: str) -> None:
    message = replace(MAIL, subject=subject, body=body)
    raw = compose_mail(message)
    _check_lines(raw)
    assert sorted(set(parsed(message).keys())) == sorted(set(parsed(MAIL).keys()))
