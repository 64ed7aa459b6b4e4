"""Mailgun's forms and events, and the mails that it is sent.

Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/ (mails),
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks (signature),
https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages (sending).
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, outbound_mail, posted, read_back

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    Recipient,
    ThreadHeaders,
)
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import verify
from providers import mailgun
from simulation.multipart import PostedFile, write_multipart
from tests.mails import a_mail, a_multipart

FORM = "application/x-www-form-urlencoded"
KEY = "a signing key"
TIME = str(int(NOW.timestamp()))
TOKEN = "t" * 50
SIGNATURE = hmac.digest(KEY.encode(), f"{TIME}{TOKEN}".encode(), "sha256").hex()
SIGNED = {"timestamp": TIME, "token": TOKEN, "signature": SIGNATURE}
MAIL = {
    "recipient": "help@example.com",
    "sender": "envelope-from@example.org",
    "subject": "Test subject",
    "from": '"Displayed From" <from+test@example.org>',
    "X-Mailgun-Sflag": "No",
    "Received": "by mxa.example.org",
    "To": '"Help" <help@example.com>, ben@example.org',
    "Cc": "cc@example.com",
    "body-plain": "Test body plain",
    "body-html": "<div>Test body html</div>",
    "stripped-text": "stripped plaintext body",
    "message-headers": msgspec.json.encode([
        ["X-Mailgun-Sflag", "No"],
        ["Received", "by mxa.example.org"],
        ["Received", "by 10.10.1.71"],
        ["Message-Id", "<2@mail.example.com>"],
        ["References", "<0@mail.example.com> <1@mail.example.com>"],
        ["In-Reply-To", "<1@mail.example.com>"],
        ["Date", "Wed, 11 Oct 2017 18:31:04 -0700"],
        ["To", '"Help" <help@example.com>, ben@example.org'],
        ["Cc", "cc@example.com"],
    ]).decode(),
    **SIGNED,
}  # fmt: skip
EVENT: dict[str, Any] = {
    "event": "delivered",
    "id": "hK7mQVt1QtqRiOfQXta4sw",
    "timestamp": 1730469594.9,
    "recipient": "ann@example.com",
    "message": {"headers": {"message-id": "aaaa@example.com", "to": "ann@example.com"}},
    "delivery-status": {"code": 250, "message": "OK"},
}
CHANNEL = channel("mailgun", "email", (KEY,), "an API key")
OUTBOUND = outbound_mail("mailgun")


def form(**changes: str | None) -> Delivery:
    fields = {name: value for name, value in (MAIL | changes).items() if value is not None}
    return posted(urlencode(fields).encode(), {"content-type": FORM})


def with_files(*files: PostedFile, **changes: str) -> Delivery:
    content_type, body = write_multipart(MAIL | changes, files)
    return posted(body, {"content-type": content_type})


def event(**changes: object) -> Delivery:
    body = msgspec.json.encode({"signature": SIGNED, "event-data": EVENT | changes})
    return posted(body, {"content-type": "application/json"})


def mail(delivery: Delivery) -> InboundMessage:
    reading = read_back(mailgun, delivery, "email")
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(delivery: Delivery) -> DeliveryReceipt:
    reading = read_back(mailgun, delivery, "email")
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_a_mail_in_pieces() -> None:
    assert mail(form()) == InboundMessage(
        kind="email",
        provider_message_id=TOKEN,
        sender='"Displayed From" <from+test@example.org>',
        recipients=(
            Recipient(role="to", address='"Help" <help@example.com>'),
            Recipient(role="to", address="ben@example.org"),
            Recipient(role="cc", address="cc@example.com"),
        ),
        body="<div>Test body html</div>",
        body_format="html",
        subject="Test subject",
        sent_at=datetime(2017, 10, 12, 1, 31, 4, tzinfo=UTC),
        thread=ThreadHeaders(
            message_id="2@mail.example.com",
            in_reply_to=("1@mail.example.com",),
            references=("0@mail.example.com", "1@mail.example.com"),
        ),
        mail_class="human",
    )


def test_where_it_was_sent_to_counts_only_if_it_is_ours() -> None:
    context = ReadingContext(
        kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, "sales@example.com")
    )
    for recipient, count in (("sales@example.com", 4), ("match@in.example.com", 3)):
        (found,) = mailgun.split(form(recipient=recipient), "email")
        reading = mailgun.read(claimed(found, "mailgun", FORM), context)
        assert isinstance(reading, InboundMessage)
        assert len(reading.recipients) == count


def test_who_had_a_blind_copy_may_be_told_in_the_header() -> None:
    """Some programs leave the field there; it is read of whole mails, too."""
    told = msgspec.json.encode([["To", "ben@example.org"], ["Bcc", "help@example.com"]]).decode()
    assert mail(form(**{"message-headers": told})).recipients == (
        Recipient(role="to", address="ben@example.org"),
        Recipient(role="bcc", address="help@example.com"),
    )


def test_files_and_what_the_mail_calls_them() -> None:
    """Programs repeat keys of the map, also empty ones; a file may have no name."""
    text = Attachment(content=b"\xff\0", content_type="text/plain; charset=x", filename="Prü.txt")
    image = Attachment(content=b"png\r\n", content_type="image/png", filename="logo.png")
    nameless = Attachment(content=b"eml", content_type="message/rfc822")
    delivery = with_files(
        PostedFile(name="attachment-1", file=text),
        PostedFile(name="attachment-2", file=image),
        PostedFile(name="attachment-3", file=nameless),
        **{
            "attachment-count": "3",
            "content-id-map": '{"": "attachment-1", "": "attachment-3", "<a@b>": "attachment-2"}',
        },
    )
    named = replace(image, content_id="a@b")
    assert mail(delivery).attachments == (text, named, nameless)


def test_what_is_named_twice_names_both() -> None:
    """Seen in webhooks of Mailgun: keys that come again, empty ones and others."""
    files = [
        PostedFile(name=f"attachment-{number}", file=Attachment(content=b"%d" % number))
        for number in range(1, 5)
    ]
    written = '{"": "attachment-1", "": "attachment-2", "<abc>": "attachment-3", "<abc>": '
    read = mail(with_files(*files, **{"content-id-map": written + '"attachment-4"}'}))
    assert [file.content_id for file in read.attachments] == [None, None, "abc", "abc"]
    assert [file.content for file in read.attachments] == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("named", [b"", b"; filename*=utf-8''a.pdf"])
def test_a_file_without_a_file_name_is_a_file(named: bytes) -> None:
    """RFC 7578 section 4.2 forbids the other form of a name."""
    content_type, body = write_multipart(MAIL, [])
    disposition = b'Content-Disposition: form-data; name="attachment-1"'
    part = b"--xYzZY\r\n" + disposition + named + b"\r\n\r\nabc\r\n"
    read = mail(posted(part + body, {"content-type": content_type}))
    assert read.attachments == (Attachment(content=b"abc"),)


def test_what_a_route_stores_is_named_where_it_is() -> None:
    stored = [
        {"url": "https://storage.mailgun.net/1", "name": "a.pdf", "size": 7,
            "content-type": "application/pdf"},
        {"name": "lost"},
    ]  # fmt: skip
    assert mail(form(attachments=msgspec.json.encode(stored).decode())).attachments == (
        Attachment(
            url="https://storage.mailgun.net/1",
            content_type="application/pdf",
            filename="a.pdf",
            size_bytes=7,
        ),
    )


@pytest.mark.parametrize("is_multipart", [False, True])
def test_a_whole_mail_is_read_from_its_bytes_alone(is_multipart: bool) -> None:
    raw = a_multipart(
        "mixed",
        [
            a_mail("text/plain; charset=iso-8859-1", b"Gr\xfc\xdfe\n"),
            a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
        ],
        "From: Ann <ann@example.com>",
        "To: help@example.com",
        "Subject: Raw",
        "Message-ID: <3@mail.example.com>",
    )
    fields: dict[str, str | bytes] = {**SIGNED, "recipient": OWN_EMAIL, "body-mime": raw}
    if is_multipart:
        content_type, body = write_multipart(fields, [])
    else:
        content_type, body = FORM, urlencode(fields).encode()
    read = mail(posted(body, {"content-type": content_type}))
    assert (read.sender, read.subject, read.body) == ("Ann <ann@example.com>", "Raw", "Grüße")
    assert [file.content for file in read.attachments] == [b"pdf"]
    assert read.thread == ThreadHeaders(
        message_id="3@mail.example.com", in_reply_to=(), references=()
    )


@pytest.mark.parametrize("name", ["token", "from", "body-plain", "body-mime"])
def test_a_field_that_comes_twice_is_not_believed(name: str) -> None:
    body = form(**{"body-mime": "x"}).body + urlencode({name: "forged"}).join(("&", "")).encode()
    with pytest.raises(Unreadable, match="twice"):
        mail(posted(body, {"content-type": FORM}))
    assert read_back(mailgun, posted(form().body + b"&Received=2", {"content-type": FORM}), "email")


@pytest.mark.parametrize(
    "word", ["delivered", "dropped", "bounced", "complained", "unsubscribed", "opened", "clicked"]
)
def test_an_older_webhook_is_unreadable(word: str) -> None:
    """Its variables may be called as its own fields: then one comes twice."""
    with pytest.raises(Unreadable, match="type JSON"):
        mail(form(event=word, code="550", domain="example.com"))
    with pytest.raises(Unreadable, match="twice"):
        mail(posted(form(event=word).body + b"&timestamp=variable", {"content-type": FORM}))


def test_variables_of_a_mail_are_no_fields_of_its_event() -> None:
    variables = {"event": "opened", "timestamp": "1", "token": "2", "id": "3", "recipient": "x"}
    assert receipt(event(**{"user-variables": variables})) == receipt(event())


@pytest.mark.parametrize(
    ("changes", "status", "word", "code"),
    [
        ({}, "delivered", "delivered", None),
        ({"event": "accepted", "delivery-status": None}, "queued", "accepted", None),
        ({"event": "opened"}, "opened", "opened", None),
        ({"event": "clicked"}, "clicked", "clicked", None),
        ({"event": "complained"}, "complained", "complained", None),
        ({"event": "unsubscribed"}, "unknown", "unsubscribed", None),
        ({"event": "rejected", "reject": {"reason": "virus"}}, "failed", "rejected", "250"),
        ({"event": "failed", "severity": "permanent", "delivery-status": {"code": 550}},
            "bounced", "permanent_fail", "550"),
        ({"event": "failed", "severity": "temporary", "delivery-status": {"code": 421}},
            "unknown", "temporary_fail", None),
        ({"event": "failed", "severity": "permanent", "delivery-status": None},
            "bounced", "permanent_fail", None),
        ({"event": "list_member_uploaded"}, "unknown", "list_member_uploaded", None),
    ],
)  # fmt: skip
def test_events(changes: dict[str, object], status: str, word: str, code: str | None) -> None:
    read = receipt(event(**changes))
    assert (read.status, read.provider_status, read.error_code) == (status, word, code)
    assert read.provider_message_id == "aaaa@example.com"
    assert read.occurred_at == datetime(2024, 11, 1, 13, 59, 54, 900000, tzinfo=UTC)


def test_a_token_counts_once_whatever_it_comes_with() -> None:
    """Who has seen one signature can write any body under it."""
    deliveries = (form(), form(**{"body-plain": "forged"}), event(), event(event="opened"))
    keys = {mailgun.split(delivery, "email")[0].dedup_key for delivery in deliveries}
    assert len(keys) == 1


@pytest.mark.parametrize("of", [form, event])
def test_the_signature_is_over_time_and_token(of: Any) -> None:
    delivery = of()
    assert verify(mailgun.signed(delivery, [KEY], NOW)).is_authentic
    assert verify(mailgun.signed(delivery, ["new", KEY], NOW)).is_authentic
    assert verify(mailgun.signed(delivery, ["new"], NOW)).reason == "bad_signature"
    for later in (timedelta(hours=23), timedelta(hours=-23)):
        assert verify(mailgun.signed(delivery, [KEY], NOW + later)).is_authentic
    for later in (timedelta(hours=25), timedelta(hours=-25)):
        assert verify(mailgun.signed(delivery, [KEY], NOW + later)).reason == "stale_signature"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"signature": SIGNATURE.upper()}, "verified"),
        ({"signature": None}, "missing_signature"),
        ({"signature": ""}, "missing_signature"),
        ({"signature": "0" * 64}, "bad_signature"),
        ({"token": "u" * 50}, "bad_signature"),
        ({"timestamp": str(int(TIME) + 1)}, "bad_signature"),
        ({"timestamp": "soon"}, "stale_signature"),
        ({"timestamp": None}, "stale_signature"),
    ],
)
def test_what_is_not_signed_is_refused(changes: dict[str, str | None], reason: str) -> None:
    assert verify(mailgun.signed(form(**changes), [KEY], NOW)).reason == reason


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM), (b"token=", FORM), (b"{}", "application/json"), (b"", "text/plain"),
        (b"&" * 20_000, FORM), (b"--x", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
    ],
)  # fmt: skip
def test_what_has_no_token_is_unreadable(body: bytes, content_type: str) -> None:
    delivery = posted(body, {"content-type": content_type})
    assert verify(mailgun.signed(delivery, [KEY], NOW)).reason == "missing_signature"
    with pytest.raises(Unreadable):
        mailgun.split(delivery, "email")


def test_a_mail_is_sent_as_a_form() -> None:
    request = mailgun.compose_send(OUTBOUND, CHANNEL, NOW)
    assert request.url == "https://api.mailgun.net/v3/example.com/messages"
    assert request.headers["authorization"] == "Basic " + b64encode(b"api:an API key").decode()
    assert parse_qsl(request.body.decode()) == [
        ("from", "help@example.com"),
        ("to", "ann@example.org"),
        ("to", "cat@example.org"),
        ("cc", "ben@example.org"),
        ("subject", "Re: Order"),
        ("text", "Grüße 👍"),
        ("h:Message-ID", "<aaaa@example.com>"),
        ("h:In-Reply-To", "<2@mail>"),
        ("h:References", "<1@mail> <2@mail>"),
    ]


def test_a_channel_names_its_domain_or_where_it_sends() -> None:
    named = replace(CHANNEL, account="mg.example.com")
    assert mailgun.compose_send(OUTBOUND, named, NOW).url.endswith("/v3/mg.example.com/messages")
    europe = replace(CHANNEL, send_url="https://api.eu.mailgun.net/v3/example.com/messages")
    assert mailgun.compose_send(OUTBOUND, europe, NOW).url == europe.send_url
    assert mailgun.obstacle(CHANNEL, has_credential=True, recipients=9) is None
    assert "API key" in (mailgun.obstacle(CHANNEL, has_credential=False, recipients=1) or "")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"id": "<aaaa@example.com>", "message": "Queued. Thank you."}',
            Sent(provider_message_id="aaaa@example.com")),
        (200, b'"Mailgun Magnificent API"',
            Failed(code="wrong_url",
                reason="the channel's send URL is no place where Mailgun takes mail")),
        (400, b'{"message": "to parameter is not a valid address: ann@"}',
            Failed(code="http_400", reason="Mailgun did not deliver it (error http_400)")),
        (401, b"Forbidden",
            Failed(code="http_401", reason="Mailgun does not accept the channel's API key")),
        (429, b"", Retry(after_seconds=None, code="http_429", detail="the provider answered 429")),
        (502, b"", Retry(after_seconds=None, code="http_502", detail="the provider answered 502")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert mailgun.read_answer(status, {}, body) == outcome
