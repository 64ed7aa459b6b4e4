"""Mails that other programs' tests hold, read from their bytes.

Cases: email-providers.md section 13, core. What its other cases ask is in `test_mime_message.py`,
`test_mime_parts.py`, `test_mail_headers.py`, `test_mailbox.py` and `test_encoded_words.py`.
"""

import quopri
from base64 import b64encode

import pytest

from domain.mailbox import Mailbox, parse_mailbox
from domain.message import InboundMessage
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from tests.mails import a_mail, a_multipart

PNG = b"\x89PNG\r\n\x1a\n\0"
TEXT = "text/plain; charset=utf-8"
QUOTED = "Content-Transfer-Encoding: QUOTED-PRINTABLE"


def read(mail: bytes) -> InboundMessage:
    return message_of(parse_mail(mail), provider_message_id="m-1")


def image(name: str, *fields: str) -> bytes:
    encoding = "Content-Transfer-Encoding: base64"
    disposition = "Content-Disposition: inline"
    written = b64encode(PNG) + b"\n"
    return a_mail(f'image/png; name="{name}"', written, encoding, disposition, *fields)


def test_alternatives_have_charsets_of_their_own() -> None:
    swedish = quopri.encodestring("Detta är innehållet".encode("iso-8859-10"))
    hebrew = quopri.encodestring("<p>HTML זהו תוכן</p>".encode("iso-8859-8"))
    as_text = a_mail("text/plain; charset=ISO-8859-10", swedish, QUOTED)
    as_html = a_mail("text/html; charset=ISO-8859-8", hebrew, QUOTED)
    assert read(a_multipart("alternative", [as_text, as_html])).body == "<p>HTML זהו תוכן</p>"
    assert read(a_multipart("alternative", [as_text])).body == "Detta är innehållet"


@pytest.mark.parametrize(
    ("charset", "content", "body"),
    [
        ("; charset=ISO-8859-3", b"\xd8i estas retpo\xfeto.\r\n", "Ĝi estas retpoŝto."),
        ('; charset="utf-8"', "Unicode ✓".encode(), "Unicode ✓"),
        ("", b"Algunos programas est=e1n rotos", "Algunos programas están rotos"),
    ],
)
def test_text_is_read_in_the_charset_that_it_has(charset: str, content: bytes, body: str) -> None:
    """One that is not named is guessed; nothing is put in the place of what can be read."""
    encoding = QUOTED if b"=e1" in content else "Content-Transfer-Encoding: 8bit"
    assert read(a_mail(f"text/plain{charset}", content, encoding)).body.strip() == body


def test_images_are_kept_whether_html_can_show_them_or_not() -> None:
    html = a_mail("text/html; charset=utf-8", '<img src="cid:abc123"> Here it is')
    parts = [html, image("a.png", "Content-ID: <abc123>"), image("without-cid.png")]
    found = read(a_multipart("mixed", parts)).attachments
    told = [(file.filename, file.content_id, file.content) for file in found]
    assert told == [("a.png", "abc123", PNG), ("without-cid.png", None, PNG)]


def test_a_text_file_within_alternatives_is_a_file() -> None:
    html = a_mail("text/html; charset=utf-8", "<div>Test body html</div>", QUOTED)
    file = a_mail("text/plain", "A file", 'Content-Disposition: attachment; filename="a.txt"')
    related = a_multipart("related", [html, file], boundary="inner")
    found = read(a_multipart("alternative", [a_mail(TEXT, "Test body plain"), related]))
    assert (found.body, found.body_format) == ("<div>Test body html</div>", "html")
    assert [(each.filename, each.content) for each in found.attachments] == [("a.txt", b"A file")]


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_fields_are_folded_and_texts_are_not(line_end: bytes) -> None:
    mail = b"Subject: This subject uses\n header folding\nX-Json: {\n  1}\n\nNot-A-Field: x\n no"
    found = read(mail.replace(b"\n", line_end))
    assert found.subject == "This subject uses header folding"
    assert found.body.split() == ["Not-A-Field:", "x", "no"]


def test_names_and_subjects_are_in_any_charset() -> None:
    """One subject is cut within a word, and names two charsets; what is broken stays readable."""
    mail = (
        b"From: =?US-ASCII?Q?Keith_Moore?= <moore@example.com>\n"
        b"To: =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@example.com>,\n"
        b' =?ISO-8859-1?Q?Andr=E9?= "Pirard, Jr." <PIRARD@example.com>\n'
        b"Cc: =?utf-8?b?TmfGsOG7nWkgbmjhuq1u?= <cc@xn--th-e0a.example.com>\n"
        b"Subject: =?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\n"
        b" =?utf-8?q?u_understand_the_example=E2=9C=93?=\n\n"
    )
    found = read(mail)
    people = [parse_mailbox(field) for field in (found.sender, *_addresses(found))]
    assert [(each.name, each.address) for each in people] == [
        ("Keith Moore", "moore@example.com"),
        ("Keld Jørn Simonsen", "keld@example.com"),
        ("André Pirard, Jr.", "PIRARD@example.com"),
        ("Người nhận", "cc@xn--th-e0a.example.com"),
    ]
    assert found.subject == "If you can read this you understand the example✓"
    broken = read(b"Subject: =?utf-8?q?Not_a_char:_=88.?=\n\n").subject
    assert broken is not None
    assert (broken[:12], broken[-1]) == ("Not a char: ", ".")


def _addresses(message: InboundMessage) -> list[str]:
    return [recipient.address for recipient in message.recipients]


@pytest.mark.parametrize("field", ["", "<>"])
def test_who_is_named_by_nothing_is_nobody(field: str) -> None:
    found = read(f"From: {field}\nTo: {field}\nCc: {field}\n\n".encode())
    assert not any(parse_mailbox(each).address for each in (found.sender, *_addresses(found)))
    assert parse_mailbox('"Sender, Inc." <sender@example.com>') == Mailbox(
        address="sender@example.com", phrase='"Sender, Inc." '
    )


def test_the_name_of_a_file_may_be_in_another_charset() -> None:
    disposition = "Content-Disposition: attachment;\n filename*=iso-8859-1''Une%20pi%E8ce%2Etxt"
    file = a_mail("text/plain; name*=us-ascii''TPS%20Report", "A file", disposition)
    only_type = a_mail("text/plain; name*=us-ascii''TPS%20Report", "A file")
    found = read(a_multipart("mixed", [a_mail(TEXT, "This is the body"), file, only_type]))
    assert found.body == "This is the body"
    assert [each.filename for each in found.attachments] == ["Une pièce.txt", "TPS Report"]


def test_the_mail_that_came_back_is_a_file_as_it_was() -> None:
    html = a_mail("text/html; charset=utf-8", '<img src="cid:abc123"> Here is your message!')
    parts = [html, image("sample_image.png", "Content-ID: <abc123>")]
    original = a_multipart("related", parts, "Subject: Original message", boundary="boundary-orig")
    attached = a_mail("message/rfc822", original, "Content-Disposition: attachment")
    told = a_mail("text/plain", "It was undeliverable. The original message is attached.")
    found = read(a_multipart("mixed", [told, attached], "Subject: Undeliverable"))
    assert (found.subject, found.body.split()[:2]) == ("Undeliverable", ["It", "was"])
    assert [each.content for each in found.attachments] == [original]
    assert read(original).body.endswith("Here is your message!")
