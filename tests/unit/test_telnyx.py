"""Telnyx: its signature, what it posts, and what is sent by it.

Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks (messages),
https://developers.telnyx.com/api-reference/callbacks/delivery-update (receipts),
https://developers.telnyx.com/api-reference/messages/send-a-message (sending), the signature of
https://github.com/team-telnyx/telnyx-python/blob/master/src/telnyx/lib/webhook_verification.py
"""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from samples import NOW, OWN_PHONE, channel, posted, read_back
from test_sending_providers import TEXT

from domain.channel import ChannelKind
from domain.delivery import AUTHENTIC, Delivery
from domain.errors import Unreadable
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    ReceiptStatus,
    Recipient,
)
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.signature import explain_signature, verify
from providers import telnyx
from simulation import PLAYED

SMS_KIND: ChannelKind = "sms"
OURS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
TIME = str(int(NOW.timestamp()))

# https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
MESSAGE: dict[str, Any] = {
    "direction": "inbound",
    "encoding": "GSM-7",
    "errors": [],
    "from": {"carrier": "T-Mobile USA", "line_type": "long_code", "phone_number": "+13125550001"},
    "id": "84cca175-9755-4859-b67f-4730d7f58aa3",
    "media": [],
    "messaging_profile_id": "740572b6-099c-44a1-89b9-6c92163bc68d",
    "parts": 1,
    "received_at": "2024-11-01T13:59:58.250+00:00",
    "record_type": "message",
    "sent_at": None,
    "tags": [],
    "text": "Hello from Telnyx!",
    "to": [{"carrier": "Telnyx", "phone_number": OWN_PHONE, "status": "webhook_delivered"}],
    "type": "SMS",
    "valid_until": None,
    "webhook_failover_url": None,
    "webhook_url": "http://webhook.site/af3a92e7",
}
# https://developers.telnyx.com/api-reference/callbacks/delivery-update
SENT: dict[str, Any] = {
    "record_type": "message",
    "direction": "outbound",
    "id": "40385f64-5717-4562-b3fc-2c963f66afa6",
    "type": "MMS",
    "from": {"phone_number": OWN_PHONE, "carrier": "TELNYX LLC", "line_type": "VoIP"},
    "to": [{"phone_number": "+18665550001", "status": "delivered", "carrier": "T-MOBILE"}],
    "cc": [],
    "text": "Hello, World!",
    "completed_at": "2024-11-01T13:59:59.000Z",
    "errors": [],
}


def public(key: Ed25519PrivateKey) -> str:
    """Write the public key as the portal shows it."""
    return b64encode(key.public_key().public_bytes_raw()).decode()


def event(payload: dict[str, Any], kind: str = "message.received") -> bytes:
    return msgspec.json.encode(
        {
            "data": {
                "event_type": kind,
                "id": "b301ed3f-1490-491f-995f-6e64e69674d4",
                "occurred_at": "2024-11-01T14:00:00.000+00:00",
                "payload": payload,
                "record_type": "event",
            },
            "meta": {"attempt": 1, "delivered_to": "http://webhook.site/af3a92e7"},
        }
    )


def signed(key: Ed25519PrivateKey, body: bytes, time: str = TIME, **headers: str) -> Delivery:
    """Sign as Telnyx's page says, independently of the code under test."""
    signature = b64encode(key.sign(time.encode() + b"|" + body)).decode()
    given = {"telnyx-signature-ed25519": signature, "telnyx-timestamp": time}
    return posted(body, given | {name.replace("_", "-"): value for name, value in headers.items()})


def message(**changes: object) -> InboundMessage:
    reading = read_back(telnyx, posted(event(MESSAGE | changes)), SMS_KIND)
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(kind: str = "message.finalized", **changes: object) -> DeliveryReceipt:
    reading = read_back(telnyx, posted(event(SENT | changes, kind)), SMS_KIND)
    assert isinstance(reading, DeliveryReceipt)
    return reading


def verdict(delivery: Delivery, *secrets: str, late: timedelta = timedelta()) -> str:
    return verify(telnyx.signed(delivery, secrets, NOW + late)).reason


