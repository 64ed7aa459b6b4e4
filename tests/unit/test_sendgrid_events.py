"""SendGrid's Event Webhook: what became of mail, in signed batches.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event (fields, words),
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/troubleshooting (events that
come twice); what an event about a mail that was dropped has is in email-providers.md section 4.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from samples import OWN_EMAIL, claimed, posted, read_back
from test_sendgrid import PUBLIC, TIME, form, public_key, reason, sign

from domain.basic_auth import basic_credentials
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import DeliveryReceipt
from domain.provider import ReadingContext
from providers import sendgrid

JSON = {"content-type": "application/json"}
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
OURS = "01930000-0000-7000-8000-00000000aaaa"
EVENT: dict[str, Any] = {
    "email": "ann@example.com",
    "timestamp": 1730469594,
    "smtp-id": "<wrfRRvF7Q0GgwUo2CvDmEA@ismtpd-555>",
    "event": "delivered",
    "category": ["cat facts"],
    "sg_event_id": "rWVYmVk90MjZJ9iohOBa3w==",
    "sg_message_id": "wrfRRvF7Q0GgwUo2CvDmEA.filter0425p1mdw1.13037.57168B4A1D.0",
    "response": "250 OK",
    "tls": 1,
    "inlet_message_id": OURS,
}
BOUNCE = EVENT | {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 ann@x"}
DROPPED = EVENT | {"event": "dropped", "sg_message_id": "filter0093p1las1.9128.5717FB8127.0"}


def batch(*events: object) -> Delivery:
    return posted(msgspec.json.encode(events), JSON)


def receipt(event: object) -> DeliveryReceipt:
    reading = read_back(sendgrid, batch(event), "email")
    assert isinstance(reading, DeliveryReceipt)
    return reading


def keys(*events: object) -> list[str]:
    return [event.dedup_key for event in sendgrid.split(batch(*events), "email")]


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (EVENT | {"event": "processed", "pool": {"name": "p", "id": 210}}, "sent", None),
        (EVENT, "delivered", None),
        (EVENT | {"event": "deferred", "response": "400 try later", "attempt": "5"}, "unknown",
            None),
        (DROPPED | {"reason": "Invalid"}, "failed", "invalid"),
        (DROPPED | {"reason": "Unsubscribed Address"}, "failed", "unsubscribed_address"),
        (DROPPED | {"reason": "Bounced Address", "status": "5.0.0"}, "failed", "bounced_address"),
        (DROPPED | {"reason": "mail to ann@example.com"}, "failed", None),
        (BOUNCE, "bounced", "5.1.1"),
        (BOUNCE | {"bounce_classification": "Invalid Address"}, "bounced", "invalid_address"),
        (BOUNCE | {"bounce_classification": "Frequency/Volume"}, "bounced", "frequency_volume"),
        (BOUNCE | {"bounce_classification": "Unclassified"}, "bounced", "5.1.1"),
        (BOUNCE | {"type": "blocked"}, "bounced", "blocked"),
        (BOUNCE | {"status": "550 5.1.1 ann@example.com"}, "bounced", None),
        (EVENT | {"event": "open", "useragent": "Mozilla/4.0", "ip": "255.255.255.255"}, "opened",
            None),
        (EVENT | {"event": "click", "url": "http://x.test", "url_offset": {"index": 0}}, "clicked",
            None),
        (EVENT | {"event": "spamreport"}, "complained", None),
        (EVENT | {"event": "unsubscribe"}, "unknown", None),
        (EVENT | {"event": "group_unsubscribe", "asm_group_id": 10}, "unknown", None),
        (EVENT | {"event": "group_resubscribe", "asm_group_id": 10}, "unknown", None),
        (EVENT | {"event": "something_new"}, "unknown", None),
    ],
)  # fmt: skip
def test_events(event: dict[str, Any], status: str, code: str | None) -> None:
    assert receipt(event) == DeliveryReceipt(
        provider_message_id=OURS,
        status=status,  # pyright: ignore[reportArgumentType]
        provider_status=event["event"],
        error_code=code,
        occurred_at=datetime(2024, 11, 1, 13, 59, 54, tzinfo=UTC),
        recipients=("ann@example.com",),
        is_permanent=event.get("type") == "bounce" or code in ("invalid", "bounced_address"),
    )


def test_its_words_can_be_searched_for() -> None:
    told = {"processed", "delivered", "deferred", "dropped", "bounce", "open", "click",
        "spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe"}  # fmt: skip
    assert told < sendgrid.RECEIPT_WORDS


@pytest.mark.parametrize(
    ("changes", "identity"),
    [
        ({}, OURS),
        # Of a mail that another program sent, with arguments of its own.
        ({"inlet_message_id": None, "userid": "1123"}, "wrfRRvF7Q0GgwUo2CvDmEA"),
        ({"inlet_message_id": {"a": 1}}, "wrfRRvF7Q0GgwUo2CvDmEA"),
        # A bounce that comes later has neither.
        ({"inlet_message_id": None, "sg_message_id": "", "event": "bounce"},
            "rWVYmVk90MjZJ9iohOBa3w=="),
        ({"inlet_message_id": None, "sg_message_id": None, "event": "account_status_change",
            "type": "compliance_suspend"}, "rWVYmVk90MjZJ9iohOBa3w=="),
    ],
)  # fmt: skip
def test_which_mail_an_event_is_about(changes: dict[str, object], identity: str) -> None:
    assert receipt(EVENT | changes).provider_message_id == identity


def test_an_event_that_comes_twice_is_one() -> None:
    again = dict(reversed(EVENT.items())) | {"timestamp": 1}
    other = EVENT | {"sg_event_id": "qK1MxfAaE_ukyyNsjxTpkw=="}
    assert len(set(keys(EVENT, EVENT, again))) == 1
    assert len(set(keys(EVENT, other))) == 2
    nameless = {name: value for name, value in EVENT.items() if name != "sg_event_id"}
    assert len(set(keys(nameless, nameless, nameless | {"timestamp": 1}))) == 2


def test_of_a_batch_an_odd_element_harms_no_other() -> None:
    odd: list[object] = [
        None, 7, "x", [], {}, {"event": "open"}, {"event": 7, "sg_event_id": "a"},
        {"event": "", "sg_event_id": "a"}, {"sg_event_id": "a", "sg_message_id": "a"},
    ]  # fmt: skip
    delivery = batch(EVENT, *odd, BOUNCE)
    events = sendgrid.split(delivery, "email")
    assert [event.kind for event in events] == ["receipt", *["unreadable"] * 9, "receipt"]
    assert len({event.dedup_key for event in events}) == 11
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    for event in events[1:-1]:
        with pytest.raises(Unreadable):
            sendgrid.read(claimed(event, "sendgrid", delivery.content_type), context)


def test_a_bad_byte_costs_no_event() -> None:
    delivery = batch(EVENT, BOUNCE)
    events = sendgrid.split(
        replace(delivery, body=delivery.body.replace(b"250 OK", b"2\xff0", 1)), "email"
    )
    assert [event.kind for event in events] == ["receipt", "receipt"]


def test_a_batch_has_its_limit_and_may_have_nothing() -> None:
    short = {"event": "open", "sg_event_id": "a"}
    assert len(sendgrid.split(batch(*[short] * 10_000), "email")) == 10_000
    with pytest.raises(Unreadable, match="more events"):
        sendgrid.split(batch(*[short] * 10_001), "email")
    assert sendgrid.split(posted(b" []", JSON), "email") == []


@pytest.mark.parametrize("body", [b"", b"[", b"{}", b"null", b"[" * 100_000, b"{" * 100_000])
def test_what_is_no_batch_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        sendgrid.split(posted(body, JSON), "email")


def test_what_a_delivery_is_its_body_says() -> None:
    """No signature covers the content type."""
    mail = form()
    for content_type in ("application/json", "text/plain", "", mail.content_type):
        (event,) = sendgrid.split(
            replace(batch(EVENT), headers={"content-type": content_type}), "email"
        )
        assert event.kind == "receipt"
    with pytest.raises(Unreadable):
        sendgrid.split(replace(mail, headers=JSON), "email")


_GOOD, _OTHER, _EMPTY, _NONE = "good", "other", "", None


@pytest.mark.parametrize(
    ("signature", "timestamp", "verdict"),
    [
        (_GOOD, _GOOD, "verified"),
        (_GOOD, _OTHER, "bad_signature"),
        (_GOOD, _EMPTY, "stale_signature"),
        (_GOOD, _NONE, "stale_signature"),
        (_OTHER, _GOOD, "bad_signature"),
        (_OTHER, _OTHER, "bad_signature"),
        (_OTHER, _EMPTY, "stale_signature"),
        (_OTHER, _NONE, "stale_signature"),
        *((missing, any_, "missing_signature")
            for missing in (_EMPTY, _NONE) for any_ in (_GOOD, _OTHER, _EMPTY, _NONE)),
    ],
)  # fmt: skip
def test_a_batch_without_its_signature_is_refused(
    signature: str | None, timestamp: str | None, verdict: str
) -> None:
    delivery = batch(EVENT)
    right = sign(delivery)
    wrong = sign(batch(BOUNCE))
    given = {
        SIGNATURE: {_GOOD: right[SIGNATURE], _OTHER: wrong[SIGNATURE]}.get(signature or "", ""),
        TIMESTAMP: {_GOOD: TIME, _OTHER: str(int(TIME) - 1)}.get(timestamp or "", ""),
    }
    kept = {SIGNATURE: signature is not None, TIMESTAMP: timestamp is not None}
    headers = {name: value for name, value in given.items() if kept[name]}
    assert reason(replace(delivery, headers=JSON | headers), PUBLIC) == verdict


def with_password(headers: Mapping[str, str]) -> dict[str, str]:
    return {**headers, "authorization": basic_credentials("inlet", "a password")}


def test_a_password_beside_a_signature() -> None:
    """A signature that is there must be right, whatever the URL has; unsigned, the URL decides."""
    delivery = batch(EVENT)
    signed = replace(delivery, headers=with_password(sign(delivery)))
    assert reason(signed, "a password", PUBLIC) == "verified"
    forged = replace(signed, body=batch(BOUNCE).body)
    assert reason(forged, "a password", PUBLIC) == "bad_signature"
    unsigned = replace(delivery, headers=with_password(JSON))
    assert reason(unsigned, "a password", PUBLIC) == "verified"
    assert reason(unsigned, PUBLIC) == "no_secret"
    assert reason(replace(delivery, headers=JSON), "a password") == "missing_signature"


def test_each_webhook_has_a_key_of_its_own() -> None:
    """Mails are signed by the key of their policy, events by that of their webhook."""
    other = public_key(generate_private_key(SECP256R1()))
    delivery = batch(EVENT)
    signed = replace(delivery, headers=sign(delivery))
    assert reason(signed, other, PUBLIC) == reason(signed, PUBLIC, other) == "verified"
    assert reason(signed, other) == "bad_signature"
