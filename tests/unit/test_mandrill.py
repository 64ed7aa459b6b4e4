"""Mandrill's batches and events, and the mails that it is sent.

Source: https://mandrill.zendesk.com/hc/en-us/articles/360039234813 (mails),
https://mandrill.zendesk.com/hc/en-us/articles/205583307-Message-Event-Webhook-Format (events),
https://mandrill.zendesk.com/hc/en-us/articles/205583257-How-to-Authenticate-Webhook-Requests,
https://mandrill.zendesk.com/hc/en-us/articles/360038740014 (how a new URL is tried out),
https://mailchimp.com/developer/transactional/api/messages/send-new-message/ (sending).
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

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
from providers import mandrill
from tests.mails import a_mail, a_multipart

FORM = {"content-type": "application/x-www-form-urlencoded"}
KEY = "a webhook key"
URL = "https://inlet.example/webhooks/mandrill/tok"
RAW = a_multipart(
    "mixed",
    [
        a_mail("text/plain; charset=utf-8", "Grüße\n"),
        a_mail("application/pdf; name=a.pdf", "pdf", "Content-Disposition: attachment"),
    ],
    "Received: from mail.example.org",
    "From: Displayed From <from+test@example.org>",
    "To: Help <help@example.com>, ben@example.org",
    "Subject: Test subject",
    "Message-ID: <2@mail.example.org>",
).decode()
MSG: dict[str, Any] = {
    "raw_msg": RAW,
    "headers": {
        "Received": ["from mail.example.org", "by 10.10.1.71"],
        "Message-Id": "<2@mail.example.org>",
        "In-Reply-To": "<1@mail.example.org>",
        "Date": "Wed, 11 Oct 2017 18:31:04 -0700",
    },
    "text": "Test body plain",
    "html": "<div>Test body html</div>",
    "from_email": "from+test@example.org",
    "from_name": "Displayed From",
    "to": [["help@example.com", "Help"], ["ben@example.org", None]],
    "cc": [["cc@example.com", None]],
    "email": "help@example.com",
    "subject": "Test subject",
    "tags": [],
    "sender": None,
    "spam_report": {"score": 1.7, "matched_rules": []},
}
PIECES = {name: value for name, value in MSG.items() if name != "raw_msg"}
BOUNCE: dict[str, Any] = {
    "event": "hard_bounce",
    "_id": "id2",
    "ts": 1730469594,
    "msg": {
        "ts": 1730469500,
        "_id": "aaaa",
        "email": "ann@example.com",
        "tags": ["webhook-example"],
        "metadata": [],
        "state": "bounced",
        "bounce_description": "bad_mailbox",
        "diag": "smtp;550 5.1.1 no such user",
    },
}
CHANNEL = channel("mandrill", "email", (KEY,), "an API key")
OUTBOUND = outbound_mail("mandrill")


def inbound(msg: object) -> dict[str, object]:
    return {"event": "inbound", "ts": 1730469594, "msg": msg}


def batch(*events: object, key: str = KEY, signed_url: str = URL) -> Delivery:
    return written(msgspec.json.encode(events), key, signed_url)


def written(array: bytes, key: str = KEY, signed_url: str = URL) -> Delivery:
    digest = hmac.digest(key.encode(), signed_url.encode() + b"mandrill_events" + array, "sha1")
    headers = {**FORM, "x-mandrill-signature": b64encode(digest).decode()}
    return posted(urlencode({"mandrill_events": array}).encode(), headers, URL)


def mail(delivery: Delivery) -> InboundMessage:
    reading = read_back(mandrill, delivery, "email")
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(event: object) -> DeliveryReceipt:
    reading = read_back(mandrill, batch(event), "email")
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_a_whole_mail_is_read_from_its_bytes_alone() -> None:
    read = mail(batch(inbound(MSG)))
    assert read == InboundMessage(
        kind="email",
        provider_message_id=read.provider_message_id,
        sender="Displayed From <from+test@example.org>",
        recipients=(
            Recipient(role="to", address="Help <help@example.com>"),
            Recipient(role="to", address="ben@example.org"),
        ),
        body="Grüße",
        subject="Test subject",
        attachments=(Attachment(content=b"pdf", content_type="application/pdf", filename="a.pdf"),),
        thread=ThreadHeaders(message_id="2@mail.example.org", in_reply_to=(), references=()),
        mail_class="human",
    )


def test_a_mail_in_pieces() -> None:
    read = mail(batch(inbound(PIECES)))
    assert read == InboundMessage(
        kind="email",
        provider_message_id=read.provider_message_id,
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
            message_id="2@mail.example.org", in_reply_to=("1@mail.example.org",), references=()
        ),
        mail_class="human",
    )


def test_files_of_a_mail_in_pieces() -> None:
    files = {
        "a.pdf": {"name": "a.pdf", "type": "application/pdf", "content": "cGRm", "base64": True},
        "b.csv": {"name": "b.csv", "type": "text/csv", "content": "ä,b", "base64": False},
    }
    images = [{"name": "logo.png", "type": "image/png", "content": "cG5n"}]
    read = mail(batch(inbound(PIECES | {"attachments": files, "images": images})))
    assert read.attachments == (
        Attachment(content=b"pdf", content_type="application/pdf", filename="a.pdf"),
        Attachment(content="ä,b".encode(), content_type="text/csv", filename="b.csv"),
        Attachment(content=b"png", content_type="image/png", filename="logo.png"),
    )


def test_what_is_empty_is_an_array_whatever_it_is_otherwise() -> None:
    empty: dict[str, object] = {"headers": [], "attachments": [], "images": [], "to": [[]]}
    assert mail(batch(inbound(PIECES | empty))).attachments == ()


def test_where_it_was_sent_to_counts_only_if_it_is_ours() -> None:
    context = ReadingContext(
        kind="email", own_address=OWN_EMAIL, own_addresses=(OWN_EMAIL, "sales@example.com")
    )
    for address, count in (("sales@example.com", 3), ("match@in.example.com", 2)):
        (found,) = mandrill.split(batch(inbound(MSG | {"email": address})), "email")
        reading = mandrill.read(claimed(found, "mandrill"), context)
        assert isinstance(reading, InboundMessage)
        assert len(reading.recipients) == count


def test_a_mail_is_known_by_its_bytes_and_whom_it_was_sent_to() -> None:
    def key(event: object) -> str:
        (found,) = mandrill.split(batch(event), "email")
        return found.dedup_key

    same = inbound(dict(reversed(MSG.items())) | {"email": "help@EXAMPLE.com", "subject": "other"})
    assert key(inbound(MSG)) == key(same)
    others = [inbound(MSG | change) for change in ({"email": "b@c"}, {"raw_msg": RAW + "\n"})]
    assert len({key(event) for event in (inbound(MSG), *others)}) == 3
    assert key(inbound(PIECES)) != key(inbound(PIECES | {"text": "other"}))


def test_of_a_batch_an_odd_element_harms_no_other() -> None:
    odd: list[object] = [
        None, 7, "x", [], {}, {"event": "inbound"}, {"event": "open"}, {"event": 7},
        {"type": "blacklist", "action": "add", "reject": {"email": "a@b"}},
    ]  # fmt: skip
    events = mandrill.split(batch(inbound(MSG), *odd, BOUNCE), "email")
    assert [event.kind for event in events] == ["message", *["unreadable"] * 9, "receipt"]
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    for event in events[1:-1]:
        with pytest.raises(Unreadable):
            mandrill.read(claimed(event, "mandrill"), context)


def test_a_bad_byte_costs_no_event() -> None:
    array = msgspec.json.encode([inbound(PIECES), BOUNCE]).replace(b"plain", b"pl\xffin")
    events = mandrill.split(written(array.replace(b"<div>Test body html</div>", b"")), "email")
    assert [event.kind for event in events] == ["message", "receipt"]
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    reading = mandrill.read(claimed(events[0], "mandrill"), context)
    assert isinstance(reading, InboundMessage)
    assert reading.body == "Test body pl\N{REPLACEMENT CHARACTER}in"


def test_a_batch_has_its_limit() -> None:
    assert len(mandrill.split(batch(*[BOUNCE] * 1_000), "email")) == 1_000
    with pytest.raises(Unreadable, match="more events"):
        mandrill.split(batch(*[BOUNCE] * 1_001), "email")


@pytest.mark.parametrize(
    ("changes", "status", "word", "code"),
    [
        ({"event": "send"}, "sent", "send", None),
        ({"event": "deferral"}, "unknown", "deferral", None),
        ({"event": "delivered"}, "delivered", "delivered", None),
        ({}, "bounced", "hard_bounce", "bad_mailbox"),
        ({"event": "soft_bounce"}, "bounced", "soft_bounce", "bad_mailbox"),
        ({"event": "open", "ip": "127.0.0.1", "user_agent_parsed": None}, "opened", "open", None),
        ({"event": "click", "url": "http://x.test"}, "clicked", "click", None),
        ({"event": "spam"}, "complained", "spam", None),
        ({"event": "unsub"}, "unknown", "unsub", None),
        ({"event": "reject"}, "failed", "reject", None),
        ({"event": "whatever"}, "unknown", "whatever", None),
    ],
)  # fmt: skip
def test_events(changes: dict[str, object], status: str, word: str, code: str | None) -> None:
    read = receipt(BOUNCE | changes)
    assert (read.status, read.provider_status, read.error_code) == (status, word, code)
    assert read.provider_message_id == "aaaa"
    assert read.occurred_at == datetime(2024, 11, 1, 13, 59, 54, tzinfo=UTC)


def test_a_mail_is_opened_more_than_once_and_each_time_counts_once() -> None:
    first = BOUNCE | {"event": "click", "url": "http://x.test/1"}
    changed = [first | {"ts": 1730469595}, first | {"url": "http://x.test/2"}]
    events = mandrill.split(batch(first, first, *changed), "email")
    assert len({event.dedup_key for event in events}) == 3
    (known_by_the_event,) = mandrill.split(batch({"event": "open", "_id": "id2"}), "email")
    assert known_by_the_event.provider_message_id == "id2"


def test_the_signature_is_over_url_and_form() -> None:
    delivery = batch(inbound(MSG))
    assert verify(mandrill.signed(delivery, [KEY], NOW)).is_authentic
    assert verify(mandrill.signed(delivery, ["new", KEY], NOW)).is_authentic
    assert verify(mandrill.signed(delivery, ["new"], NOW)).reason == "bad_signature"
    ported = batch(inbound(MSG), signed_url=URL.replace(".example", ".example:443"))
    assert verify(mandrill.signed(ported, [KEY], NOW)).is_authentic
    elsewhere = batch(inbound(MSG), signed_url=URL + "/")
    assert verify(mandrill.signed(elsewhere, [KEY], NOW)).reason == "bad_signature"
    queried = replace(batch(BOUNCE, signed_url=URL + "?a=b"), url=URL + "?a=b")
    assert verify(mandrill.signed(queried, [KEY], NOW)).is_authentic
    more = replace(delivery, body=delivery.body + b"&mandrill_events=%5B%5D")
    assert verify(mandrill.signed(more, [KEY], NOW)).reason == "unreadable_form"


def test_a_new_url_is_tried_out_with_a_batch_without_events() -> None:
    trial = written(b"[]", "test-webhook")
    assert verify(mandrill.signed(trial, [KEY], NOW)).is_authentic
    assert verify(mandrill.signed(written(b"[]"), [KEY], NOW)).is_authentic
    assert mandrill.split(trial, "email") == []
    assert mandrill.answer(trial, []).status == 200
    forged = batch(BOUNCE, key="test-webhook")
    assert verify(mandrill.signed(forged, [KEY], NOW)).reason == "bad_signature"
    assert verify(mandrill.signed(trial, [], NOW)).reason == "no_secret"


@pytest.mark.parametrize(
    "body",
    [b"", b"mandrill_events=", b"mandrill_events=%7B%7D", b"mandrill_events=null", b"a=%5B%5D",
     b"mandrill_events=" + b"%5B" * 100_000, b"mandrill_events=%5B%5D&mandrill_events=%5B%5D"],
)  # fmt: skip
def test_what_is_no_batch_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        mandrill.split(posted(body, FORM), "email")


def test_a_mail_is_sent_as_json() -> None:
    request = mandrill.compose_send(OUTBOUND, CHANNEL, NOW)
    assert (request.method, request.url) == (
        "POST",
        "https://mandrillapp.com/api/1.0/messages/send",
    )
    assert "an API key" not in str(request.headers)
    assert msgspec.json.decode(request.body) == {
        "key": "an API key",
        "message": {
            "from_email": "help@example.com",
            "to": [
                {"email": "ann@example.org", "type": "to"},
                {"email": "cat@example.org", "type": "to"},
                {"email": "ben@example.org", "type": "cc"},
            ],
            "subject": "Re: Order",
            "text": "Grüße 👍",
            "headers": {
                "Message-ID": "<aaaa@example.com>",
                "In-Reply-To": "<2@mail>",
                "References": "<1@mail> <2@mail> <aaaa@example.com>",
            },
            "preserve_recipients": True,
        },
    }


def test_a_channel_names_its_subaccount_or_where_it_sends() -> None:
    named = replace(CHANNEL, account="customer-123", send_url="http://127.0.0.1:9/send")
    request = mandrill.compose_send(replace(OUTBOUND, thread=None), named, NOW)
    sent = msgspec.json.decode(request.body)["message"]
    assert (request.url, sent["subaccount"]) == ("http://127.0.0.1:9/send", "customer-123")
    assert sent["headers"] == {}
    assert mandrill.obstacle(CHANNEL, has_credential=True, recipients=9) is None
    assert "API key" in (mandrill.obstacle(CHANNEL, has_credential=False, recipients=1) or "")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'[{"email": "a@b", "status": "sent", "_id": "m-1", "reject_reason": null}]',
            Sent(provider_message_id="m-1")),
        (200, b'[{"email": "a@b", "status": "queued", "_id": "m-1", "queued_reason": "x"}]',
            Sent(provider_message_id="m-1")),
        (200, b'[{"email": "a@b", "status": "rejected", "reject_reason": "spam", "_id": "m-1"},'
            b'{"email": "c@d", "status": "sent", "_id": "m-2"}]',
            Sent(provider_message_id="m-2")),
        (200, b'[{"email": "a@b", "status": "rejected", "reject_reason": "unsigned"}]',
            Failed(code="unsigned",
                reason="the domain that it leaves from is not verified with Mandrill")),
        (200, b'[{"email": "a@b", "status": "invalid", "_id": "m-1", "reject_reason": null}]',
            Failed(code="invalid", reason="Mandrill does not accept the recipient's address")),
        (200, b"[]", Sent(provider_message_id=None)),
        (500, b'{"status": "error", "code": -1, "name": "Invalid_Key", "message": "for a@b"}',
            Failed(code="Invalid_Key", reason="Mandrill does not accept the channel's API key")),
        (500, b'{"status": "error", "code": -2, "name": "GeneralError", "message": "for a@b"}',
            Retry(after_seconds=None, code="GeneralError", detail="the provider answered 500")),
        (401, b'{"status": "error", "code": 9, "name": "Odd", "message": "for a@b"}',
            Failed(code="Odd", reason="Mandrill did not deliver it (error Odd)")),
        (429, b"", Retry(after_seconds=None, code="http_429", detail="the provider answered 429")),
        (502, b"", Retry(after_seconds=None, code="http_502", detail="the provider answered 502")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert mandrill.read_answer(status, {}, body) == outcome
