"""What Sinch's Conversation API posts, and what is sent by it.

Source: https://developers.sinch.com/docs/conversation/callbacks/ (the callbacks),
https://github.com/sinch/sinch-sdk-python (sinch/domains/conversation/models/v1),
https://developers.sinch.com/docs/conversation/api-reference/conversation/messages/ (sending)
"""

import hmac
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from samples import NOW, OWN_PHONE, channel, posted, read_back
from test_sending_providers import TEXT

from domain.delivery import AUTHENTIC
from domain.errors import Unreadable
from domain.look_up_provider import NO_LOOK_UP, UnknownSend
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    Reading,
    ReceiptStatus,
    Recipient,
)
from domain.outbound import Failed, OutboundMedia, SendOutcome, Sent
from domain.signature import verify
from providers import sinch
from providers.parts import sinch_look_up

SINCH = replace(
    channel("sinch", "sms", ("a secret",), "key-id:key secret"), account="PROJECT123:01H1APP"
)
PLACE = {"channel": "WHATSAPP", "identity": "46732001122", "app_id": "01H1APP"}
ENVELOPE = {
    "app_id": "01H1APP",
    "accepted_time": "2024-06-15T14:23:45.123Z",
    "event_time": "2024-06-15T14:23:44.890Z",
    "project_id": "PROJECT123",
}
UNSHOWN = "A message of the type “{}”, which cannot be shown here"


def reading(fields: dict[str, Any]) -> Reading:
    return read_back(sinch, posted(json.dumps(ENVELOPE | fields).encode(), {}), "sms")


def message(content: dict[str, Any], **fields: Any) -> InboundMessage:
    told = {
        "id": "01H9876543",
        "direction": "TO_APP",
        "contact_message": content,
        "channel_identity": PLACE,
        "contact_id": "01H3333333",
        "accept_time": "2024-06-15T14:23:45.123Z",
        "sender_id": "46732001122",
    }
    read = reading({"message": told | fields, "message_metadata": ""})
    assert isinstance(read, InboundMessage)
    return read


def test_reads_a_text_and_what_it_answers() -> None:
    content = {"text_message": {"text": "Hi 👋"}, "reply_to": {"message_id": "01HOURS"}}
    assert message(content) == InboundMessage(
        kind="whatsapp",
        provider_message_id="01H9876543",
        sender="whatsapp:+46732001122",
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hi 👋",
        sent_at=datetime(2024, 6, 15, 14, 23, 44, 890_000, tzinfo=UTC),
        quoted_id="01HOURS",
    )


@pytest.mark.parametrize(
    ("content", "shape", "body"),
    [
        ({"choice_response_message": {"message_id": "m", "postback_data": "Yes"}}, "choice", "Yes"),
        ({"product_response_message": {"title": "Soon, please", "catalog_id": "c", "products": [
            {"id": "lamp", "quantity": 2, "item_price": 9.5, "currency": "EUR"}
        ]}}, "order", "Order\n2 × lamp (9.5 EUR)\nSoon, please"),
        ({"fallback_message": {"raw_message": "{}"}}, "unsupported", UNSHOWN.format("fallback")),
        ({"channel_specific_message": {"message_type": "nfm_reply"}}, "unsupported",
            UNSHOWN.format("channel_specific")),
        ({"text_message": {"text": " "}}, "unsupported", UNSHOWN.format("text")),
        ({}, "unsupported", "A message of an unknown type, which cannot be shown here"),
        ({"location_message": None}, "location", "A location"),
    ],
)  # fmt: skip
def test_each_type_is_shown_as_what_it_is(content: dict[str, Any], shape: str, body: str) -> None:
    read = message(content)
    assert (read.kind, read.shape, read.body) == ("whatsapp", shape, body)


def test_a_tapped_button_answers_the_message_that_has_it() -> None:
    tapped = {"choice_response_message": {"message_id": "01HOURS", "postback_data": "Yes"}}
    assert message(tapped).quoted_id == "01HOURS"


def test_a_place_has_a_map() -> None:
    coordinates = {"latitude": 37.7749, "longitude": -122.4194}
    place = {"title": "Office", "label": "2nd floor", "coordinates": coordinates}
    read = message({"location_message": place})
    assert read.shape == "location"
    assert read.body.startswith("Office\n2nd floor\nLocation 37.7749, -122.4194\nhttps://")


def test_a_file_comes_with_its_name_or_what_is_written_below_it() -> None:
    url = "https://media.sinch.com/1.pdf"
    read = message({"media_message": {"url": url, "filename_override": "bill.pdf"}})
    assert read.attachments == (Attachment(url=url, filename="bill.pdf"),)
    card = message({"media_card_message": {"url": url, "caption": "See"}})
    assert (card.shape, card.body, len(card.attachments)) == (None, "See", 1)


def test_texts_of_the_conversation_api_come_to_the_number_that_it_names() -> None:
    place = PLACE | {"channel": "SMS"}
    read = message(
        {"text_message": {"text": "Hi"}}, channel_identity=place, sender_id="14155550177"
    )
    assert (read.kind, read.sender) == ("sms", "+46732001122")
    assert read.recipients == (Recipient(role="to", address="+14155550177"),)
    same = message({"text_message": {"text": "Hi"}}, channel_identity=place)
    assert same.recipients == (Recipient(role="to", address=OWN_PHONE),)


