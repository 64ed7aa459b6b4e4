"""The message of a raw mail: its text, its files, who wrote it to whom and when.

The traps are those of email-providers.md; the sections are named beside them.
"""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from domain.message import Attachment, InboundMessage, Recipient, ThreadHeaders
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from tests.mails import a_mail, a_multipart

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
PNG = a_mail("image/png", "png", "Content-Disposition: inline", "Content-ID: <logo@x.test>")
PDF = a_mail("application/pdf; name=offer.pdf", "pdf", "Content-Disposition: attachment")


def read(mail: bytes) -> InboundMessage:
    return message_of(parse_mail(mail), provider_message_id="m-1")


def names(message: InboundMessage) -> list[str | None]:
    return [attachment.filename for attachment in message.attachments]


def test_all_that_a_mail_says_is_in_its_message() -> None:
    fields = (
        "From: =?utf-8?q?J=C3=BCrgen?= <j@x.test>",
        "To: Help <help@inlet.test>, b@x.test",
        "Cc: c@x.test",
        "Subject: =?utf-8?q?Gr=C3=BC?=\n =?utf-8?q?=C3=9Fe?=",
        "Date: Fri, 01 Nov 2024 15:00:00 +0100",
        "Message-ID: <2@x.test>",
        "In-Reply-To: <1@x.test>",
        "References: <0@x.test>\n <1@x.test>",
        "MIME-Version: 1.0",
    )
    message = read(a_multipart("mixed", [a_mail(TEXT, "Hellö\n"), PDF], *fields))
    assert message == InboundMessage(
        kind="email",
        provider_message_id="m-1",
        sender="=?utf-8?q?J=C3=BCrgen?= <j@x.test>",
        recipients=(
            Recipient(role="to", address="Help <help@inlet.test>"),
            Recipient(role="to", address="b@x.test"),
            Recipient(role="cc", address="c@x.test"),
        ),
        body="Hellö",
        subject="Grüße",
        attachments=(
            Attachment(content=b"pdf", content_type="application/pdf", filename="offer.pdf"),
        ),
        sent_at=datetime(2024, 11, 1, 14, tzinfo=UTC),
        thread=ThreadHeaders(
            message_id="2@x.test", in_reply_to=("1@x.test",), references=("0@x.test", "1@x.test")
        ),
        mail_class="human",
    )


def test_a_mail_that_says_nothing_is_a_message_all_the_same() -> None:
    for mail in (b"", b"\n\n", b"\0" * 100, b"--", b"From:\nTo:\nSubject:\nDate:\n\n"):
        message = read(mail)
        assert (message.sender, message.recipients, message.subject) == ("", (), None)
        assert (message.sent_at, message.thread, message.attachments) == (None, None, ())


# Section 11: the standard library raises on these.
@pytest.mark.parametrize("field", ["<>", "<[x]@y>", "<a@b@c>", "<abc def@x>", "", "@", "<"])
def test_no_message_id_is_too_odd(field: str) -> None:
    message = read(f"Message-ID: {field}\nSubject: s\n\nhello".encode())
    assert (message.subject, message.body) == ("s", "hello")


# Section 7, 8: several fields, phrases, commas.
def test_message_ids_are_taken_from_every_field() -> None:
    mail = (
        b"In-Reply-To: Ann's mail of Monday <1@x>\nReferences: <a@x>,<b@x>\nReferences: <c@x>\n\n"
    )
    thread = read(mail).thread
    assert thread is not None
    assert (thread.in_reply_to, thread.references) == (("1@x",), ("a@x", "b@x", "c@x"))


# Section 7: who names many keeps the first and the newest, not what fits into some bytes.
def test_the_newest_of_many_references_are_kept() -> None:
    fields = "\n ".join(f"<{number}-{'x' * 90}@x.test>" for number in range(500))
    thread = read(f"References: {fields}\n\n".encode()).thread
    assert thread is not None
    assert thread.references[0].startswith("0-")
    assert thread.references[-1].startswith("499-")


