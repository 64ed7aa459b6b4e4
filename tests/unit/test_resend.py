"""Resend's webhooks and their signature, and the mails that it is sent.

Source: https://resend.com/docs/webhooks/event-types (webhooks),
https://resend.com/docs/api-reference/emails/send-email (sending).
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from resend_samples import ID, RECEIVED
from samples import NOW, channel, outbound_mail, posted, read_back

from domain.errors import Unreadable
from domain.message import (
    DeliveryReceipt,
    ThreadHeaders,
)
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.signature import verify
from domain.standard_webhooks import sign_standard_webhook
from providers import resend

SECRET, OTHER = "whsec_b2xkIHNlY3JldA==", "whsec_bmV3IHNlY3JldA=="
BOUNCED: dict[str, Any] = {
    "type": "email.bounced",
    "created_at": "2024-11-01T13:59:54.907Z",
    "data": {
        "created_at": "2024-11-01T13:59:11.894719+00:00",
        "email_id": ID,
        "from": "help@example.com",
        "to": ["ann@example.com"],
        "subject": "Re: Order",
        "bounce": {"message": "ann@example.com is gone", "subType": "Suppressed",
            "type": "Permanent"},
    },
}  # fmt: skip
CHANNEL = channel("resend", "email", (SECRET,), "re_key")
OUTBOUND = outbound_mail("resend")


@pytest.mark.parametrize(
    ("word", "data", "status", "code"),
    [
        ("scheduled", {}, "queued", None),
        ("sent", {}, "sent", None),
        ("delivered", {}, "delivered", None),
        ("delivery_delayed", {}, "unknown", None),
        ("opened", {}, "opened", None),
        ("clicked", {"click": {"link": "https://x.test"}}, "clicked", None),
        ("complained", {}, "complained", None),
        ("bounced", {"bounce": BOUNCED["data"]["bounce"]}, "bounced", "Suppressed"),
        ("bounced", {"bounce": {"subType": "ann@example.com is gone"}}, "bounced", None),
        ("failed", {"failed": {"reason": "reached_daily_quota"}}, "failed", "reached_daily_quota"),
        ("suppressed", {}, "failed", None),
        ("later", {}, "unknown", None),
    ],
)
def test_receipts(word: str, data: dict[str, object], status: str, code: str | None) -> None:
    plain = {name: value for name, value in BOUNCED["data"].items() if name != "bounce"}
    body = BOUNCED | {"type": f"email.{word}", "data": plain | data}
    reading = read_back(resend, posted(msgspec.json.encode(body)), "email")
    assert reading == DeliveryReceipt(
        provider_message_id=ID,
        status=status,  # pyright: ignore[reportArgumentType]
        provider_status=word,
        error_code=code,
        occurred_at=datetime(2024, 11, 1, 13, 59, 54, 907000, tzinfo=UTC),
        recipients=("ann@example.com",),
        is_permanent=code == "Suppressed",
    )


def test_what_is_no_mail_is_kept_and_changes_nothing() -> None:
    body = b'{"type": "contact.created", "created_at": null, "data": {"id": "e169aa45"}}'
    reading = read_back(resend, posted(body), "email")
    assert isinstance(reading, DeliveryReceipt)
    assert (reading.status, reading.provider_status) == ("unknown", "contact.created")


def test_each_event_is_a_receipt_of_its_own_and_a_repeated_one_is_the_same() -> None:
    body = msgspec.json.encode(BOUNCED | {"type": "email.opened"})
    keys = [
        resend.split(posted(body, {"svix-id": name} if name else {}), "email")[0].dedup_key
        for name in ("msg_1", "msg_2", "msg_1", "", "")
    ]
    assert keys[0] == keys[2] != keys[1]
    assert keys[3] == keys[4] not in keys[:3]


def test_a_mail_is_one_event_whichever_webhook_tells_of_it() -> None:
    body = msgspec.json.encode(RECEIVED)
    first, second = (
        resend.split(posted(body, {"svix-id": name}), "email")[0] for name in ("msg_1", "msg_2")
    )
    assert (first.kind, first.dedup_key) == ("message", f"message:{ID}") == (second.kind,
        second.dedup_key)  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"type": "email.sent", "data": {"email_id": ""}}',
        b'{"type": "email.sent", "data": []}', b'{"data": {"email_id": "1"}}'],
)  # fmt: skip
def test_what_has_no_id_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        resend.split(posted(body), "email")


@pytest.mark.parametrize(
    ("signer", "minutes", "reason"),
    [
        (SECRET, 0, "verified"), (OTHER, 0, "verified"), ("whsec_b3RoZXI=", 0, "bad_signature"),
        (SECRET, 4, "verified"), (SECRET, 6, "stale_signature"), (SECRET, -6, "stale_signature"),
    ],
)  # fmt: skip
def test_the_signature_of_svix(signer: str, minutes: int, reason: str) -> None:
    """Each attempt is signed anew, so that five minutes are enough."""
    body = msgspec.json.encode(RECEIVED)
    headers = sign_standard_webhook("msg_1", body, signer, NOW, prefix="svix")
    now = NOW + timedelta(minutes=minutes)
    delivery = posted(body, headers)
    assert verify(resend.signed(delivery, [SECRET, OTHER], now)).reason == reason


def test_headers_of_another_name_sign_nothing() -> None:
    body = msgspec.json.encode(RECEIVED)
    headers = sign_standard_webhook("msg_1", body, SECRET, NOW)
    verdict = verify(resend.signed(posted(body, headers), [SECRET], NOW))
    assert verdict.reason == "missing_signature"


def test_a_mail_is_sent_as_json_under_a_key_of_its_own() -> None:
    request = resend.compose_send(OUTBOUND, CHANNEL, NOW)
    assert (request.method, request.url) == ("POST", "https://api.resend.com/emails")
    assert request.headers["authorization"] == "Bearer re_key"
    assert request.headers["idempotency-key"] == OUTBOUND.id
    assert msgspec.json.decode(request.body) == {
        "from": "help@example.com",
        "to": ["ann@example.org", "cat@example.org"],
        "cc": ["ben@example.org"],
        "subject": "Re: Order",
        "text": "Grüße 👍",
        "headers": {
            "In-Reply-To": "<2@mail>",
            "References": "<1@mail> <2@mail> <aaaa@example.com>",
        },
    }


def test_the_same_mail_is_the_same_request_at_any_time() -> None:
    """Else Resend would refuse the key instead of knowing the mail again."""
    later = NOW + timedelta(hours=1)
    first, second = (resend.compose_send(OUTBOUND, CHANNEL, at) for at in (NOW, later))
    assert first == second


def test_a_mail_that_begins_a_thread_refers_to_itself() -> None:
    begun = ThreadHeaders(message_id="aaaa@example.com", in_reply_to=(), references=())
    request = resend.compose_send(replace(OUTBOUND, thread=begun), CHANNEL, NOW)
    sent = msgspec.json.decode(request.body)
    assert sent["headers"] == {"References": "<aaaa@example.com>"}
    without = resend.compose_send(replace(OUTBOUND, thread=None, cc=()), CHANNEL, NOW)
    assert not {"headers", "cc"} & set(msgspec.json.decode(without.body))


def test_a_channel_may_send_elsewhere() -> None:
    elsewhere = replace(CHANNEL, send_url="http://127.0.0.1:9/emails")
    assert resend.compose_send(OUTBOUND, elsewhere, NOW).url == "http://127.0.0.1:9/emails"


def test_what_keeps_a_channel_from_sending() -> None:
    told = [
        resend.obstacle(CHANNEL, has_credential=has, recipients=count)
        for has, count in ((True, 50), (False, 1), (True, 51))
    ]
    assert told == [
        None,
        "it has no credential: a Resend API key",
        "Resend sends to 50 addresses at a time",
    ]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"id": "49a3999c"}', Sent(provider_message_id="49a3999c")),
        (200, b"<html>", Sent(provider_message_id=None)),
        (409, b'{"statusCode": 409, "name": "concurrent_idempotent_requests"}',
            Retry(after_seconds=None, code="concurrent_idempotent_requests",
                detail="Resend is taking it already")),
        (409, b'{"statusCode": 409, "name": "invalid_idempotent_request"}',
            Failed(code="invalid_idempotent_request",
                reason="Resend has had another mail under the same key")),
        (422, b'{"statusCode": 422, "name": "validation_error", "message": "ann@"}',
            Failed(code="validation_error",
                reason="Resend says that an address or another field of it is not valid")),
        (429, b'{"statusCode": 429, "name": "daily_quota_exceeded"}',
            Retry(after_seconds=None, code="daily_quota_exceeded",
                detail="the provider answered 429")),
        (401, b"", Failed(code="http_401",
            reason="Resend does not accept the channel's API key")),
        (403, b'{"name": "ann@example.org is not verified"}', Failed(code="http_403",
            reason="Resend does not let the channel's API key send from its address")),
        (400, b'{"name": "new_word"}', Failed(code="new_word",
            reason="Resend did not deliver it (error new_word)")),
        (500, b'{"name": "application_error"}',
            Retry(after_seconds=None, code="application_error",
                detail="the provider answered 500")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert resend.read_answer(status, {}, body) == outcome


def test_codes_are_explained() -> None:
    assert resend.explain("MailboxFull") == "the recipient's mailbox is full"
    assert resend.explain(None) == "Resend did not deliver it (error not given)"
