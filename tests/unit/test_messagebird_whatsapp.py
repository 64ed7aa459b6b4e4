"""What MessageBird's Conversations API posts of WhatsApp, and what is answered by it.

Source: https://github.com/messagebird/go-rest-api (conversation: Message, MessageContent, Contact,
WebhookEvent, SendMessageRequest, testdata)
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back
from test_sending_providers import TEXT

from domain.errors import Unreadable
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    Reading,
    ReceiptStatus,
    Recipient,
)
from domain.outbound import Failed, Sent
from providers import messagebird

MESSAGE: dict[str, Any] = {
    "id": "mesid",
    "conversationId": "convid",
    "channelId": "chid",
    "platform": "whatsapp",
    "direction": "received",
    "status": "received",
    "createdDatetime": "2024-11-01T14:00:00Z",
    "updatedDatetime": "2024-11-01T14:00:01Z",
}
CONTACT = {"id": "contid", "msisdn": 14155550100, "firstName": "Ann", "lastName": "Lee"}
URL = "https://media.messagebird.com/v1/media/1"
UNSHOWN = "A message of the type “{}”, which cannot be shown here"
SENDS = replace(channel("messagebird", "sms", ("key",), "access key"), account="chid")


def reading(message: dict[str, Any], **envelope: Any) -> Reading:
    whole = {"type": "message.created", "message": MESSAGE | message, "contact": CONTACT} | envelope
    body = json.dumps(whole).encode()
    return read_back(messagebird, posted(body, {"content-type": "application/json"}), "sms")


def message(kind: str, content: object, **fields: Any) -> InboundMessage:
    read = reading({"type": kind, "content": content} | fields)
    assert isinstance(read, InboundMessage)
    return read


def test_reads_a_text() -> None:
    assert message("text", {"text": "Hello 👋"}) == InboundMessage(
        kind="whatsapp",
        provider_message_id="mesid",
        sender="whatsapp:+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello 👋",
        sent_at=NOW,
        sender_name="Ann Lee",
    )


def test_a_text_may_answer_another() -> None:
    quoting = {"whatsappText": {"text": {"body": "That one"}, "context": {"id": "oursid"}}}
    read = message("whatsappText", quoting)
    assert (read.shape, read.body, read.quoted_id) == (None, "That one", "oursid")


@pytest.mark.parametrize(
    ("kind", "content", "shape", "body"),
    [
        ("interactive", {"interactive": {"type": "button_reply", "reply": {
            "id": "1", "text": "Tuesday", "description": "9-12"}}}, "choice", "Tuesday\n9-12"),
        ("whatsappOrder", {"whatsappOrder": {"catalog_id": "c", "text": "Soon", "product_items": [
            {"product_retailer_id": "lamp", "quantity": 2, "item_price": "9.5", "currency": "EUR"}
        ]}}, "order", "Order\n2 × lamp (9.5 EUR)\nSoon"),
        ("whatsappSticker", {"whatsappSticker": {"link": URL}}, "sticker", "Sticker"),
        ("event", {}, "unsupported", UNSHOWN.format("event")),
        ("reaction", {"reaction": {"emoji": "👍"}}, "unsupported", UNSHOWN.format("reaction")),
        ("text", "nothing", "unsupported", UNSHOWN.format("text")),
        ("interactive", {"interactive": []}, "unsupported", UNSHOWN.format("interactive")),
    ],
)  # fmt: skip
def test_each_type_is_shown_as_what_it_is(
    kind: str, content: object, shape: str, body: str
) -> None:
    read = message(kind, content)
    assert (read.kind, read.shape, read.body) == ("whatsapp", shape, body)


def test_a_place_has_a_map() -> None:
    read = message("location", {"location": {"latitude": 48.2082, "longitude": 16.3738}})
    assert read.shape == "location"
    assert read.body.startswith("Location 48.2082, 16.3738\nhttps://")


@pytest.mark.parametrize("kind", ["image", "video", "audio", "file"])
def test_a_file_comes_with_what_is_written_below_it(kind: str) -> None:
    read = message(kind, {kind: {"url": URL, "caption": "See"}})
    assert (read.shape, read.body, read.attachments) == (None, "See", (Attachment(url=URL),))


def test_texts_of_conversations_are_texts() -> None:
    read = message("text", {"text": "Hi"}, platform="sms")
    assert (read.kind, read.sender) == ("sms", "+14155550100")


def test_what_is_of_nobody_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="platform"):
        message("text", {"text": "Hi"}, platform="line")
    with pytest.raises(Unreadable, match="contact"):
        reading({"type": "text", "content": {"text": "Hi"}}, contact=None)
    with pytest.raises(Unreadable, match=r"message\.id"):
        message("text", {"text": "Hi"}, id=None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", "queued"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("rejected", "failed"),
        ("a new word", "unknown"),
    ],
)
def test_what_was_sent_is_posted_for_its_status(word: str, status: ReceiptStatus) -> None:
    read = reading({"direction": "sent", "status": word}, type="message.updated")
    assert isinstance(read, DeliveryReceipt)
    assert (read.provider_message_id, read.provider_status, read.status) == ("mesid", word, status)


def test_an_answer_leaves_by_the_conversations_api() -> None:
    request = messagebird.compose_send(replace(TEXT, to=("whatsapp:+14155550101",)), SENDS, NOW)
    assert request.url == "https://conversations.messagebird.com/v1/send"
    assert request.headers["authorization"] == "AccessKey access key"
    assert json.loads(request.body) == {
        "to": "+14155550101",
        "from": "chid",
        "type": "text",
        "content": {"text": TEXT.body},
    }
    taken = messagebird.read_answer(202, {}, b'{"id": "oursid", "status": "accepted"}')
    assert taken == Sent(provider_message_id="oursid")
    refused = messagebird.read_answer(422, {}, b'{"errors": [{"code": 20}]}')
    assert isinstance(refused, Failed)
