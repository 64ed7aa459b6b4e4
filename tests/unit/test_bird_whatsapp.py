"""What Bird's Channels API posts of WhatsApp, and how it is answered.

Source: components/messagebird/sources of https://github.com/PipedreamHQ/pipedream (the event),
https://docs.bird.com/api/channels-api/supported-channels/programmable-whatsapp/receiving-messages
(a text; of other types the names), .../sending-whatsapp-messages (sending)
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back
from test_sending_providers import TEXT

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient
from providers import bird

MESSAGE: dict[str, Any] = {
    "id": "404544c5-9920-45f1-8990-0855634ab7ac",
    "channelId": "52ad151f-f7b4-46f9-a5c6-d3318e650c84",
    "sender": {"contact": {"identifierKey": "phonenumber", "identifierValue": "+14155550100"}},
    "receiver": {"connector": {"id": "60bf59d6", "identifierValue": ""}},
    "body": {"type": "text", "text": {"text": "Test"}},
    "parts": [{"platformReference": "wamid.HBgMMzUxOTE0MjYyNTM1FQ"}],
    "status": "delivered",
    "direction": "incoming",
    "createdAt": "2024-11-01T14:00:00.000Z",
}
URL = "https://media.api.bird.com/workspaces/w/messages/m/media/1"
UNSHOWN = "A message of the type “{}”, which cannot be shown here"


def event(name: str, payload: object) -> Delivery:
    body = json.dumps({"service": "channels", "event": name, "payload": payload}).encode()
    return posted(body, {"content-type": "application/json"})


def message(**fields: Any) -> InboundMessage:
    read = read_back(bird, event("whatsapp.inbound", MESSAGE | fields), "sms")
    assert isinstance(read, InboundMessage)
    return read


def test_reads_a_text_and_what_it_answers() -> None:
    quoting = {"replyTo": {"id": "96a0b5fa-a986-453d-be5c-3117f989f025", "type": "message"}}
    assert message(**quoting) == InboundMessage(
        kind="whatsapp",
        provider_message_id="404544c5-9920-45f1-8990-0855634ab7ac",
        sender="whatsapp:+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Test",
        sent_at=NOW,
        quoted_id="96a0b5fa-a986-453d-be5c-3117f989f025",
    )


@pytest.mark.parametrize(
    ("body", "files"),
    [
        ({"type": "image", "image": {"images": [{"mediaUrl": URL}]}}, (Attachment(url=URL),)),
        (
            {"type": "file", "file": {"files": [
                {"mediaUrl": URL, "contentType": "application/pdf", "filename": "bill.pdf"}
            ]}},
            (Attachment(url=URL, content_type="application/pdf", filename="bill.pdf"),),
        ),
    ],
)  # fmt: skip
def test_files_are_where_their_urls_are(body: object, files: tuple[Attachment, ...]) -> None:
    read = message(body=body)
    assert (read.shape, read.body, read.attachments) == (None, "", files)


def test_a_place_has_a_map() -> None:
    place = {"coordinates": {"latitude": 48.2082, "longitude": 16.3738}}
    read = message(body={"type": "location", "location": place})
    assert read.shape == "location"
    assert read.body.startswith("Location 48.2082, 16.3738\nhttps://")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"type": "contacts", "contacts": []}, UNSHOWN.format("contacts")),
        ({"type": "text", "text": {"text": ""}}, UNSHOWN.format("text")),
        ({"type": "image", "image": [[[[[[{"mediaUrl": URL}]]]]]]}, UNSHOWN.format("image")),
        ("nothing", "A message of an unknown type, which cannot be shown here"),
        (None, "A message of an unknown type, which cannot be shown here"),
    ],
)  # fmt: skip
def test_what_nobody_knows_says_that_it_came(body: object, says: str) -> None:
    read = message(body=body)
    assert (read.kind, read.shape, read.body) == ("whatsapp", "unsupported", says)


def test_a_message_of_nobody_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="sender"):
        message(sender={"contact": {}})
    with pytest.raises(Unreadable, match="event"):
        read_back(bird, event("line.inbound", MESSAGE), "sms")


def test_a_report_is_a_receipt() -> None:
    report = {"id": "3fa85f64", "status": "delivered", "lastStatusAt": "2024-11-01T14:00:00.000Z"}
    read = read_back(bird, event("whatsapp.outbound", report), "sms")
    assert isinstance(read, DeliveryReceipt)
    assert (read.provider_message_id, read.status) == ("3fa85f64", "delivered")


def test_an_answer_leaves_by_the_channel_at_bird() -> None:
    sends = replace(channel("bird", "sms", ("key",), "access key"), account="w:c")
    request = bird.compose_send(replace(TEXT, to=("whatsapp:+14155550101",)), sends, NOW)
    assert request.url == "https://api.bird.com/workspaces/w/channels/c/messages"
    [contact] = json.loads(request.body)["receiver"]["contacts"]
    assert contact == {"identifierKey": "phonenumber", "identifierValue": "+14155550101"}
