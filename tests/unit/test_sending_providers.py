"""What providers are sent and how their answers are read, field by field as they document it.

Source: https://www.twilio.com/docs/messaging/api/message-resource (twilio, create a Message),
https://www.twilio.com/docs/api/errors (its codes), and the head of providers/generic.py (generic).
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import msgspec
import pytest
from samples import NOW, channel, claimed, outbound_mail, posted

from domain.delivery import AUTHENTIC
from domain.errors import Unreadable
from domain.mail_headers import parse_mail_headers
from domain.message import DeliveryReceipt, ThreadHeaders
from domain.outbound import (
    Failed,
    OutboundMessage,
    Retry,
    SendOutcome,
    Sent,
    fit_code,
    retry_after,
)
from domain.provider import ReadingContext
from domain.sending_provider import SendingProvider
from domain.signature import verify
from domain.standard_webhooks import standard_webhook
from providers import REGISTRY, SENDERS, generic, twilio
from simulation import PLAYED_SENDERS

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
MESSAGE_ID = "01930000-0000-7000-8000-00000000aaaa"
TEXT = OutboundMessage(
    id=MESSAGE_ID,
    kind="sms",
    own_address="+14155550199",
    to=("+14155550101",),
    cc=(),
    body="Grüße & 10% = 👍",
    subject=None,
    thread=None,
    written_at=NOW,
    status_callback="https://inlet.test/webhooks/twilio/tok",
)
MAIL = replace(
    TEXT,
    kind="email",
    own_address="help@example.com",
    to=("ann@example.org",),
    cc=("ben@example.org",),
    subject="Re: Order",
    thread=ThreadHeaders(
        message_id=f"{MESSAGE_ID}@example.com",
        in_reply_to=("2@mail",),
        references=("1@mail", "2@mail"),
    ),
)
TWILIO = replace(channel("twilio", "sms", ("a webhook secret",), "token"), account="AC123")
GENERIC = replace(
    channel("generic", "sms", ("a webhook secret",), SECRET), send_url="https://gate.test/out"
)


def test_twilio_is_sent_a_form_with_basic_authentication() -> None:
    request = twilio.compose_send(TEXT, TWILIO, NOW)
    assert request.method == "POST"
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/AC123/Messages.json"
    assert request.headers["authorization"] == "Basic " + b64encode(b"AC123:token").decode()
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.body.decode()) == [
        ("To", "+14155550101"),
        ("From", "+14155550199"),
        ("Body", "Grüße & 10% = 👍"),
        ("StatusCallback", "https://inlet.test/webhooks/twilio/tok"),
    ]


def test_twilio_is_reached_elsewhere_if_the_channel_says_so() -> None:
    elsewhere = replace(TWILIO, send_url="http://127.0.0.1:9/Messages.json")
    assert twilio.compose_send(TEXT, elsewhere, NOW).url == "http://127.0.0.1:9/Messages.json"


def test_generic_is_sent_signed_json() -> None:
    request = generic.compose_send(TEXT, GENERIC, NOW)
    assert (request.method, request.url) == ("POST", "https://gate.test/out")
    assert request.headers["webhook-id"] == MESSAGE_ID
    verdict = verify(standard_webhook(request.headers, request.body, [SECRET], NOW))
    assert verdict == AUTHENTIC
    assert msgspec.json.decode(request.body) == {
        "id": MESSAGE_ID,
        "from": "+14155550199",
        "to": ["+14155550101"],
        "type": "sms",
        "body": "Grüße & 10% = 👍",
        "timestamp": "2024-11-01T14:00:00.000000Z",
    }


def test_generic_mail_carries_its_thread() -> None:
    sent = msgspec.json.decode(generic.compose_send(MAIL, GENERIC, NOW).body)
    assert sent["type"] == "email"
    assert (sent["to"], sent["cc"]) == (["ann@example.org"], ["ben@example.org"])
    assert sent["subject"] == "Re: Order"
    assert sent["message_id"] == f"<{MESSAGE_ID}@example.com>"
    assert sent["in_reply_to"] == "<2@mail>"
    assert sent["references"] == "<1@mail> <2@mail>"


# Where each takes the address that answers are to go to.
# Source: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages,
# https://mailchimp.com/developer/transactional/api/messages/send-new-message/,
# https://postmarkapp.com/developer/api/email-api, https://resend.com/docs/api-reference/emails,
# https://developers.brevo.com/reference/send-transac-email,
# https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send,
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
_REPLY_FIELDS: Mapping[str, Callable[[bytes], object]] = {
    "brevo": lambda body: msgspec.json.decode(body).get("replyTo", {}).get("email"),
    "generic": lambda body: msgspec.json.decode(body).get("reply_to"),
    "mailgun": lambda body: dict(parse_qsl(body.decode())).get("h:Reply-To"),
    "mandrill": lambda body: msgspec.json.decode(body)["message"]["headers"].get("Reply-To"),
    "postmark": lambda body: msgspec.json.decode(body).get("ReplyTo"),
    "resend": lambda body: msgspec.json.decode(body).get("reply_to"),
    "sendgrid": lambda body: msgspec.json.decode(body).get("reply_to", {}).get("email"),
    "smtp": lambda body: parse_mail_headers(body).first("reply-to"),
    "ses": lambda body: (msgspec.json.decode(body).get("ReplyToAddresses") or [None])[0],
}
_MAIL_SENDERS = [name for name in SENDERS if "email" in REGISTRY[name].CHANNEL_KINDS]


@pytest.mark.parametrize("provider", _MAIL_SENDERS)
def test_answers_are_to_go_where_the_mail_says(provider: str) -> None:
    sends = replace(
        channel(provider, "email", (SECRET,), SECRET),
        send_url="smtp://gate.test" if provider == "smtp" else "https://gate.test/out",
        account="arn:aws:sns:eu-west-1:123456789012:inlet" if provider == "ses" else None,
    )
    field = _REPLY_FIELDS[provider]
    for reply_to in ("help+token@example.com", None):
        mail = replace(outbound_mail(provider), reply_to=reply_to)
        assert field(SENDERS[provider].compose_send(mail, sends, NOW).body) == reply_to


def test_generic_without_a_credential_sends_unsigned() -> None:
    unsigned = generic.compose_send(TEXT, replace(GENERIC, credential=None), NOW)
    assert list(unsigned.headers) == ["content-type"]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, b'{"sid": "SM1", "status": "queued", "error_code": null}',
            Sent(provider_message_id="SM1")),
        (200, b'{"sid": "SM1", "status": "accepted", "more": {"a": 1}}',
            Sent(provider_message_id="SM1")),
        (201, b"<html>", Sent(provider_message_id=None)),
        (201, b'{"sid": "SM1", "status": "failed", "error_code": 30003}',
            Failed(code="30003",
                reason="the phone cannot be reached: it is switched off or out of service")),
        (400, b'{"code": 21610, "message": "+1415 opted out", "status": 400}',
            Failed(code="21610", reason="the recipient has opted out by answering STOP",
                   is_opt_out=True)),
        (400, b'{"code": 21211, "message": "+1415 is no number", "status": 400}',
            Failed(code="21211", reason="Twilio did not deliver it (error 21211)")),
        (400, b'{"code": 63018, "message": "slow down", "status": 400}',
            Retry(after_seconds=None, code="63018", detail="WhatsApp had too many messages")),
        (429, b'{"code": 20429, "message": "Too Many Requests", "status": 429}',
            Retry(after_seconds=None, code="20429", detail="Twilio had too many requests")),
        (401, b"", Failed(code="http_401",
            reason="Twilio does not accept the channel's account and auth token")),
        (503, b"", Retry(after_seconds=None, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_answers_of_twilio(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert twilio.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"provider_message_id": "m-2"}', Sent(provider_message_id="m-2")),
        (202, b'{"provider_message_id": 7}', Sent(provider_message_id="7")),
        (204, b"", Sent(provider_message_id=None)),
        (400, b'{"error_code": "blocked"}',
            Failed(code="blocked", reason="the provider refused it (error blocked)")),
        (404, b"nothing here",
            Failed(code="http_404", reason="the provider refused it (error 404)")),
        (302, b"", Failed(code="http_302", reason="the provider refused it (error 302)")),
        *((code, b"", Retry(after_seconds=None, code=f"http_{code}",
            detail=f"the provider answered {code}")) for code in (408, 425, 429, 500, 599)),
    ],
)  # fmt: skip
def test_answers_of_generic(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert generic.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize("provider", SENDERS.values(), ids=list(SENDERS))
@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 100_000, b'{"code": {}}', b"null", b"{"])
@pytest.mark.parametrize("status", [200, 299, 300, 400, 429, 500])
def test_no_answer_breaks_anything(provider: SendingProvider, status: int, body: bytes) -> None:
    outcome = provider.read_answer(status, {"retry-after": "soon"}, body)
    assert isinstance(outcome, Sent if status < 300 else Failed | Retry)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 30}, None),
        ({"retry-after": "Fri, 01 Nov 2024 14:01:30 GMT"}, None),
        ({"retry-after": "Fri, 01 Nov 2024 14:01:30 GMT", "date": "Fri, 01 Nov 2024 14:00:00 GMT"},
            90.0),
        ({"retry-after": "Fri, 01 Nov 2024 13:00:00 GMT", "date": "Fri, 01 Nov 2024 14:00:00 GMT"},
            0.0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """Source: RFC 9110 section 10.2.3."""
    assert retry_after(headers) == seconds


def test_a_code_is_no_sentence() -> None:
    codes = (21610, "E-1", "+14155550100", "no such", "", None, True)
    assert [fit_code(code) for code in codes] == ["21610", "E-1", None, None, None, None, None]


@pytest.mark.parametrize(
    ("sends", "has_credential", "recipients", "says"),
    [
        (replace(TWILIO, account=None), True, 1, "account"),
        (TWILIO, False, 1, "credential"),
        (TWILIO, True, 2, "one number at a time"),
        (replace(GENERIC, send_url=None), True, 1, "send URL"),
    ],
)
def test_a_channel_that_cannot_send_says_why(
    sends: object, has_credential: bool, recipients: int, says: str
) -> None:
    assert isinstance(sends, type(TWILIO))
    provider = SENDERS[sends.provider]
    obstacle = provider.obstacle(sends, has_credential=has_credential, recipients=recipients)
    assert says in (obstacle or "")


@pytest.mark.parametrize("sends", [TWILIO, replace(GENERIC, kind="email")])
def test_a_channel_that_can_send_has_no_obstacle(sends: object) -> None:
    assert isinstance(sends, type(TWILIO))
    assert SENDERS[sends.provider].obstacle(sends, has_credential=True, recipients=1) is None


@pytest.mark.parametrize("sends", [TWILIO, GENERIC], ids=["twilio", "generic"])
def test_a_receipt_reads_back_as_it_was_composed(sends: object) -> None:
    assert isinstance(sends, type(TWILIO))
    provider = REGISTRY[sends.provider]
    word = "undelivered" if sends.provider == "twilio" else "failed"
    receipt = DeliveryReceipt(
        provider_message_id="m-2", status="failed", provider_status=word, error_code="30003"
    )
    url = "https://inlet.test/webhooks/any/tok"
    delivery = PLAYED_SENDERS[sends.provider].compose_receipt(
        receipt, sends.own_address, sends, url, NOW
    )
    assert verify(provider.signed(delivery, sends.secrets, NOW)) == AUTHENTIC
    (event,) = provider.split(delivery, "sms")
    assert (event.kind, event.dedup_key) == ("receipt", f"receipt:m-2:{word}")
    reading = provider.read(
        claimed(event, sends.provider), ReadingContext(kind="sms", own_address="+14155550199")
    )
    assert isinstance(reading, DeliveryReceipt)
    assert replace(reading, occurred_at=None) == receipt


@pytest.mark.parametrize(
    ("body", "status", "word", "code"),
    [
        (b'"status": "delivered"', "delivered", "delivered", None),
        (b'"status": " READ "', "read", "READ", None),
        (b'"status": "deferred"', "unknown", "deferred", None),
        (b'"status": "bounced"', "bounced", "bounced", None),
        (b'"status": "complained"', "complained", "complained", None),
        (b'"status": "opened"', "opened", "opened", None),
        (b'"status": "clicked"', "clicked", "clicked", None),
        (b'"status": "failed", "error_code": 550', "failed", "failed", "550"),
        (b'"status": "failed", "error_code": "see mail to +1415"', "failed", "failed", None),
        (b'"status": "sent", "timestamp": "2024-11-01T13:59:00Z"', "sent", "sent", None),
    ],
)
def test_receipts_of_generic(body: bytes, status: str, word: str, code: str | None) -> None:
    payload = b'{"type": "receipt", "provider_message_id": "m-2", ' + body + b"}"
    (event,) = generic.split(posted(payload), "email")
    assert event.kind == "receipt"
    reading = generic.read(
        claimed(event, "generic"), ReadingContext(kind="email", own_address="help@example.com")
    )
    assert isinstance(reading, DeliveryReceipt)
    assert (reading.status, reading.provider_status, reading.error_code) == (status, word, code)
    if b"timestamp" in body:
        assert reading.occurred_at == NOW - timedelta(minutes=1)


@pytest.mark.parametrize("body", [b"", b', "status": ""', b', "status": 7'])
def test_a_receipt_without_a_status_is_unreadable(body: bytes) -> None:
    payload = b'{"type": "receipt", "provider_message_id": "m-2"' + body + b"}"
    with pytest.raises(Unreadable, match="status"):
        generic.split(posted(payload), "sms")
