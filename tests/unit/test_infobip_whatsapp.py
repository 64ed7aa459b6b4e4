"""WhatsApp as Infobip's results have it.

Source: the models of https://github.com/infobip/infobip-api-java-client
"""

from typing import Any

import msgspec
import pytest
from samples import posted, read_back

from domain.message import DeliveryReceipt, InboundMessage, MessageShape
from providers import infobip

WHATSAPP: dict[str, Any] = {
    "from": "385919998888",
    "to": "385921004026",
    "integrationType": "WHATSAPP",
    "receivedAt": "2019-07-19T11:32:56.000+0000",
    "messageId": "ABEGVUGWh3gEAgo-sLTvmQCS5kwh",
    "message": {"type": "TEXT", "text": "Support needed"},
    "contact": {"name": "Frank"},
}
LOCATION = {
    "type": "LOCATION", "latitude": 45.793406, "longitude": 15.946298, "name": "Infobip",
    "address": "Utinjska 29A", "url": "https://infobip.com",
}  # fmt: skip
CONTACT = {
    "type": "CONTACT",
    "contacts": [
        {
            "name": {"firstName": "Ann", "lastName": "Smith", "formattedName": "Dr Ann Smith"},
            "org": {"company": "ACME"},
            "phones": [{"phone": "+385 91", "type": "CELL", "waId": "38591"}, {"phone": None}],
            "emails": [{"email": "ann@example.org"}],
        },
        {"name": {"firstName": "Ben"}, "phones": "none"},
        7,
    ],
}
ORDER = {
    "type": "ORDER", "catalogId": "1", "text": "Soon, please",
    "productItems": [
        {"productRetailerId": "SKU-1", "quantity": 2, "itemPrice": 9.5, "currency": "EUR"},
    ],
}  # fmt: skip


def read(content: object, **changes: object) -> InboundMessage:
    element = WHATSAPP | {"message": content} | changes
    reading = read_back(infobip, posted(msgspec.json.encode({"results": [element]})), "sms")
    assert isinstance(reading, InboundMessage)
    return reading


@pytest.mark.parametrize(
    ("content", "shape", "body", "files"),
    [
        ({"type": "TEXT", "text": "Support needed"}, None, "Support needed", 0),
        ({"type": "IMAGE", "caption": "Look", "url": "https://x.test/1"}, None, "Look", 1),
        ({"type": "VOICE", "url": "https://x.test/1"}, None, "", 1),
        ({"type": "STICKER", "url": "https://x.test/1"}, "sticker", "Sticker", 1),
        ({"type": "BUTTON", "text": "Yes", "payload": "yes"}, "choice", "Yes", 0),
        ({"type": "INTERACTIVE_BUTTON_REPLY", "id": "1", "title": "No"}, "choice", "No", 0),
        (
            {"type": "INTERACTIVE_LIST_REPLY", "id": "1", "title": "Red", "description": "Warm"},
            "choice",
            "Red\nWarm",
            0,
        ),
        ({"type": "REACTION", "emoji": "👍", "action": "ADDED"}, "reaction", "👍", 0),
        (
            {"type": "REACTION", "emoji": "👍", "action": "REMOVED"},
            "reaction",
            "Reaction taken back",
            0,
        ),
        (
            CONTACT,
            "contact",
            "Contact: Dr Ann Smith, ACME\n+385 91\nann@example.org\n\nContact: Ben\n\nContact",
            0,
        ),
        (ORDER, "order", "Order\n2 × SKU-1 (9.5 EUR)\nSoon, please", 0),
    ],
)
def test_each_type_is_what_it_is(
    content: dict[str, object], shape: MessageShape | None, body: str, files: int
) -> None:
    message = read(content)
    assert (message.kind, message.sender) == ("whatsapp", "whatsapp:+385919998888")
    assert (message.shape, message.body, len(message.attachments)) == (shape, body, files)
    assert message.sender_name == "Frank"


def test_a_place_leads_to_a_map_and_its_link_is_no_file() -> None:
    message = read(LOCATION)
    assert (message.shape, message.attachments) == ("location", ())
    assert message.body.startswith("Infobip\nUtinjska 29A\nLocation 45.793406, 15.946298\nhttps://")


@pytest.mark.parametrize(
    ("context", "quoted_id"),
    [
        ({"id": "MESSAGE-1", "from": "385921004026"}, "MESSAGE-1"),
        ({"id": " "}, None), ({}, None), (None, None), ("x", None), ({"id": 7}, None),
    ],
)  # fmt: skip
def test_an_answer_names_what_it_answers(context: object, quoted_id: str | None) -> None:
    """The model of the context calls it the message to which the end user responded."""
    assert read({"type": "TEXT", "text": "Yes", "context": context}).quoted_id == quoted_id


@pytest.mark.parametrize(
    "content",
    [
        {"type": "UNSUPPORTED"}, {"type": "INFECTED_CONTENT", "malware": "Eicar"}, {}, None, [],
        {"type": 7, "text": []}, {"type": "TEXT", "text": " "}, {"type": "POLL", "votes": 3},
    ],
)  # fmt: skip
def test_what_nobody_knows_is_a_message_all_the_same(content: object) -> None:
    message = read(content)
    assert message.shape == "unsupported"
    assert "cannot be shown" in message.body


@pytest.mark.parametrize("contact", [None, {}, {"name": 7}, "Frank", [1]])
def test_a_name_may_be_missing(contact: object) -> None:
    assert read({"type": "TEXT", "text": "Hi"}, contact=contact).sender_name is None


def test_a_message_that_was_seen_is_read() -> None:
    """A report of the model WhatsAppWebhookSeenReport has no status."""
    seen = {
        "messageId": "MESSAGE-1",
        "from": "385921004026",
        "to": "385919998888",
        "sentAt": "2019-11-09T16:00:00.000+0100",
        "seenAt": "2019-11-09T16:00:09.000+0100",
    }
    delivery = posted(msgspec.json.encode({"results": [seen]}))
    (event,) = infobip.split(delivery, "sms")
    assert event.dedup_key == "receipt:MESSAGE-1:SEEN"
    reading = read_back(infobip, delivery, "sms")
    assert isinstance(reading, DeliveryReceipt)
    assert (reading.status, reading.provider_status) == ("read", "SEEN")
    assert reading.occurred_at is not None
    assert reading.occurred_at.isoformat() == "2019-11-09T15:00:09+00:00"