@pytest.mark.parametrize(
    ("action", "body"),
    [("REACTION_ACTION_REACT", "❤️"), ("REACTION_ACTION_UNREACT", "Reaction taken back")],
)
def test_a_reaction_is_a_message(action: str, body: str) -> None:
    """Sinch has them of other channels; one of WhatsApp would look so."""
    reaction = {"emoji": "❤️", "action": action, "message_id": "01HOURS"}
    told = {
        "id": "01HEVENT",
        "channel_identity": PLACE,
        "contact_message_event": {"reaction_event": reaction},
    }
    read = reading({"event": told})
    assert isinstance(read, InboundMessage)
    assert (read.shape, read.body, read.quoted_id) == ("reaction", body, "01HOURS")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"channel_identity": PLACE | {"channel": "MESSENGER"}}, "channel_identity"),
        ({"channel_identity": PLACE | {"identity": ""}}, "channel_identity"),
        ({"channel_identity": None}, "channel_identity"),
        ({"id": ""}, "id"),
    ],
)
def test_what_is_of_nobody_is_unreadable(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        message({"text_message": {"text": "Hi"}}, **fields)
    with pytest.raises(Unreadable, match="type"):
        reading({"event": {"id": "e", "contact_event": {"composing_event": {}}}})


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("QUEUED_ON_CHANNEL", "sent", None),
        ("DELIVERED", "delivered", None),
        ("READ", "read", None),
        ("FAILED", "failed", "OUTSIDE_ALLOWED_SENDING_WINDOW"),
        ("SWITCHING_CHANNEL", "unknown", None),
        ("A_NEW_WORD", "unknown", None),
    ],
)
def test_a_report_is_a_receipt(word: str, status: ReceiptStatus, code: str | None) -> None:
    reason = {"code": "OUTSIDE_ALLOWED_SENDING_WINDOW", "description": "...", "sub_code": "..."}
    report = {"message_id": "01HOURS", "status": word, "channel_identity": PLACE, "reason": reason}
    read = reading({"message_delivery_report": report})
    assert isinstance(read, DeliveryReceipt)
    assert (read.provider_message_id, read.status, read.error_code) == ("01HOURS", status, code)
    assert read.provider_status == word
    assert "24 hours" in sinch.explain("OUTSIDE_ALLOWED_SENDING_WINDOW")


def test_a_callback_is_signed_over_body_nonce_and_time() -> None:
    body = json.dumps(ENVELOPE | {"message": {"id": "m"}}).encode()
    time = str(int(NOW.timestamp()))
    base = body + b".nonce." + time.encode()
    name = "x-sinch-webhook-signature"
    headers = {
        name: b64encode(hmac.digest(b"a secret", base, "sha256")).decode(),
        f"{name}-nonce": "nonce",
        f"{name}-timestamp": time,
        f"{name}-algorithm": "HmacSHA256",
    }
    content = sinch.signed(posted(body, headers), ("a secret",), NOW)
    assert verify(content) == AUTHENTIC


@pytest.mark.parametrize(
    ("to", "place", "more"),
    [
        ("whatsapp:+14155550101", {"channel": "WHATSAPP", "identity": "+14155550101"}, {}),
        (
            "+14155550101",
            {"channel": "SMS", "identity": "+14155550101"},
            {"channel_properties": {"SMS_SENDER": OWN_PHONE}},
        ),
    ],
)
def test_a_message_leaves_with_an_access_token(
    to: str, place: dict[str, str], more: dict[str, Any]
) -> None:
    request = sinch.compose_send(replace(TEXT, to=(to,)), SINCH, NOW)
    host = "https://us.conversation.api.sinch.com"
    assert request.url == f"{host}/v1/projects/PROJECT123/messages:send"
    assert (
        json.loads(request.body)
        == {
            "app_id": "01H1APP",
            "recipient": {"identified_by": {"channel_identities": [place]}},
            "message": {"text_message": {"text": TEXT.body}},
        }
        | more
    )
    assert "authorization" not in request.headers
    assert request.token_request is not None
    assert request.token_request.url == "https://auth.sinch.com/oauth2/token"
    assert request.token_request.body == b"grant_type=client_credentials"
    both = b64encode(b"key-id:key secret").decode()
    assert request.token_request.headers["authorization"] == f"Basic {both}"


def test_of_a_file_the_link_is_sent() -> None:
    file = OutboundMedia(url="https://inlet.test/media/1", content_type="image/png")
    request = sinch.compose_send(replace(TEXT, body="Look", media=(file,)), SINCH, NOW)
    content = json.loads(request.body)["message"]
    assert content == {"text_message": {"text": "Look\nhttps://inlet.test/media/1"}}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"message_id": "01HOURS"}, Sent(provider_message_id="01HOURS")),
        (
            404,
            {"error": {"code": 404, "message": "...", "status": "NOT_FOUND", "details": []}},
            Failed(
                code="NOT_FOUND",
                reason="Sinch does not know the project or the app in this region",
            ),
        ),
    ],
)  # fmt: skip
def test_answers_of_the_conversation_api(status: int, body: object, outcome: SendOutcome) -> None:
    assert sinch.read_answer(status, {}, json.dumps(body).encode()) == outcome


def test_a_channel_says_what_keeps_it_from_sending() -> None:
    assert sinch.obstacle(SINCH, has_credential=True, recipients=1) is None
    assert "access key" in (sinch.obstacle(SINCH, has_credential=False, recipients=1) or "")
    assert "one number" in (sinch.obstacle(SINCH, has_credential=True, recipients=2) or "")


def test_the_conversation_api_is_not_asked_for_what_it_does_not_list() -> None:
    send = UnknownSend(
        id=TEXT.id, own_address=OWN_PHONE, to=TEXT.to, body=TEXT.body, attempted_at=NOW
    )
    assert sinch_look_up.look_up(send, SINCH, ()) == NO_LOOK_UP