# Section 12: identity is From; encoded names are decoded after addresses were told apart.
@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        ("From: a@x.test\nFrom: evil@y.test", "a@x.test"),
        ("From: a@x.test, b@x.test", "a@x.test, b@x.test"),
        ("From: =?utf-8?q?A=2C_B?= <a@x.test>", "=?utf-8?q?A=2C_B?= <a@x.test>"),
        ("From:\nSender: s@x.test\nReturn-Path: <r@x.test>", "s@x.test"),
        ("From: <>\nReturn-Path: <r@x.test>", "<r@x.test>"),
        ("Reply-To: r@x.test", ""),
    ],
)
def test_who_wrote_is_who_from_names(fields: str, sender: str) -> None:
    assert read(f"{fields}\n\nhello".encode()).sender == sender


# Section 2: 8-bit fields came back as surrogates, which no driver takes.
def test_fields_in_other_bytes_than_ascii_are_text() -> None:
    message = read("From: Jürgen <böb@x.test>\n".encode() + b"Subject: pidi\xf3\n\n")
    assert (message.sender, message.subject) == ("Jürgen <böb@x.test>", "pidió")


# Sections 3 and 12: whom the envelope names and no field does had a blind copy.
def test_the_envelope_adds_whom_no_field_names() -> None:
    mail = parse_mail(b"To: Help <Help@inlet.test>\nBcc: b@x.test\n\n")
    envelope = ["<help@inlet.test>", "sales@inlet.test", "b@x.test"]
    message = message_of(mail, provider_message_id="m", delivered_to=envelope)
    assert [(each.role, each.address) for each in message.recipients] == [
        ("to", "Help <Help@inlet.test>"),
        ("bcc", "b@x.test"),
        ("bcc", "sales@inlet.test"),
    ]


# Section 11: "first part only" loses what Apple Mail writes behind an image.
def test_text_between_images_is_one_text() -> None:
    mail = a_multipart("mixed", [a_mail(TEXT, "Before"), PNG, a_mail(TEXT, "after")])
    message = read(mail)
    assert (message.body, message.body_format) == ("Before\nafter", "text")
    assert names(message) == ["image.png"]


def test_html_between_files_is_one_text_beside_a_text_alternative() -> None:
    mixed = a_multipart(
        "mixed", [a_mail(HTML, "<p>One"), PDF, a_mail(HTML, "<p>Two")], boundary="=_inner"
    )
    message = read(a_multipart("alternative", [a_mail(TEXT, "One Two"), mixed]))
    assert (message.body, message.body_format) == ("<p>One<p>Two", "html")
    assert names(message) == ["offer.pdf"]


def test_text_beside_html_is_written_in_it() -> None:
    message = read(a_multipart("mixed", [a_mail(HTML, "<p>One"), a_mail(TEXT, "1 < 2\n& so on")]))
    assert message.body_format == "html"
    assert message.body.startswith("<p>One<div")
    assert "1 &lt; 2\n&amp; so on" in message.body


@pytest.mark.parametrize(
    ("alternatives", "body"),
    [
        ([a_mail(TEXT, "text"), a_mail(HTML, "<p>html")], "<p>html"),
        ([a_mail(HTML, "<p>html"), a_mail(TEXT, "text")], "<p>html"),
        ([a_mail(TEXT, "text"), a_mail(HTML, "<html><body></body></html>")], "text"),
        ([a_mail(TEXT, " \n"), a_mail(HTML, "<img src='cid:a'>")], "<img src='cid:a'>"),
        ([a_mail(TEXT, "one"), a_mail(TEXT, "two")], "two"),
        ([a_mail(TEXT, "text"), a_mail("text/enriched", "<bold>x</bold>")], "text"),
        ([a_mail("text/x-amp-html", "<html amp>"), a_mail(HTML, "<p>html")], "<p>html"),
        ([a_mail("text/enriched", "alone")], "alone"),
    ],
)
def test_of_alternatives_one_is_taken(alternatives: list[bytes], body: str) -> None:
    message = read(a_multipart("alternative", alternatives))
    assert message.body.strip() == body
    assert message.attachments == ()


