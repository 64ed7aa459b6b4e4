"""Postmark's mails and receipts, and the mails that it is sent.

Source: https://postmarkapp.com/developer/webhooks/inbound-webhook (mails),
https://postmarkapp.com/developer/webhooks/webhooks-overview (receipts),
https://postmarkapp.com/developer/api/email-api (sending).
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, outbound_mail, posted, read_back

from domain.errors import Unreadable
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    MailReport,
    Reading,
    Recipient,
    ThreadHeaders,
)
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import verify
from providers import postmark
from tests.mails import a_mail, a_multipart

MAIL: dict[str, Any] = {
    "FromName": "Postmarkapp Support",
    "MessageStream": "inbound",
    "From": "support@postmarkapp.com",
    "FromFull": {
        "Email": "support@postmarkapp.com", "Name": "Postmarkapp Support", "MailboxHash": "",
    },
    "To": '"Help" <help@example.com>',
    "ToFull": [
        {"Email": "help@example.com", "Name": "Help", "MailboxHash": ""},
        {"Email": "ben@example.org", "Name": "", "MailboxHash": ""},
    ],
    "Cc": '"Firstname, Last" <cc@example.com>',
    "CcFull": [{"Email": "cc@example.com", "Name": "Firstname, Last", "MailboxHash": ""}],
    "Bcc": "",
    "BccFull": [],
    "OriginalRecipient": "451d9b70cf9364d23ff6f9d51d870251569e+ahoy@inbound.postmarkapp.com",
    "Subject": "Test subject",
    "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
    "ReplyTo": "other@example.com",
    "MailboxHash": "ahoy",
    "Date": "Fri, 1 Aug 2014 16:45:32 -0400",
    "TextBody": "This is a test text body.",
    "HtmlBody": "<html><body><p>This is a test.</p></body></html>",
    "StrippedTextReply": "",
    "Tag": "",
    "Headers": [
        {"Name": "Return-Path", "Value": "<bounces@postmarkapp.com>"},
        {"Name": "Received", "Value": "by mx.example.com"},
        {"Name": "X-Spam-Status", "Value": "No"},
        {"Name": "Message-ID", "Value": "<2@mail.example.com>"},
        {"Name": "In-Reply-To", "Value": "<1@mail.example.com>"},
        {"Name": "References", "Value": "<0@mail.example.com> <1@mail.example.com>"},
        {"Name": "Return-Path", "Value": "<>"},
    ],
    "Attachments": [],
}  # fmt: skip
RAW = a_multipart(
    "mixed",
    [
        a_mail("text/plain; charset=utf-8", "Grüße\n"),
        a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
    ],
    "From: Ann <ann@example.com>",
    "To: help@example.com",
    "Subject: Raw",
    "Message-ID: <3@mail.example.com>",
)
RECEIPT = {
    "RecordType": "Delivery",
    "ServerID": 23,
    "MessageStream": "outbound",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Recipient": "john@example.com",
    "Tag": "welcome-email",
    "DeliveredAt": "2024-11-01T13:59:54.9070259Z",
    "Details": "Test delivery webhook details",
    "Metadata": {"a_key": "a_value"},
}
CHANNEL = channel("postmark", "email", ("a password",), "a server token")
OUTBOUND = outbound_mail("postmark")


def reading_of(*own: str, **changes: object) -> Reading:
    """Read a mail on a channel that has further own addresses."""
    (event,) = postmark.split(posted(msgspec.json.encode(MAIL | changes)), "email")
    context = ReadingContext(kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, *own))
    return postmark.read(claimed(event, "postmark"), context)


def mail(*own: str, **changes: object) -> InboundMessage:
    reading = reading_of(*own, **changes)
    assert isinstance(reading, InboundMessage)
    return reading


def test_a_mail_in_pieces() -> None:
    """The first Return-Path is the envelope's; a later one is its sender's, and would be a lie."""
    assert mail() == InboundMessage(
        kind="email",
        provider_message_id="73e6d360-66eb-11e1-8e72-a8904824019b",
        sender='"Postmarkapp Support" <support@postmarkapp.com>',
        recipients=(
            Recipient(role="to", address='"Help" <help@example.com>'),
            Recipient(role="to", address="ben@example.org"),
            Recipient(role="cc", address='"Firstname, Last" <cc@example.com>'),
        ),
        body="<html><body><p>This is a test.</p></body></html>",
        body_format="html",
        subject="Test subject",
        sent_at=datetime(2014, 8, 1, 20, 45, 32, tzinfo=UTC),
        thread=ThreadHeaders(
            message_id="2@mail.example.com",
            in_reply_to=("1@mail.example.com",),
            references=("0@mail.example.com", "1@mail.example.com"),
        ),
        mail_class="human",
    )


def test_text_is_shown_where_there_is_no_html() -> None:
    shown = mail(HtmlBody="")
    assert (shown.body, shown.body_format) == ("This is a test text body.", "text")


def test_where_it_was_sent_to_counts_only_if_it_is_ours() -> None:
    """Else whoever answers all would write to the place that we are forwarded to."""
    assert len(mail().recipients) == 3
    hidden = [{"Email": "Sales@example.com", "Name": "", "MailboxHash": ""}]
    alias = Recipient(role="bcc", address="Sales@example.com")
    assert mail("sales@example.com", BccFull=hidden).recipients[3:] == (alias,)
    assert mail("sales@example.com", OriginalRecipient="Sales@example.com").recipients[3:] == (
        alias,
    )


@pytest.mark.parametrize("content", ["Content", "Data"])
def test_files(content: str) -> None:
    files = [
        {"Name": "Prüfung.txt", content: b64encode(b"\xff\0").decode(), "ContentLength": 2,
            "ContentType": "text/plain; charset=utf-8", "ContentID": ""},
        {"Name": "logo.png", content: "cG5n", "ContentType": "image/png",
            "ContentID": "<logo@x>", "ContentLength": 3},
        {"Name": "", content: "", "ContentType": "message/rfc822", "ContentLength": 0},
    ]  # fmt: skip
    assert mail(Attachments=files).attachments == (
        Attachment(
            content=b"\xff\0", content_type="text/plain; charset=utf-8", filename="Prüfung.txt"
        ),
        Attachment(
            content=b"png", content_type="image/png", filename="logo.png", content_id="logo@x"
        ),
        Attachment(content=b"", content_type="message/rfc822"),
    )


def test_a_file_that_is_no_base64_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="base64"):
        mail(Attachments=[{"Name": "a", "Content": "%"}])


def test_a_whole_mail_is_read_from_its_bytes_alone() -> None:
    """What is in pieces beside it says the same again."""
    hidden = [{"Email": "sales@example.com", "Name": ""}]
    files = [{"Name": "a.pdf", "Content": "cGRm", "ContentType": "application/pdf"}]
    read = mail("sales@example.com", RawEmail=RAW.decode(), BccFull=hidden, Attachments=files)
    assert read == InboundMessage(
        kind="email",
        provider_message_id="73e6d360-66eb-11e1-8e72-a8904824019b",
        sender="Ann <ann@example.com>",
        recipients=(
            Recipient(role="to", address="help@example.com"),
            Recipient(role="bcc", address="sales@example.com"),
        ),
        body="Grüße",
        subject="Raw",
        attachments=(Attachment(content=b"pdf", content_type="application/pdf", filename="a.pdf"),),
        thread=ThreadHeaders(message_id="3@mail.example.com", in_reply_to=(), references=()),
        mail_class="human",
    )


def test_what_the_console_posts_to_try_the_url_is_a_mail_each_time() -> None:
    body = msgspec.json.encode(MAIL | {"MessageID": "00000000-0000-0000-0000-000000000000"})
    first = posted(body)
    again = replace(first, received_at=datetime(2024, 11, 1, 14, 1, tzinfo=UTC))
    keys = [postmark.split(delivery, "email")[0].dedup_key for delivery in (first, first, again)]
    assert keys[0] == keys[1] != keys[2]
    reading = read_back(postmark, first, "email")
    assert isinstance(reading, InboundMessage)


@pytest.mark.parametrize("raw", [{}, {"RawEmail": RAW.decode()}])
def test_what_the_console_posts_has_files_of_its_own_kind(raw: dict[str, object]) -> None:
    """Their bytes are in `Data`, and no field of the mail but one is in its header."""
    file = {"Name": "a.pdf", "ContentType": "application/pdf", "Data": "cGRm", "ContentLength": 3}
    sample: dict[str, object] = {"Headers": [{"Name": "X-Header-Test", "Value": ""}]}
    identity = "00000000-0000-0000-0000-000000000000"
    read = mail(**sample, **raw, MessageID=identity, Tag="TestTag", Attachments=[file])
    assert [each.content for each in read.attachments] == [b"pdf"]
    assert read.provider_message_id.startswith(identity)


def test_a_long_name_is_a_name() -> None:
    name = '👍 "Ann" https://example.com/' + "x" * 300
    read = mail(FromFull={"Email": "ann@example.com", "Name": name})
    assert read.sender.endswith(" <ann@example.com>")
    assert read.sender.startswith('"👍 \\"Ann\\" https')


def test_a_mail_whose_pieces_are_missing_is_a_mail() -> None:
    (event,) = postmark.split(posted(b'{"MessageID": "m-1"}'), "email")
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    reading = postmark.read(claimed(event, "postmark"), context)
    assert isinstance(reading, InboundMessage)
    assert (reading.sender, reading.body, reading.subject) == ("", "", None)


def test_a_bounce_in_pieces_reports() -> None:
    status = b"Final-Recipient: rfc822; ann@x.test\nAction: failed\nStatus: 5.1.1\n"
    returned = b"Message-ID: <aaaa@example.com>\n\nhello"
    files = [
        {"Name": "details.txt", "Content": b64encode(status).decode(),
            "ContentType": "message/delivery-status"},
        {"Name": "message.eml", "Content": b64encode(returned).decode(),
            "ContentType": "message/rfc822"},
    ]  # fmt: skip
    read = mail(Attachments=files)
    assert read.mail_class == "bounce"
    assert read.report == MailReport(
        original_message_id="aaaa@example.com",
        status="bounced",
        word="failed",
        error_code="5.1.1",
        recipients=("ann@x.test",),
        is_permanent=True,
    )


@pytest.mark.parametrize(
    ("changes", "status", "word", "code"),
    [
        ({}, "delivered", "Delivery", None),
        ({"RecordType": "Open", "FirstOpen": True}, "opened", "Open", None),
        ({"RecordType": "Click", "OriginalLink": "https://x.test"}, "clicked", "Click", None),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, "complained", "SpamComplaint",
            None),
        ({"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1}, "bounced", "HardBounce",
            "HardBounce"),
        ({"RecordType": "Bounce", "Type": "SoftBounce"}, "bounced", "SoftBounce", "SoftBounce"),
        ({"RecordType": "Bounce", "Type": "SMTPApiError"}, "failed", "SMTPApiError",
            "SMTPApiError"),
        ({"RecordType": "Bounce", "Type": "Transient"}, "unknown", "Transient", None),
        ({"RecordType": "Bounce", "Type": "AutoResponder"}, "unknown", "AutoResponder", None),
        ({"RecordType": "Bounce"}, "unknown", "Bounce", None),
        ({"RecordType": "SubscriptionChange"}, "unknown", "SubscriptionChange", None),
    ],
)  # fmt: skip
def test_receipts(changes: dict[str, object], status: str, word: str, code: str | None) -> None:
    reading = read_back(postmark, posted(msgspec.json.encode(RECEIPT | changes)), "email")
    assert isinstance(reading, DeliveryReceipt)
    assert (reading.status, reading.provider_status, reading.error_code) == (status, word, code)
    assert reading.provider_message_id == RECEIPT["MessageID"]
    assert reading.occurred_at == datetime(2024, 11, 1, 13, 59, 54, 907025, tzinfo=UTC)


def test_each_recipient_and_each_opening_is_a_receipt_of_its_own() -> None:
    variants = [
        {}, {"Recipient": "ann@example.com"}, {"DeliveredAt": "2024-11-01T14:00:00Z"},
        {"RecordType": "Open"}, {"RecordType": "Open", "ReceivedAt": "2024-11-01T14:00:00Z"},
    ]  # fmt: skip
    bodies = [msgspec.json.encode(RECEIPT | changes) for changes in (*variants, {})]
    keys = [postmark.split(posted(body), "email")[0].dedup_key for body in bodies]
    assert len(set(keys)) == 4
    assert keys[0] == keys[-1]
    assert not any("example.com" in key for key in keys)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"MessageID": ""}', b'{"MessageID": 7}'])
def test_what_has_no_id_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        postmark.split(posted(body), "email")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Basic " + b64encode(b"inlet:a password").decode(), "verified"),
        ("basic  " + b64encode(b":a password").decode(), "verified"),
        ("Basic " + b64encode(b"inlet:another").decode(), "bad_signature"),
        ("Basic " + b64encode(b"a password").decode(), "missing_signature"),
        ("Basic %", "missing_signature"),
        ("Bearer a password", "missing_signature"),
        ("", "missing_signature"),
    ],
)
def test_the_password_of_the_url_is_checked(header: str, reason: str) -> None:
    delivery = posted(b"{}", {"authorization": header})
    assert verify(postmark.signed(delivery, ["a password"], NOW)).reason == reason


def test_a_mail_is_sent_as_json() -> None:
    request = postmark.compose_send(OUTBOUND, CHANNEL, NOW)
    assert (request.method, request.url) == ("POST", "https://api.postmarkapp.com/email")
    assert request.headers["x-postmark-server-token"] == "a server token"
    assert msgspec.json.decode(request.body) == {
        "From": "help@example.com",
        "To": "ann@example.org, cat@example.org",
        "Cc": "ben@example.org",
        "Subject": "Re: Order",
        "TextBody": "Grüße 👍",
        "MessageStream": "outbound",
        "Headers": [
            {"Name": "X-PM-KeepID", "Value": "true"},
            {"Name": "Message-ID", "Value": "<aaaa@example.com>"},
            {"Name": "In-Reply-To", "Value": "<2@mail>"},
            {"Name": "References", "Value": "<1@mail> <2@mail>"},
        ],
    }


def test_a_channel_names_its_stream_and_may_send_elsewhere() -> None:
    elsewhere = replace(CHANNEL, account="support", send_url="http://127.0.0.1:9/email")
    request = postmark.compose_send(OUTBOUND, elsewhere, NOW)
    assert request.url == "http://127.0.0.1:9/email"
    assert msgspec.json.decode(request.body)["MessageStream"] == "support"


def test_what_keeps_a_channel_from_sending() -> None:
    told = [
        postmark.obstacle(CHANNEL, has_credential=has, recipients=count)
        for has, count in ((True, 50), (False, 1), (True, 51))
    ]
    assert told == [
        None,
        "it has no credential: the API token of its Postmark server",
        "Postmark sends to 50 addresses at a time",
    ]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a"}',
            Sent(provider_message_id="b7bc2f4a")),
        (200, b'{"ErrorCode": 406, "Message": "ann@example.org"}',
            Failed(code="406",
                reason="the address is inactive at Postmark, after a bounce or a complaint")),
        (422, b'{"ErrorCode": 300, "Message": "Invalid \'To\': ann@"}',
            Failed(code="300",
                reason="Postmark says that an address or another field of it is not valid")),
        (422, b'{"ErrorCode": 999, "Message": "?"}',
            Failed(code="999", reason="Postmark did not deliver it (error 999)")),
        (401, b'{"ErrorCode": 10, "Message": "No token"}',
            Failed(code="10", reason="Postmark does not accept the channel's server token")),
        (429, b"", Retry(after_seconds=None, code="http_429", detail="the provider answered 429")),
        (500, b'{"ErrorCode": 0}',
            Retry(after_seconds=None, code="http_500", detail="the provider answered 500")),
        (503, b'{"ErrorCode": 100}',
            Retry(after_seconds=None, code="100",
                detail="Postmark did not deliver it (error 100)")),
        (200, b"<html>", Sent(provider_message_id=None)),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert postmark.read_answer(status, {}, body) == outcome