def test_time_and_body_are_signed_with_the_key_of_the_account() -> None:
    delivery = signed(OURS, event(MESSAGE))
    assert verify(telnyx.signed(delivery, [public(OURS)], NOW)) == AUTHENTIC
    assert verdict(delivery, public(OTHER), f" {public(OURS)}\n") == "verified"  # while it changes
    assert verdict(delivery, public(OTHER)) == "bad_signature"
    assert explain_signature(telnyx.signed(delivery, [public(OURS)], NOW)).expected == ()


def test_the_bytes_are_signed_and_not_what_they_mean() -> None:
    """Telnyx's page for JavaScript parses the body and writes it anew before it verifies."""
    body = b'{"data": {"event_type": "message.received", "payload": {"id": "\\u0041"}}}'
    anew = msgspec.json.encode(msgspec.json.decode(body))
    assert verdict(signed(OURS, body), public(OURS)) == "verified"
    assert verdict(replace(signed(OURS, body), body=anew), public(OURS)) == "bad_signature"


def test_a_body_that_is_signed_without_its_time_is_refused() -> None:
    body = event(MESSAGE)
    alone = b64encode(OURS.sign(body)).decode()
    assert verdict(signed(OURS, body, telnyx_signature_ed25519=alone), public(OURS)) == (
        "bad_signature"
    )
    moved = signed(OURS, body, telnyx_timestamp=str(int(TIME) + 1))
    assert verdict(moved, public(OURS)) == "bad_signature"


@pytest.mark.parametrize(("seconds", "reason"), [(300, "verified"), (301, "stale_signature")])
def test_a_signature_is_good_for_five_minutes_either_way(seconds: int, reason: str) -> None:
    delivery = signed(OURS, event(MESSAGE))
    for late in (timedelta(seconds=seconds), timedelta(seconds=-seconds)):
        assert verdict(delivery, public(OURS), late=late) == reason


@pytest.mark.parametrize("time", ["", "now", "-1", "1" * 40])
def test_a_time_that_is_none_is_stale(time: str) -> None:
    assert verdict(signed(OURS, event(MESSAGE), time), public(OURS)) == "stale_signature"


@pytest.mark.parametrize(
    "signature", ["%", "é", b64encode(b"0" * 64).decode(), b64encode(b"0" * 63).decode()]
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    delivery = signed(OURS, event(MESSAGE), telnyx_signature_ed25519=signature)
    assert verdict(delivery, public(OURS)) == "bad_signature"


@pytest.mark.parametrize("secret", ["a phrase", "whsec_", public(OURS)[:-4], "00" * 32, "é"])
def test_a_secret_that_is_no_public_key_verifies_nothing(secret: str) -> None:
    assert verdict(signed(OURS, event(MESSAGE)), secret) == "bad_signature"


def test_nobody_plays_an_account_of_which_only_the_public_key_is_known() -> None:
    sample = channel("telnyx", "sms", (public(OURS), "whsec_b2xkIHNlY3JldA=="))
    played = PLAYED["telnyx"].compose(message(), sample, "https://inlet.example/", NOW)
    assert verdict(played, *sample.secrets) == "verified"
    assert verdict(played, public(OURS)) == "bad_signature"
    alone = replace(sample, secrets=(public(OURS),))
    unsigned = PLAYED["telnyx"].compose(message(), alone, "https://inlet.example/", NOW)
    assert verdict(unsigned, public(OURS)) == "missing_signature"
    assert telnyx.new_secret() is None


def test_reads_an_sms() -> None:
    assert message() == InboundMessage(
        kind="sms",
        provider_message_id="84cca175-9755-4859-b67f-4730d7f58aa3",
        sender="+13125550001",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello from Telnyx!",
        sent_at=NOW - timedelta(seconds=1.75),
    )


def test_reads_an_mms() -> None:
    """https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks#media"""
    media = [
        {"url": "https://media.telnyx.com/1.png", "content_type": "image/png", "size": 102},
        {"url": "https://media.telnyx.com/2", "content_type": None, "sha256": None, "size": None},
    ]
    read = message(type="MMS", media=media, text=None)
    assert (read.kind, read.body) == ("mms", "")
    assert read.attachments == (
        Attachment(url="https://media.telnyx.com/1.png", content_type="image/png", size_bytes=102),
        Attachment(url="https://media.telnyx.com/2"),
    )
    assert len(message(media=media * 50).attachments) == 50
    assert message(media=None, type="MMS").kind == "mms"
    assert message(text=None, subject="A subject").body == "A subject"


def test_a_group_message_is_to_all_of_its_numbers() -> None:
    others = [{"phone_number": f"+1312555000{number}"} for number in (2, 3)]
    read = message(type="MMS", to=[*MESSAGE["to"], others[0]], cc=others[1:])
    assert read.recipients == (
        Recipient(role="to", address=OWN_PHONE),
        Recipient(role="to", address="+13125550002"),
        Recipient(role="cc", address="+13125550003"),
    )
    assert message(to=None).recipients == (Recipient(role="to", address=OWN_PHONE),)


@pytest.mark.parametrize("sender", ["72345", "TELNYX", 72345])
def test_a_sender_may_be_a_short_code_or_a_name(sender: str | int) -> None:
    assert message(**{"from": {"phone_number": sender}}).sender == str(sender)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": None}, "payload.id"),
        ({"id": " "}, "payload.id"),
        ({"from": None}, "from"),
        ({"from": {}}, "from"),
        ({"text": None}, "text"),
        ({"to": OWN_PHONE}, "to"),
    ],
)
def test_a_message_without_its_parts_is_unreadable(changes: dict[str, object], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        message(**changes)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {}}', b'{"data": {"payload": {}}}'])
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        telnyx.split(posted(body), SMS_KIND)