def test_an_image_that_html_shows_keeps_its_content_id() -> None:
    html = a_mail(HTML, "<img src='cid:logo@x.test'>")
    message = read(a_multipart("related", [html, PNG, a_mail("text/css", "p {}")]))
    image, style = message.attachments
    assert message.body_format == "html"
    assert (image.content_id, image.content, style.content_id) == ("logo@x.test", b"png", None)


def test_a_text_file_is_no_text_of_the_mail() -> None:
    notes = a_mail("text/plain; name=notes.txt", "notes", "Content-Disposition: inline")
    page = a_mail("text/html", "<p>page", "Content-Disposition: attachment")
    message = read(a_multipart("mixed", [a_mail(TEXT, "Hello"), notes, page]))
    assert message.body == "Hello"
    assert names(message) == ["notes.txt", "page.html"]
    assert read(a_multipart("mixed", [PDF, notes])).body == "notes"


# Section 11: format=flowed and DelSp (RFC 3676).
@pytest.mark.parametrize(
    ("parameters", "text", "body"),
    [
        ("format=flowed", "A long \nline\n-- \nAnn \nRuiz", "A long line\n-- \nAnn Ruiz"),
        ("format=Flowed; delsp=yes", "A long \nline", "A longline"),
        ("format=flowed", "> quoted \n> on\n>> deep \n>> on\na", "> quoted on\n>> deep on\na"),
        ("format=flowed", " >no quote\n  two", ">no quote\n two"),
        ("format=fixed", "A long \nline", "A long \nline"),
    ],
)  # fmt: skip
def test_flowed_lines_are_joined(parameters: str, text: str, body: str) -> None:
    assert read(a_mail(f"{TEXT}; {parameters}", text)).body == body


# Section 13, core: charsets of parts, missing, wrong, and in the sender's own bytes.
@pytest.mark.parametrize(
    ("content_type", "content", "body"),
    [
        ("text/plain; charset=iso-8859-3", b"\xc6\xdd", "ĈŬ"),
        ("text/plain; charset=cp850", b"pidi\xa2", "pidió"),
        ("text/plain", b"\x93Hi\x94", "“Hi”"),
        ("text/plain; charset=x-unknown", "ü".encode(), "ü"),
        ("text/html; charset=utf-7", b"+ADw-b+AD4-", "+ADw-b+AD4-"),
        ("text/html", b"<meta charset=koi8-r>\xc1", "<meta charset=koi8-r>а"),
    ],
)
def test_a_body_is_decoded(content_type: str, content: bytes, body: str) -> None:
    assert read(a_mail(content_type, content)).body == body


# Sections 2 and 13: names without folders, line ends, controls and signs that turn direction.
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="/etc/passwd"', "passwd"),
        ('filename="../static/index.html"', "index.html"),
        ('filename="C:\\\\dir\\\\x.pdf"', "x.pdf"),
        ('filename="C:\\dir\\x.pdf"', "x.pdf"),
        ("filename*=utf-8''%e2%82%ac.pdf", "€.pdf"),
        ("filename*0*=utf-8''%C3; filename*1*=%BC.pdf", "ü.pdf"),
        ('filename="=?utf-8?b?w7wucGRm?="', "ü.pdf"),
        ('filename="=?utf-8?q?a=0D=0Ab.pdf?="', "ab.pdf"),
        ("filename=\"a\u202efdp.exe\"", "a fdp.exe"),
        ('filename=".."', "document.pdf"),
        ('filename="dir/"', "document.pdf"),
        ('filename=""', "document.pdf"),
        ("x=y", "document.pdf"),
        ('filename="' + "x" * 900 + '.pdf"', "x" * 251 + ".pdf"),
        ('filename="' + "x" * 900 + '"', "x" * 255),
        ('filename="=?utf-8?q?broken"', "=?utf-8?q?broken"),
    ],
)  # fmt: skip
def test_a_file_has_a_name_that_is_only_a_name(written: str, name: str) -> None:
    field = f"Content-Disposition: attachment; {written}"
    message = read(a_multipart("mixed", [a_mail("application/pdf", "pdf", field)]))
    assert names(message) == [name]


