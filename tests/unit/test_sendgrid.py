"""SendGrid's Inbound Parse: forms in the charsets of their senders, and who may post them.

Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email (fields, and how they are
secured); the fields of a mail in several charsets are those of email-providers.md section 2.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from samples import NOW, OWN_EMAIL, claimed, posted, read_back

from domain.basic_auth import basic_credentials
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import Attachment, InboundMessage, Recipient, ThreadHeaders
from domain.provider import ReadingContext
from domain.signature import explain_signature, verify
from providers import sendgrid
from simulation.multipart import PostedFile, write_multipart
from tests.mails import a_mail, a_multipart

MAIL: dict[str, str | bytes] = {
    "headers": "Date: Fri, 01 Nov 2024 14:00:00 +0000\nMessage-ID: <2@mail.example.com>\n"
    "In-Reply-To: <1@mail.example.com>\nReferences: <1@mail.example.com>\n"
    "X-Long: a\n  folded line\n",
    "dkim": "{@example.org : pass}",
    "to": "Help <help@example.com>, ben@example.org",
    "cc": "cc@example.com",
    "html": "<p>Hello</p>",
    "from": "Ann <ann@example.org>",
    "text": "Hello",
    "sender_ip": "10.10.1.71",
    "envelope": '{"to":["help@example.com"],"from":"bounce@Example.org"}',
    "attachments": "0",
    "subject": "Test subject",
    "charsets": '{"to":"UTF-8","html":"UTF-8","subject":"UTF-8","from":"UTF-8","text":"UTF-8"}',
    "SPF": "pass",
}
RAW = a_multipart(
    "mixed",
    [
        a_mail("text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe\n"),
        a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
    ],
    "From: Ann <ann@example.org>",
    "To: help@example.com",
    "Subject: Raw",
    "Message-ID: <3@mail.example.com>",
)
TIME = str(int(NOW.timestamp()))


def public_key(private: EllipticCurvePrivateKey) -> str:
    """Write a public key as SendGrid shows it."""
    key = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(key).decode()


PRIVATE = generate_private_key(SECP256R1())
PUBLIC = public_key(PRIVATE)


def form(*files: PostedFile, **changes: str | bytes | None) -> Delivery:
    fields = {name: value for name, value in (MAIL | changes).items() if value is not None}
    content_type, body = write_multipart(fields, files)
    return posted(body, {"content-type": content_type})


def whole(mail: bytes = RAW, **changes: str) -> Delivery:
    """Write what is posted with "POST the raw, full MIME message" ticked."""
    names = ("dkim", "envelope", "SPF", "sender_ip", "from", "to", "subject", "charsets")
    fields = {name: MAIL[name] for name in names}
    content_type, body = write_multipart({"email": mail, **fields, **changes}, [])
    return posted(body, {"content-type": content_type})


def mail(delivery: Delivery) -> InboundMessage:
    reading = read_back(sendgrid, delivery, "email")
    assert isinstance(reading, InboundMessage)
    return reading


def key_of(delivery: Delivery) -> str:
    (event,) = sendgrid.split(delivery, "email")
    return event.dedup_key


def with_part(delivery: Delivery, name: str, value: bytes) -> Delivery:
    """Let a text have a line that is the boundary, and a field of its own after it."""
    part = b'\r\n--xYzZY\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % name.encode()
    return replace(delivery, body=delivery.body.replace(b"Hello", b"Hello" + part + value, 1))


def test_a_mail_in_pieces() -> None:
    read = mail(form())
    assert read == InboundMessage(
        kind="email",
        provider_message_id=read.provider_message_id,
        sender="Ann <ann@example.org>",
        recipients=(
            Recipient(role="to", address="Help <help@example.com>"),
            Recipient(role="to", address="ben@example.org"),
            Recipient(role="cc", address="cc@example.com"),
        ),
        body="<p>Hello</p>",
        body_format="html",
        subject="Test subject",
        sent_at=datetime(2024, 11, 1, 14, tzinfo=UTC),
        thread=ThreadHeaders(
            message_id="2@mail.example.com",
            in_reply_to=("1@mail.example.com",),
            references=("1@mail.example.com",),
        ),
        mail_class="human",
    )


def test_each_field_is_read_in_its_own_charset() -> None:
    charsets = {"subject": "cp850", "text": "windows-1252", "html": "iso-8859-1", "to": "UTF-8"}
    fields: dict[str, str | bytes | None] = {
        "subject": "Como pidió".encode("cp850"),
        "text": "Test body plain – “quoted”".encode("cp1252"),
        "html": "<p>¿Esto se ve?</p>".encode("latin-1"),
        "charsets": msgspec.json.encode(charsets).decode(),
    }
    read = mail(form(**fields))
    assert (read.subject, read.body) == ("Como pidió", "<p>¿Esto se ve?</p>")
    assert mail(form(**fields | {"html": None})).body == "Test body plain – “quoted”"
    assert mail(form(charsets="{", subject="schön")).subject == "schön"


def test_who_had_a_blind_copy_may_be_told_in_the_header() -> None:
    """Some programs leave the field there; it is read of whole mails, too."""
    read = mail(form(headers="Bcc: Help <help@example.com>\n", to="ben@example.org", cc=None))
    assert read.recipients == (
        Recipient(role="to", address="ben@example.org"),
        Recipient(role="bcc", address="Help <help@example.com>"),
    )


def test_files_and_what_the_mail_calls_them() -> None:
    info = {
        "attachment1": {"filename": "Prü.txt", "name": "Prü.txt", "type": "text/plain"},
        "attachment2": {"filename": "logo.png", "type": "image/png", "content-id": "logo@x"},
    }
    files = [
        PostedFile(name="attachment1", file=Attachment(content=b"\xff\0", filename="?")),
        PostedFile(name="attachment2", file=Attachment(content=b"png\r\n", filename="logo.png")),
        PostedFile(
            name="attachment3",
            file=Attachment(content=b"eml", content_type="message/rfc822", filename="a\\b.eml"),
        ),
    ]
    told = {"attachment-info": msgspec.json.encode(info).decode()}
    assert mail(form(*files, **told, **{"content-ids": '{"b@x":"attachment3"}'})).attachments == (
        Attachment(content=b"\xff\0", content_type="text/plain", filename="Prü.txt"),
        Attachment(
            content=b"png\r\n", content_type="image/png", filename="logo.png", content_id="logo@x"
        ),
        Attachment(
            content=b"eml", content_type="message/rfc822", filename="b.eml", content_id="b@x"
        ),
    )


def test_a_file_without_a_file_name_is_a_file() -> None:
    assert mail(form(attachment1=b"abc")).attachments == (Attachment(content=b"abc"),)


def test_a_whole_mail_is_read_from_its_bytes() -> None:
    read = mail(whole())
    assert (read.sender, read.subject, read.body) == ("Ann <ann@example.org>", "Raw", "Grüße")
    assert [file.filename for file in read.attachments] == ["a.pdf"]
    assert len(mail(whole(b"From: a@x.test\n\n" + b"x" * 2_000_000)).body) == 2_000_000


def test_where_it_was_sent_to_counts_only_if_it_is_ours() -> None:
    envelope = '{"to":["sales@example.com","relay@in.example.com"],"from":""}'
    delivery = form(envelope=envelope)
    (event,) = sendgrid.split(delivery, "email")
    context = ReadingContext(
        kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, "sales@example.com")
    )
    read = sendgrid.read(claimed(event, "sendgrid", delivery.content_type), context)
    assert isinstance(read, InboundMessage)
    assert read.recipients[3:] == (Recipient(role="bcc", address="sales@example.com"),)


@pytest.mark.parametrize("name", ["envelope", "from", "to", "headers", "charsets", "email"])
def test_what_a_text_adds_to_the_form_is_not_believed(name: str) -> None:
    with pytest.raises(Unreadable, match=r"twice|both"):
        sendgrid.split(with_part(form(), name, b'{"to":["ceo@example.com"]}'), "email")


def test_a_whole_mail_that_adds_pieces_is_not_believed() -> None:
    hostile = a_mail("text/plain", "Hello", "From: ann@example.org")
    for name in ("from", "subject", "headers", "text", "html", "attachment1", "envelope"):
        with pytest.raises(Unreadable, match=r"twice|both"):
            sendgrid.split(with_part(whole(hostile), name, b"x"), "email")
    read = mail(with_part(whole(hostile), "cc", b"ceo@example.com"))
    assert (read.sender, read.recipients) == ("ann@example.org", ())


@pytest.mark.parametrize("missing", ["envelope", "from"])
def test_a_form_that_is_no_mail_is_unreadable(missing: str) -> None:
    with pytest.raises(Unreadable, match="envelope"):
        sendgrid.split(form(**{missing: None}), "email")


def test_a_mail_is_known_by_what_it_says_and_whom_it_was_sent_to() -> None:
    first = form()
    shuffled = dict(reversed(MAIL.items()))
    content_type, body = write_multipart(shuffled, [])
    again = posted(body, {"content-type": content_type})
    assert key_of(first) == key_of(again) == key_of(form(spam_score="0.1"))
    file = PostedFile(name="attachment1", file=Attachment(content=b"x", filename="a"))
    others = [
        form(text="Hello!"), form(subject="Other"), form(headers="Message-ID: <9@x>\n"),
        form(file), form(envelope='{"to":["sales@example.com"],"from":"bounce@example.org"}'),
        whole(), whole(RAW + b"\n"),
    ]  # fmt: skip
    assert len({key_of(each) for each in (first, *others)}) == 8
    spelled = '{"to":["help@EXAMPLE.com"],"from":"bounce@example.org"}'
    assert key_of(form(envelope=spelled)) == key_of(first)


def sign(delivery: Delivery, timestamp: str = TIME) -> Mapping[str, str]:
    """Sign as the documentation says, independently of the code under test."""
    signature = PRIVATE.sign(timestamp.encode() + delivery.body, ECDSA(SHA256()))
    return {
        **delivery.headers,
        "x-twilio-email-event-webhook-signature": b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }


def reason(delivery: Delivery, *secrets: str, now: datetime = NOW) -> str:
    return verify(sendgrid.signed(delivery, secrets, now)).reason


def test_a_signature_is_over_time_and_body() -> None:
    plain = form()
    delivery = replace(plain, headers=sign(plain))
    assert reason(delivery, PUBLIC) == "verified"
    assert reason(delivery, "a password", PUBLIC) == "verified"
    tampered = replace(delivery, body=delivery.body.replace(b"Hello", b"Hullo"))
    assert reason(tampered, PUBLIC) == "bad_signature"
    assert reason(delivery, PUBLIC, now=NOW + timedelta(hours=95)) == "verified"
    assert reason(delivery, PUBLIC, now=NOW + timedelta(hours=97)) == "stale_signature"
    for name, value in (
        ("x-twilio-email-event-webhook-signature", "%"),
        ("x-twilio-email-event-webhook-signature", b64encode(b"0" * 70).decode()),
        ("x-twilio-email-event-webhook-timestamp", str(int(TIME) + 1)),
    ):
        assert reason(replace(delivery, headers={**delivery.headers, name: value}), PUBLIC) == (
            "bad_signature"
        )
    assert explain_signature(sendgrid.signed(delivery, [PUBLIC], NOW)).is_match


def test_where_a_key_is_set_nothing_unsigned_is_let_in() -> None:
    """A public key is no password: anybody may know it."""
    plain = form()
    assert reason(plain, PUBLIC) == "missing_signature"
    guessed = replace(
        plain, headers={**plain.headers, "authorization": basic_credentials("inlet", PUBLIC)}
    )
    assert reason(guessed, PUBLIC) == "no_secret"
    known = {**plain.headers, "authorization": basic_credentials("inlet", "a password")}
    assert reason(replace(plain, headers=known), "a password", PUBLIC) == "verified"
    assert reason(replace(plain, headers=known), "another", PUBLIC) == "bad_signature"