def test_a_message_that_is_posted_anew_as_another_event_is_the_same() -> None:
    """Telnyx's pages know a repeated one by `data.id`, and by `payload.id`."""
    first = event(MESSAGE)
    again = first.replace(b"b301ed3f", b"0000ed3f").replace(b'"attempt":1', b'"attempt":2')
    keys = [telnyx.split(posted(body), SMS_KIND)[0].dedup_key for body in (first, again)]
    assert keys == ["message:84cca175-9755-4859-b67f-4730d7f58aa3"] * 2


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "queued"),
        ("sending", "queued"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("delivery_unconfirmed", "sent"),
        ("sending_failed", "failed"),
        ("delivery_failed", "failed"),
        ("expired", "failed"),
        ("a new word", "unknown"),
    ],
)
def test_every_word_has_a_meaning(word: str, status: ReceiptStatus) -> None:
    to = [{"phone_number": "+18665550001", "status": word}]
    assert receipt(to=to) == DeliveryReceipt(
        provider_message_id=SENT["id"], status=status, provider_status=word, occurred_at=NOW
    )


def test_each_word_of_a_message_is_an_event() -> None:
    events = [
        telnyx.split(
            posted(event(SENT | {"to": [{"phone_number": "+1866", "status": word}]}, kind)),
            SMS_KIND,
        )[0]
        for kind, word in [
            ("message.sent", "sent"),
            ("message.finalized", "delivery_unconfirmed"),
            ("message.finalized", "delivered"),
        ]
    ]
    assert [each.kind for each in events] == ["receipt"] * 3
    assert len({each.dedup_key for each in events}) == 3


def test_a_failure_has_its_code_and_its_reason() -> None:
    failed = [{"phone_number": "+18665550001", "status": "delivery_failed"}]
    errors = [
        {
            "code": "40008",
            "title": "Undeliverable",
            "detail": "The recipient +18665550001 ...",
            "source": {"pointer": "/to"},
        }
    ]
    read = receipt(to=failed, errors=errors)
    assert (read.status, read.error_code) == ("failed", "40008")
    assert telnyx.explain(read.error_code) == "the carrier did not accept it"
    assert telnyx.explain("49999") == "Telnyx did not deliver it (error 49999)"
    assert receipt(to=failed, errors=[{"code": "a whole sentence"}, {}]).error_code is None


def test_of_several_recipients_a_failure_is_told() -> None:
    to = [{"phone_number": f"+1866555000{n}", "status": "delivered"} for n in (1, 2)]
    assert receipt(to=to).status == "delivered"
    cc = [{"phone_number": "+18665550003", "status": "delivery_failed"}]
    assert receipt(to=to, cc=cc).provider_status == "delivery_failed"
    one, other = (
        telnyx.split(posted(event(SENT | {"to": to, "cc": each}, "message.finalized")), SMS_KIND)[0]
        for each in ([], cc)
    )
    assert one.dedup_key != other.dedup_key