@pytest.mark.parametrize(
    ("content_type", "kept_type", "name"),
    [
        ("application/ms-tnef", "application/ms-tnef", "winmail.dat"),
        ("application/octet-stream; name=WinMail.dat", "application/ms-tnef", "WinMail.dat"),
        ("application/pkcs7-mime; smime-type=signed-data", "application/pkcs7-mime", "smime.p7m"),
        ("application/pgp-encrypted", "application/pgp-encrypted", "version.asc"),
        ("text/calendar; method=REQUEST; charset=utf-8", "text/calendar", "invite.ics"),
        ("text/vcard", "text/vcard", "contact.vcf"),
        ("application/x-odd", "application/x-odd", "attachment"),
    ],
)
def test_what_is_no_text_is_a_file_with_a_name(
    content_type: str, kept_type: str, name: str
) -> None:
    mail = a_multipart("alternative", [a_mail(HTML, "<p>Hi"), a_mail(content_type, "data")])
    message = read(mail)
    assert message.body == "<p>Hi"
    assert [(each.content_type, each.filename) for each in message.attachments] == [
        (kept_type, name)
    ]
    assert read(a_mail(content_type, "data")).attachments == message.attachments


@pytest.mark.parametrize(
    ("kind", "content_types", "attached"),
    [
        ("signed", [TEXT, "application/pgp-signature"], ["signature.asc"]),
        ("signed", [TEXT, "application/pkcs7-signature"], ["smime.p7s"]),
        (
            "encrypted",
            ["application/pgp-encrypted", "application/octet-stream; name=encrypted.asc"],
            ["version.asc", "encrypted.asc"],
        ),
    ],
)
def test_signatures_and_what_is_encrypted_are_kept(
    kind: str, content_types: list[str], attached: list[str]
) -> None:
    parts = [a_mail(content_type, "x") for content_type in content_types]
    assert names(read(a_multipart(kind, parts))) == attached


# Section 10: a mail within a mail is a file, byte for byte; its text is not this mail's.
@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_a_mail_within_a_mail_is_a_file(encoding: str) -> None:
    within = a_multipart("mixed", [a_mail(TEXT, "Forwarded"), PDF], "Subject: old", boundary="=_w")
    content = b64encode(within) if encoding == "base64" else within
    part = a_mail("message/rfc822", content, f"Content-Transfer-Encoding: {encoding}")
    named = a_mail("message/rfc822; name=Old", within)
    message = read(a_multipart("mixed", [a_mail(TEXT, "See below"), part, named]))
    assert message.body == "See below"
    assert names(message) == ["message.eml", "Old.eml"]
    assert [each.content for each in message.attachments] == [within, within]
    assert read(within).body == "Forwarded"


# Section 2: NUL and lone surrogates, which Postgres refuses.
def test_no_text_has_what_postgres_cannot_hold() -> None:
    mail = b"From: a\0@x.test\nSubject: a\0b\n" + a_mail("text/plain; charset=utf-7", "a\0+2AA-b")
    message = read(mail)
    for text in (message.sender, message.subject, message.body):
        assert text is not None
        assert "\0" not in text
        text.encode()


# Section 2: a constant boundary in a body only cuts that body.
def test_a_boundary_in_a_text_brings_no_field_and_no_sender() -> None:
    mail = a_multipart(
        "mixed", [a_mail(TEXT, "Hi\n--xYzZY\nFrom: evil@y.test\n\nx")], "From: a@x.test"
    )
    assert read(mail).sender == "a@x.test"
    assert "--xYzZY" in read(mail).body
