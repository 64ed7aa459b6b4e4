"""What Vonage's Messages API posts of WhatsApp, and what is answered there.

Source: https://developer.vonage.com/en/api/messages-olympus (inbound message, message status, send)
Source: InboundMessage and whatsapp/ of https://github.com/Vonage/vonage-java-sdk (messages)
"""

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from samples import NOW, OWN_PHONE, channel, read_back
from test_sending_providers import TEXT
from vonage_samples import MESSAGE, SMS_KIND, as_json, message

from domain.errors import Unreadable
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient
from domain.outbound import Failed, Retry, SendOutcome, Sent
from providers import vonage

VONAGE = replace(channel("vonage", "sms", ("a secret",), "an API secret"), account="abcd1234")
WRITTEN = {name: value for name, value in MESSAGE.items() if name != "text"} | {
    "channel": "whatsapp",
    "profile": {"name": "Ann"},
    "context_status": "none",
}
UNSHOWN = "A message of the type “{}”, which cannot be shown here"
QUOTED = "1b456509-974c-458b-aafa-45fc48a4d976"


def by_whatsapp(kind: str, **fields: Any) -> InboundMessage:
    return message(as_json(WRITTEN | {"message_type": kind} | fields))


def test_reads_a_text_with_its_sender_and_what_it_quotes() -> None:
    context = {"message_uuid": QUOTED, "message_from": "14155550199"}
    assert by_whatsapp("text", text="Yes 👍", context=context) == InboundMessage(
        kind="whatsapp",
        provider_message_id="aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
        sender="whatsapp:+14155550100",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Yes 👍",
        sent_at=NOW,
        quoted_id=QUOTED,
        sender_name="Ann",
    )


@pytest.mark.parametrize(
    ("kind", "fields", "shape", "body"),
    [
        ("reply", {"reply": {"title": "Tuesday", "description": "9 to 12"}}, "choice",
            "Tuesday\n9 to 12"),
        ("button", {"button": {"text": "Stop it", "payload": {}}}, "choice", "Stop it"),
        ("reaction", {"reaction": {"emoji": "😄", "action": "react"}}, "reaction", "😄"),
        ("reaction", {"reaction": {"action": "unreact"}}, "reaction", "Reaction taken back"),
        ("order", {"order": {"catalog_id": "c", "product_items": [
            {"product_retailer_id": "lamp", "quantity": 2, "item_price": 9.5, "currency": "EUR"}
        ]}}, "order", "Order\n2 × lamp (9.5 EUR)"),
        ("unsupported", {}, "unsupported", UNSHOWN.format("unsupported")),
        ("poll", {"poll": {"name": "?"}}, "unsupported", UNSHOWN.format("poll")),
        (None, {}, "unsupported", "A message of an unknown type, which cannot be shown here"),
        ("text", {"text": ""}, "unsupported", UNSHOWN.format("text")),
        ("location", {"location": "nowhere"}, "location", "A location"),
        ("order", {"order": [1]}, "order", "Order"),
    ],
)  # fmt: skip
def test_each_type_is_shown_as_what_it_is(
    kind: str, fields: dict[str, Any], shape: str, body: str
) -> None:
    read = by_whatsapp(kind, **fields)
    assert (read.kind, read.shape, read.body) == ("whatsapp", shape, body)


@pytest.mark.parametrize("names", [("lat", "long"), ("latitude", "longitude")])
def test_a_place_has_a_map(names: tuple[str, str]) -> None:
    place = {names[0]: 48.2082, names[1]: 16.3738, "name": "Café", "address": "Graben 1"}
    read = by_whatsapp("location", location=place)
    assert read.shape == "location"
    assert read.body.startswith("Café\nGraben 1\nLocation 48.2082, 16.3738\nhttps://")


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file", "sticker"])
def test_a_file_comes_with_what_is_written_below_it(kind: str) -> None:
    place = "https://api-us.nexmo.com/v3/media/1b456509-974c-458b-aafa-45fc48a4d976"
    read = by_whatsapp(kind, **{kind: {"url": place, "caption": "See"}})
    assert read.attachments == (Attachment(url=place),)
    assert (read.shape, read.body) == (
        ("sticker", "Sticker") if kind == "sticker" else (None, "See")
    )


def test_who_shows_no_number_has_an_id() -> None:
    """BSUIDs: whatsapp.sender.user_id, WhatsappUser of vonage-java-sdk."""
    hidden = {"from": None, "text": "Hi", "whatsapp": {"sender": {"user_id": "US.13491208655"}}}
    assert by_whatsapp("text", **hidden).sender == "whatsapp:US.13491208655"
    with pytest.raises(Unreadable, match="from"):
        by_whatsapp("text", **{"from": None, "text": "Hi"})


def test_a_message_that_was_read_says_so() -> None:
    fields = {name: MESSAGE[name] for name in ("message_uuid", "to", "from", "timestamp")}
    delivery = as_json(fields | {"channel": "whatsapp", "status": "read"})
    reading = read_back(vonage, delivery, SMS_KIND)
    assert isinstance(reading, DeliveryReceipt)
    assert reading.status == "read"


def test_an_answer_leaves_by_the_messages_api() -> None:
    answer = replace(TEXT, to=("whatsapp:+14155550101",))
    request = vonage.compose_send(answer, VONAGE, NOW)
    assert (request.method, request.url) == ("POST", "https://api.nexmo.com/v1/messages")
    both = b64encode(b"abcd1234:an API secret").decode()
    assert request.headers["authorization"] == f"Basic {both}"
    assert json.loads(request.body) == {
        "channel": "whatsapp",
        "message_type": "text",
        "from": "14155550199",
        "to": "14155550101",
        "text": TEXT.body,
        "webhook_url": TEXT.status_callback,
        "webhook_version": "v1",
    }
    hidden = replace(TEXT, to=("whatsapp:US.13491208655",))
    assert json.loads(vonage.compose_send(hidden, VONAGE, NOW).body)["to"] == "US.13491208655"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, {"message_uuid": QUOTED}, Sent(provider_message_id=QUOTED)),
        (
            422,
            {"type": "https://developer.vonage.com/api-errors/messages-olympus#1120"},
            Failed(code="1120", reason="Vonage does not accept the number that it leaves from"),
        ),
        (
            402,
            {"type": "https://developer.nexmo.com/api-errors/#low-balance", "title": "Low balance"},
            Failed(code="low-balance", reason="Vonage did not deliver it (error low-balance)"),
        ),
    ],
)  # fmt: skip
def test_answers_of_the_messages_api(status: int, body: object, outcome: SendOutcome) -> None:
    assert vonage.read_answer(status, {}, json.dumps(body).encode()) == outcome


def test_too_many_messages_are_tried_again() -> None:
    assert isinstance(vonage.read_answer(429, {"retry-after": "7"}, b"{}"), Retry)
