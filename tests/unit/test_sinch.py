"""Sinch's messages, signatures and batches.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/ (messages),
https://developers.sinch.com/docs/sms/api-reference/sms/tag/Batches/ (sending),
https://developers.sinch.com/docs/sms/api-reference/status-codes/ (its errors), and
https://github.com/sinch/sinch-sdk-python (tests/e2e/sms, .../authentication_validation.py)
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back
from test_sending_providers import TEXT

from domain.address import canonicalise
from domain.basic_auth import basic_credentials
from domain.channel import ChannelKind
from domain.delivery import AUTHENTIC, Delivery
from domain.errors import Unreadable
from domain.message import Attachment, InboundMessage, Recipient
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.signature import verify
from providers import sinch

SMS_KIND: ChannelKind = "sms"
URL = "https://inlet.example/webhooks/sinch/tok"
SECRET = "KayakingTheSwell"  # that of the SDK's tests
TEXT_IN: dict[str, Any] = {
    "type": "mo_text",
    "id": "01W4FFL35P4NC4K35SMSBATCH8",
    "from": "12015555555",
    "to": "12017777777",
    "body": "Hello John! 👋",
    "operator_id": "311071",
    "received_at": "2024-06-06T07:52:37.386Z",
}
MEDIA_IN = TEXT_IN | {
    "type": "mo_media",
    "body": {
        "subject": "The subject",
        "message": "Look",
        "media": [
            {
                "url": "https://media.sinch.com/1.jpg",
                "content_type": "image/jpeg",
                "status": "Uploaded",
                "code": 0,
            },
            {"content_type": "video/mp4", "status": "Failed", "code": 1},
        ],
    },
}
SENDS = replace(channel("sinch", "sms", (SECRET,), "api token"), account="plan/1")
BODY = msgspec.json.encode(TEXT_IN)
TIMESTAMP = str(int(NOW.timestamp()))


def message(base: dict[str, Any], **changes: object) -> InboundMessage:
    fields = {name: value for name, value in (base | changes).items() if value is not None}
    reading = read_back(sinch, posted(msgspec.json.encode(fields)), SMS_KIND)
    assert isinstance(reading, InboundMessage)
    return reading


def signed(
    body: bytes = BODY,
    signature: str | None = None,
    timestamp: str = TIMESTAMP,
    digest: str = "sha256",
    **headers: str,
) -> Delivery:
    """Sign as the SDK does: body, nonce and timestamp with dots between."""
    base = body + f".01FJA8B4A7BM43YGWSG9GBV067.{timestamp}".encode()
    right = b64encode(hmac.digest(SECRET.encode(), base, digest)).decode()
    all_headers = {
        "content-type": "application/json",
        "x-sinch-webhook-signature": right if signature is None else signature,
        "x-sinch-webhook-signature-nonce": "01FJA8B4A7BM43YGWSG9GBV067",
        "x-sinch-webhook-signature-timestamp": timestamp,
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
    } | {f"x-sinch-webhook-signature-{name}": value for name, value in headers.items()}
    return posted(body, all_headers, URL)


@pytest.mark.parametrize("hours", [0, 23, -23])
def test_what_sinch_signed_is_authentic(hours: int) -> None:
    """It tries again for 22:45 hours, and nobody says whether with the first timestamp."""
    now = NOW + timedelta(hours=hours)
    assert verify(sinch.signed(signed(), [SECRET], now)) == AUTHENTIC
    assert verify(sinch.signed(signed(), ["new", SECRET], now)) == AUTHENTIC
    assert verify(sinch.signed(signed(), ["new"], now)).reason == "bad_signature"


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (signed(signature=""), "missing_signature"),
        (signed(nonce=""), "missing_signature"),
        (signed(timestamp=""), "missing_signature"),
        (signed(timestamp="soon"), "stale_signature"),
        (signed(timestamp=str(int(NOW.timestamp()) - 25 * 3_600)), "stale_signature"),
        (signed(timestamp=str(int(NOW.timestamp()) + 25 * 3_600)), "stale_signature"),
        (signed(nonce="another"), "bad_signature"),
        (replace(signed(), body=BODY + b" "), "bad_signature"),
        (signed(signature="\udcff€"), "bad_signature"),
        (posted(BODY), "missing_signature"),
    ],
)
def test_everything_else_is_not(delivery: Delivery, reason: str) -> None:
    assert verify(sinch.signed(delivery, [SECRET], NOW)).reason == reason


def test_a_caller_cannot_choose_the_algorithm() -> None:
    weak = signed(digest="sha1", algorithm="HmacSHA1")
    assert verify(sinch.signed(weak, [SECRET], NOW)).reason == "bad_signature"
    assert verify(sinch.signed(signed(algorithm="none"), [SECRET], NOW)) == AUTHENTIC


def test_the_signature_of_other_products_is_none() -> None:
    """Source: that of numbers is `X-Sinch-Signature`, with SHA-1 over the body."""
    other = hmac.digest(SECRET.encode(), BODY, "sha1").hex()
    delivery = posted(BODY, {"x-sinch-signature": other}, URL)
    assert verify(sinch.signed(delivery, [SECRET], NOW)).reason == "missing_signature"


@pytest.mark.parametrize(
    "delivery",
    [
        posted(BODY, {"authorization": basic_credentials("inlet", SECRET)}, URL),
        posted(BODY, {}, f"{URL}?password={SECRET}"),
    ],
)
def test_a_password_does_where_nothing_is_signed(delivery: Delivery) -> None:
    assert verify(sinch.signed(delivery, [SECRET], NOW)) == AUTHENTIC
    assert verify(sinch.signed(delivery, ["another"], NOW)).reason == "bad_signature"


def test_a_password_does_not_help_where_the_signature_is_wrong() -> None:
    wrong = replace(signed(signature="AAAA"), url=f"{URL}?password={SECRET}")
    assert verify(sinch.signed(wrong, [SECRET], NOW)).reason == "bad_signature"


def test_a_secret_is_made() -> None:
    assert len(sinch.new_secret() or "") > 40
    assert not sinch.SECRET_IS_CREDENTIAL


def test_a_text_is_read() -> None:
    assert message(TEXT_IN) == InboundMessage(
        kind="sms",
        provider_message_id="01W4FFL35P4NC4K35SMSBATCH8",
        sender="+12015555555",
        recipients=(Recipient(role="to", address="+12017777777"),),
        body="Hello John! 👋",
        sent_at=datetime(2024, 6, 6, 7, 52, 37, 386_000, UTC),
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [("6598765432", "+6598765432"), ("+6598765432", "+6598765432"), ("72345", "72345")],
)
def test_numbers_without_plus_are_international(written: str, value: str) -> None:
    sender = message(TEXT_IN, **{"from": written}).sender
    assert canonicalise(sender, "sms", "US").address.value == value


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2024-06-06T07:52:30.123456789Z", datetime(2024, 6, 6, 7, 52, 30, 123_456, UTC)),
        ("2024-06-06T07:52:30", datetime(2024, 6, 6, 7, 52, 30, tzinfo=UTC)),
        ("2024-06-06T09:52:30+02:00", datetime(2024, 6, 6, 7, 52, 30, tzinfo=UTC)),
        ("long ago", datetime(2024, 6, 6, 7, 52, 37, 386_000, UTC)),
        (None, datetime(2024, 6, 6, 7, 52, 37, 386_000, UTC)),
    ],
)
def test_times_are_read_as_they_come(sent: str | None, read: datetime) -> None:
    assert message(TEXT_IN, sent_at=sent).sent_at == read


def test_a_message_without_any_time_is_one() -> None:
    assert message(TEXT_IN, received_at=None).sent_at is None


def test_an_mms_has_its_text_and_what_could_be_kept() -> None:
    read = message(MEDIA_IN)
    assert (read.kind, read.body) == ("mms", "Look")
    assert read.attachments == (
        Attachment(url="https://media.sinch.com/1.jpg", content_type="image/jpeg"),
    )
    bare = message(MEDIA_IN, body={"subject": "The subject"})
    assert (bare.kind, bare.body, bare.attachments) == ("mms", "The subject", ())
    many = [{"url": f"https://media.sinch.com/{n}", "content_type": "a/b"} for n in range(200)]
    assert len(message(MEDIA_IN, body={"media": many}).attachments) == 50


def test_what_is_binary_is_a_file() -> None:
    read = message(TEXT_IN, type="mo_binary", body="AAH/", udh="050003010101")
    assert (read.kind, read.body) == ("sms", "")
    assert read.attachments == (
        Attachment(content=b"\x00\x01\xff", content_type="application/octet-stream"),
    )


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"type": "mo_telegram"}, "type"),
        ({"type": None}, "type"),
        ({"type": 7}, "type"),
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"from": None}, "from"),
        ({"from": " "}, "from"),
        ({"body": None}, "body"),
        ({"body": 7}, "body"),
        ({"type": "mo_binary", "body": "no base64!"}, "base64"),
    ],
)
def test_what_is_not_there_is_named(changes: dict[str, object], match: str) -> None:
    with pytest.raises(Unreadable, match=match):
        message(TEXT_IN, **changes)


def test_stop_is_a_message_like_others() -> None:
    assert message(TEXT_IN, body="STOP").body == "STOP"


def test_without_a_recipient_it_is_the_channel() -> None:
    assert message(TEXT_IN, to=None).recipients == (Recipient(role="to", address=OWN_PHONE),)


def test_a_batch_is_sent_with_a_token() -> None:
    request = sinch.compose_send(TEXT, SENDS, NOW)
    assert (request.method, request.url) == (
        "POST",
        "https://us.sms.api.sinch.com/xms/v1/plan%2F1/batches",
    )
    assert request.headers["authorization"] == "Bearer api token"
    assert msgspec.json.decode(request.body) == {
        "from": "+14155550199",
        "to": ["+14155550101"],
        "body": "Grüße & 10% = 👍",
        "delivery_report": "per_recipient",
        "client_reference": TEXT.id,
    }


def test_reports_go_where_the_service_plan_says() -> None:
    """A URL of our own would come without the password that the plan's URL has."""
    assert b"callback_url" not in sinch.compose_send(TEXT, SENDS, NOW).body


