"""What Bird's Channels API posts, and what becomes of it.

Source: https://docs.bird.com/api/channels-api/supported-channels/programmable-sms/receiving-messages
(messages), https://docs.bird.com/api/channels-api/message-status-and-interactions (statuses),
.../message-failure-sources/sms-platform-extended-error-codes below it (failures)
"""

import json
from typing import Any

import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back

from domain.channel import ChannelKind
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus, Recipient
from domain.signature import verify
from providers import bird
from simulation import PLAYED_SENDERS

KIND: ChannelKind = "sms"

# The page on receiving messages.
MESSAGE: dict[str, Any] = {
    "id": "96a0b5fa-a986-453d-be5c-3117f989f025",
    "channelId": "614208aa-b153-4d5d-9989-2fddfc0ce4c3",
    "sender": {
        "contact": {
            "id": "32cf5eee-f940-422c-ab8c-5f753aad5efd",
            "identifierKey": "phonenumber",
            "identifierValue": "+31612345678",
        }
    },
    "receiver": {"connector": {"id": "86cc4dc0-3dc0-41b7-ac43-8ec829ead56f"}},
    "body": {"type": "text", "text": {"text": "Sample incoming text message"}},
    "parts": [{"platformReference": "e8077d803532c0b5937c639b60216938"}],
    "status": "delivered",
    "direction": "incoming",
    "lastStatusAt": "2024-11-01T14:00:00.000Z",
    "createdAt": "2024-11-01T14:00:00.000Z",
    "updatedAt": "2024-11-01T14:00:00.000Z",
}
# The pages on statuses and on failures.
STATUS: dict[str, Any] = {
    "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "channelId": "614208aa-b153-4d5d-9989-2fddfc0ce4c3",
    "status": "delivered",
    "reason": "",
    "direction": "outgoing",
    "lastStatusAt": "2024-11-01T14:00:00.000Z",
    "createdAt": "2024-11-01T13:00:00.000Z",
}


def event(name: str, payload: object) -> Delivery:
    body = json.dumps({"service": "channels", "event": name, "payload": payload}).encode()
    return posted(body, {"content-type": "application/json"})


def message(**changes: object) -> InboundMessage:
    reading = read_back(bird, event("sms.inbound", MESSAGE | changes), KIND)
    assert isinstance(reading, InboundMessage)
    return reading


def receipt(**changes: object) -> DeliveryReceipt:
    reading = read_back(bird, event("sms.outbound", STATUS | changes), KIND)
    assert isinstance(reading, DeliveryReceipt)
    return reading


def test_reads_an_sms() -> None:
    assert message() == InboundMessage(
        kind="sms",
        provider_message_id="96a0b5fa-a986-453d-be5c-3117f989f025",
        sender="+31612345678",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Sample incoming text message",
        sent_at=NOW,
    )


def test_the_number_it_came_to_is_the_connectors_where_that_says_it() -> None:
    read = message(receiver={"connector": {"id": "86cc4dc0", "identifierValue": "+14155550198"}})
    assert read.recipients == (Recipient(role="to", address="+14155550198"),)
    assert message(receiver=None, createdAt="soon").sent_at is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": None}, "payload.id"),
        ({"id": " "}, "payload.id"),
        ({"sender": None}, "sender"),
        ({"sender": {"connector": {"identifierValue": "+31612345678"}}}, "sender"),
        ({"body": None}, "type text"),
        ({"body": {"type": "image", "image": {"images": []}}}, "type text"),
        ({"body": {"type": "text", "text": {}}}, "type text"),
        ({"body": {"type": "text", "text": "Hello"}}, "text"),
    ],
)
def test_what_is_no_text_message_is_unreadable(changes: dict[str, object], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        message(**changes)


@pytest.mark.parametrize("name", ["line.inbound", "line.outbound", "sms.interaction", ""])
def test_an_event_of_something_else_is_kept_and_unreadable(name: str) -> None:
    (kept,) = bird.split(event(name, MESSAGE), KIND)
    assert kept.kind == "message"
    with pytest.raises(Unreadable, match="event must be inbound"):
        read_back(bird, event(name, MESSAGE), KIND)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", "queued"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("sending_failed", "failed"),
        ("delivery_failed", "failed"),
        ("a new word", "unknown"),
    ],
)
def test_every_status_has_a_meaning(word: str, status: ReceiptStatus) -> None:
    assert receipt(status=word) == DeliveryReceipt(
        provider_message_id="3fa85f64-5717-4562-b3fc-2c963f66afa6",
        status=status,
        provider_status=word,
        occurred_at=NOW,
    )
    (kept,) = bird.split(event("sms.outbound", STATUS | {"status": word}), KIND)
    assert (kept.kind, kept.dedup_key) == (
        "receipt", f"receipt:3fa85f64-5717-4562-b3fc-2c963f66afa6:{word}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ({"code": 15001, "source": {"name": "sms-messagebird", "code": "34"}}, "34"),
        ({"code": 15001, "source": {"name": "sms-messagebird"}}, "15001"),
        ({"code": 15001, "source": {"code": "a sentence"}}, "15001"),
        ({"code": 15001}, "15001"),
        ({}, None),
        (None, None),
    ],
)
def test_a_failure_has_the_code_of_who_failed(failure: object, code: str | None) -> None:
    changes = {"status": "delivery_failed", "failure": failure}
    assert receipt(**changes).error_code == code
    (kept,) = bird.split(event("sms.outbound", STATUS | changes), KIND)
    assert kept.dedup_key.endswith(f":{code}" if code else ":delivery_failed")


def test_codes_are_explained_where_birds_pages_do() -> None:
    assert bird.explain("1") == "the number belongs to nobody"
    assert bird.explain("15001") == "Bird did not deliver it (error 15001)"


def test_a_receipt_without_a_status_is_unreadable() -> None:
    for status in (None, "", " "):
        with pytest.raises(Unreadable, match="status"):
            bird.split(event("sms.outbound", STATUS | {"status": status}), KIND)


def test_a_played_receipt_is_signed_and_reads_back() -> None:
    told = DeliveryReceipt(
        provider_message_id="m-1", status="failed", provider_status="delivery_failed",
        error_code="34", occurred_at=NOW, recipients=("+14155550101",),
    )  # fmt: skip
    sends = channel("bird", "sms", ("a signing key",), "an access key")
    url = "https://inlet.example/webhooks/bird/tok"
    delivery = PLAYED_SENDERS["bird"].compose_receipt(told, OWN_PHONE, sends, url, NOW)
    assert verify(bird.signed(delivery, sends.secrets, NOW)).is_authentic
    reading = read_back(bird, delivery, KIND)
    assert isinstance(reading, DeliveryReceipt)
    assert (reading.provider_status, reading.error_code) == ("delivery_failed", "34")
