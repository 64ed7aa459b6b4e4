"""What Infobip posts of a message or of its fate, and how a message is read of it.

A text has `text`; an MMS has a list of parts, {"contentType": "text/plain", "value": "Hello"} or
{"contentType": "image/jpeg", "url": ...}; WhatsApp has {"type": "IMAGE", "url": ..., "caption":
...} under the same name.
Source: https://infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages
Source: https://www.infobip.com/docs/api/channels/mms/receive-mms/receive-inbound-mms-messages
Source: https://www.infobip.com/docs/api/channels/whatsapp (and the models of
infobip/infobip-api-java-client that are named WhatsAppWebhookInbound...)
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from domain.errors import Unreadable
from domain.media_type import media_type
from domain.message import Attachment, InboundMessage
from domain.message_parts import attachment_of, recipients_of
from domain.phone import with_plus
from domain.provider import ReadingContext
from domain.text import clean_text
from domain.timestamp import parse_timestamp

WHATSAPP: Final = "whatsapp"
_MOST_PARTS = 50


class Status(msgspec.Struct, gc=False):
    """What became of a message: a group, and a name within it."""

    groupName: str | None = None
    name: str | None = None


class Part(msgspec.Struct, gc=False):
    """A part of an MMS, or all that WhatsApp says of a message."""

    contentType: str | None = None
    value: str | None = None
    url: str | None = None
    text: str | None = None
    caption: str | None = None
    title: str | None = None


class Element(msgspec.Struct, gc=False):
    """One of `results`; what became of a message has a status."""

    messageId: str | int | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    text: str | None = None
    message: list[Part] | Part | None = None
    integrationType: str | None = None
    receivedAt: object = None
    doneAt: object = None
    status: Status | None = None
    error: Status | None = None


def read_message(element: Element, identity: str, context: ReadingContext) -> InboundMessage:
    """Read a message.

    Raises: Unreadable.
    """
    sender = with_plus(clean_text(element.sender or ""))
    if not sender.strip():
        raise Unreadable("from must say who sent the message")
    is_whatsapp = (element.integrationType or "").strip().lower() == WHATSAPP
    is_list = isinstance(element.message, list)
    parts = element.message if isinstance(element.message, list) else [element.message]
    known = [part for part in parts if part is not None][:_MOST_PARTS]
    texts = [text for text in (element.text, *map(_text, known)) if text is not None]
    attachments = _attachments(known)
    if not texts and not attachments:
        raise Unreadable("text must be there")
    to = with_plus(clean_text(element.to or ""))
    return InboundMessage(
        kind="mms" if attachments or is_list else "sms",
        provider_message_id=identity,
        # Its own kind of address, so that no text answers who wrote by WhatsApp.
        sender=f"{WHATSAPP}:{sender}" if is_whatsapp else sender,
        recipients=tuple(recipients_of("sms", {"to": to if to.strip() else context.own_address})),
        body=clean_text("\n".join(texts)),
        attachments=attachments,
        sent_at=parse_timestamp(element.receivedAt),
    )


def _text(part: Part) -> str | None:
    """Return what a part says; how an MMS is arranged is nothing to read."""
    if media_type(part.contentType or "") == "text/plain":
        return part.value
    return next((text for text in (part.text, part.caption, part.title) if text is not None), None)


def _attachments(parts: Sequence[Part]) -> tuple[Attachment, ...]:
    found = [attachment_of(url=part.url, content_type=part.contentType) for part in parts]
    return tuple(attachment for attachment in found if attachment is not None)