@pytest.mark.parametrize("payload", [{"id": "link-1"}, {"id": "link-1", "to": []}])
def test_an_event_about_something_else_is_kept_and_changes_nothing(
    payload: dict[str, object],
) -> None:
    delivery = posted(event(payload, "message.link_click"))
    (found,) = telnyx.split(delivery, SMS_KIND)
    read = read_back(telnyx, delivery, SMS_KIND)
    assert found.kind == "receipt"
    assert isinstance(read, DeliveryReceipt)
    assert (read.status, read.provider_status) == ("unknown", "message.link_click")


TELNYX = channel("telnyx", "sms", (public(OURS),), "KEY01")


def test_a_message_is_posted_as_json_with_the_key() -> None:
    request = telnyx.compose_send(TEXT, TELNYX, NOW)
    assert (request.method, request.url) == ("POST", "https://api.telnyx.com/v2/messages")
    assert request.headers["authorization"] == "Bearer KEY01"
    fields = {
        "from": "+14155550199",
        "to": "+14155550101",
        "text": TEXT.body,
        "webhook_url": TEXT.status_callback,
    }
    assert msgspec.json.decode(request.body) == fields
    elsewhere = replace(TELNYX, account="740572b6", send_url="http://127.0.0.1:9/v2/messages")
    request = telnyx.compose_send(TEXT, elsewhere, NOW)
    assert request.url == "http://127.0.0.1:9/v2/messages"
    assert msgspec.json.decode(request.body) == fields | {"messaging_profile_id": "740572b6"}


def test_a_channel_says_what_keeps_it_from_sending() -> None:
    assert telnyx.obstacle(TELNYX, has_credential=True, recipients=1) is None
    assert "API key" in (telnyx.obstacle(TELNYX, has_credential=False, recipients=1) or "")
    assert "one number" in (telnyx.obstacle(TELNYX, has_credential=True, recipients=2) or "")


# https://developers.telnyx.com/docs/messaging/messages/error-codes
@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"data": {"id": "40385f64", "to": [{"status": "queued"}], "errors": []}}',
            Sent(provider_message_id="40385f64")),
        (200, b"<html>", Sent(provider_message_id=None)),
        (200, b'{"data": {"id": "1", "to": [{"status": "sending_failed"}],'
            b' "errors": [{"code": "40310"}]}}',
            Failed(code="40310", reason="the recipient's number is not valid")),
        (403, b'{"errors": [{"code": "40300", "title": "Blocked due to STOP message"}]}',
            Failed(code="40300", reason="the recipient has opted out by answering STOP",
                   is_opt_out=True)),
        (422, b'{"errors": [{"code": "10004", "title": "Missing required parameter"}]}',
            Failed(code="10004", reason="Telnyx did not deliver it (error 10004)")),
        (401, b'{"errors": [{"code": "10009"}]}',
            Failed(code="10009", reason="Telnyx does not accept the channel's API key")),
        (401, b"", Failed(code="http_401",
            reason="Telnyx does not accept the channel's API key")),
        (400, b'{"errors": [{"code": "40318", "title": "Message queue full"}]}',
            Retry(after_seconds=7.0, code="40318", detail="too many messages wait at Telnyx")),
        (429, b'{"errors": [{"code": "10011"}]}',
            Retry(after_seconds=7.0, code="10011", detail="Telnyx had too many requests")),
        (503, b"",
            Retry(after_seconds=7.0, code="http_503", detail="the provider answered 503")),
    ],
)  # fmt: skip
def test_answers(status: int, body: bytes, outcome: SendOutcome) -> None:
    assert telnyx.read_answer(status, {"retry-after": "7"}, body) == outcome


@pytest.mark.parametrize(
    ("told", "consent"),
    [("STOP", "opt_out"), ("START", "opt_in"), ("HELP", "help"), (None, None), (7, None)],
)
def test_what_telnyx_took_a_text_for(told: object, consent: str | None) -> None:
    """https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out"""
    found = message(text="arret", autoresponse_type=told).consent
    assert (found and found.consent) == consent
