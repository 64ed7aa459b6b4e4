"""What MessageBird's Conversations API posts, and how a text leaves by it: WhatsApp.

{"type": "message.created", "message": {"id": ..., "channelId": ..., "platform": "whatsapp", "direction":
 "received", "status": "received", "type": "text", "content": {"text": "Hi"}, "createdDatetime": ...},
 "contact": {"msisdn": 31612345678, "firstName": ...}}; what was sent comes as "message.updated"
content: image, video, audio, file {url, caption}; location {latitude, longitude}; interactive {reply
{text, description}}; whatsappSticker {link}; whatsappOrder {product_items, text}; whatsappText {text
{body}, context {id}}
Source: https://github.com/messagebird/go-rest-api (conversation: Message, MessageContent, Contact,
WebhookEvent, SendMessageRequest)
"""  # noqa: E501

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import InboundEvent, message_event, receipt_event
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    MessageKind,
    MessageShape,
    ReceiptStatus,
)
from domain.message_parts import attachment_of, first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendRequest
from domain.phone import with_plus
from domain.sent_mail import json_request
from domain.shaped_text import (
    choice_text,
    location_text,
    order_text,
    sticker_text,
    unsupported_text,
)
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly, fields_of, items_of, text_of_field
from domain.whatsapp import WHATSAPP
from providers.parts.whatsapp_order import ordered_item

CONVERSATION_STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "accepted": "queued", "pending": "queued", "dispatched": "sent", "sent": "sent",
    "transmitted": "sent", "buffered": "sent", "delivered": "delivered", "read": "read",
    "rejected": "failed", "failed": "failed", "delivery_failed": "failed", "expired": "failed",
    "deleted": "unknown", "unknown": "unknown", "received": "unknown",
})  # fmt: skip

_SEND_URL = "https://conversations.messagebird.com/v1/send"
_KINDS: Mapping[str | None, MessageKind] = MappingProxyType(
    {"whatsapp": "whatsapp", "sms": "sms", None: "whatsapp"}
)
_FILES = ("image", "video", "audio", "file")

Fields = Mapping[str, object]


class _Posted(msgspec.Struct, gc=False):
    type: object = None
    message: object = None
    contact: object = None


_POSTED = msgspec.json.Decoder(_Posted)


class Posted(msgspec.Struct, frozen=True):
    """A message of a conversation, and who is at the other end."""

    message: Fields
    contact: Fields

    @property
    def is_ours(self) -> bool:
        """Whether it was sent, so that it is posted for what became of it."""
        return self.message.get("direction") == "sent"


def posted_in(body: bytes) -> Posted | None:
    """Read what the Conversations API posts; None of what it does not.

    Raises: Unreadable.
    """
    if not body.lstrip().startswith(b"{"):
        return None
    posted = decode_tolerantly(body, _POSTED)
    message = fields_of(posted.message)
    return Posted(message=message, contact=fields_of(posted.contact)) if message else None


def event_of(posted: Posted, body: bytes) -> InboundEvent:
    """Make the event of a message, or of what became of one.

    Raises: Unreadable without an id.
    """
    identity = _id(posted)
    if posted.is_ours:
        return receipt_event(identity, _word(posted), body)
    return message_event(identity, body)


def read_posted(posted: Posted, own_address: str) -> InboundMessage | DeliveryReceipt:
    """Read the message, or what became of one.

    Raises: Unreadable.
    """
    if not posted.is_ours:
        return _message(posted, own_address)
    moment = parse_timestamp(posted.message.get("updatedDatetime"))
    return receipt_of(_id(posted), _word(posted), CONVERSATION_STATUS, occurred_at=moment)


def conversation_request(message: OutboundMessage, channel: Channel) -> SendRequest:
    """Write the JSON that answers by WhatsApp; the account is the id of the channel there."""
    fields: dict[str, object] = {
        "to": message.to[0].strip().removeprefix(WHATSAPP),
        "from": channel.account,
        "type": "text",
        "content": {"text": message.body},
    }
    headers = {"authorization": f"AccessKey {(channel.credential or '').strip()}"}
    return json_request(channel.send_url or _SEND_URL, headers, fields)


def _message(posted: Posted, own_address: str) -> InboundMessage:
    message, content = posted.message, fields_of(posted.message.get("content"))
    kind = _KINDS.get(text_of_field(message.get("platform")))
    if kind is None:
        raise Unreadable("platform must be whatsapp or sms")
    number = _number(posted.contact.get("msisdn")) or _number(message.get("from"))
    if not number:
        raise Unreadable("contact must say who sent the message")
    shape, body, files = _content(content, message.get("type"))
    names = (posted.contact.get("firstName"), posted.contact.get("lastName"))
    return InboundMessage(
        kind=kind,
        provider_message_id=_id(posted),
        sender=f"{WHATSAPP}{number}" if kind == "whatsapp" else number,
        recipients=tuple(recipients_of("sms", {"to": own_address})),
        body=clean_text(body),
        attachments=files,
        sent_at=parse_timestamp(message.get("createdDatetime")),
        shape=shape,
        quoted_id=_quoted(content),
        sender_name=" ".join(filter(None, map(text_of_field, names))) or None,
    )


def _content(
    content: Fields, word: object
) -> tuple[MessageShape | None, str, tuple[Attachment, ...]]:
    """Say what it is, its text and its files; never blank."""
    if "location" in content:
        place = fields_of(content["location"])
        text = location_text(latitude=place.get("latitude"), longitude=place.get("longitude"))
        return "location", text, ()
    if reply := fields_of(fields_of(content.get("interactive")).get("reply")):
        return "choice", choice_text(reply.get("text"), reply.get("description")), ()
    if "whatsappSticker" in content:
        place = fields_of(content["whatsappSticker"])
        return "sticker", sticker_text(), _files([text_of_field(place.get("link"))])
    if "whatsappOrder" in content:
        order = fields_of(content["whatsappOrder"])
        items = map(ordered_item, items_of(order.get("product_items")))
        return "order", order_text(items, order.get("text")), ()
    held = [fields_of(content.get(name)) for name in _FILES]
    files = _files([text_of_field(file.get("url")) for file in held])
    quoting = fields_of(fields_of(content.get("whatsappText")).get("text")).get("body")
    texts = [content.get("text"), quoting, *(file.get("caption") for file in held)]
    body = next(filter(None, map(text_of_field, texts)), "")
    if body or files:
        return None, body, files
    return "unsupported", unsupported_text(word), ()


def _quoted(content: Fields) -> str | None:
    context = fields_of(fields_of(content.get("whatsappText")).get("context"))
    return text_of_field(context.get("id"))


def _files(urls: list[str | None]) -> tuple[Attachment, ...]:
    return tuple(filter(None, (attachment_of(url=url) for url in urls)))


def _number(written: object) -> str:
    """Read a number, which comes as one, or as a text."""
    text = str(written) if isinstance(written, int) else text_of_field(written) or ""
    return with_plus(clean_text(text)).strip()


def _id(posted: Posted) -> str:
    return first_id((text_of_field(posted.message.get("id")),), "message.id")


def _word(posted: Posted) -> str:
    word = clean_text(text_of_field(posted.message.get("status")) or "")
    if not word:
        raise Unreadable("status must say what became of the message")
    return word