def test_other_regions_have_urls_of_their_own() -> None:
    elsewhere = "https://eu.sms.api.sinch.com/xms/v1/plan/batches"
    assert sinch.compose_send(TEXT, replace(SENDS, send_url=elsewhere), NOW).url == elsewhere


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, b'{"id": "01FC66621XXXXX119Z8PMV1QPQ", "to": ["1"], "canceled": false}',
            Sent(provider_message_id="01FC66621XXXXX119Z8PMV1QPQ")),
        (201, b"<html>", Sent(provider_message_id=None)),
        (400, b'{"code": "syntax_invalid_parameter_format", "text": "15551231234 is none"}',
            Failed(code="syntax_invalid_parameter_format",
                reason="Sinch does not take the recipient's number, or ours")),
        (403, b'{"code": "missing_callback_url", "text": "..."}',
            Failed(code="missing_callback_url",
                reason="the service plan has no callback URL: set it to the webhook URL")),
        (400, b'{"code": "another_code", "text": "..."}',
            Failed(code="another_code", reason="Sinch did not deliver it (error another_code)")),
        (401, b"", Failed(code="http_401",
            reason="Sinch does not accept the channel's service plan and API token")),
        (404, b'{"code": 404, "text": "Batch not found"}', Failed(code="http_404",
            reason="Sinch does not know the channel's service plan in this region")),
        (429, b"", Retry(after_seconds=None, code="http_429", detail="the provider answered 429")),
        (503, b"", Retry(after_seconds=None, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_answers_of_sinch(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert sinch.read_answer(status, {}, body) == outcome


@pytest.mark.parametrize(
    ("changes", "has_credential", "recipients", "says"),
    [
        ({"account": None}, True, 1, "service plan ID"),
        ({}, False, 1, "API token"),
        ({}, True, 1_001, "1,000"),
    ],
)
def test_a_channel_that_cannot_send_says_why(
    changes: dict[str, None], has_credential: bool, recipients: int, says: str
) -> None:
    sends = replace(SENDS, **changes)
    obstacle = sinch.obstacle(sends, has_credential=has_credential, recipients=recipients)
    assert says in (obstacle or "")
    assert sinch.obstacle(SENDS, has_credential=True, recipients=3) is None
