"""What Infobip posts of a message or of its fate, and how a message is read of it.

A text has `text`; an MMS has a list of parts, {"contentType": "text/plain", "value": "Hello"} or
{"contentType": "image/jpeg", "url": ...}; WhatsApp has an object under the same name.
Source: https://infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages
Source: https://www.infobip.com/docs/api/channels/mms/receive-mms/receive-inbound-mms-messages
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from domain.errors import Unreadable
from domain.media_type import media_type
from domain.message import Attachment, InboundMessage
from domain.message_parts import attachment_of, recipients_of
from domain.phone import with_plus
from domain.provider import ReadingContext
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.whatsapp import WHATSAPP
from providers.parts.infobip_whatsapp import Content, sender_name, shape_of

_MOST_PARTS = 50


class Status(msgspec.Struct, gc=False):
    """What became of a message: a group, and a name within it."""

    groupName: str | None = None
    name: str | None = None


class Part(msgspec.Struct, gc=False):
    """A part of an MMS."""

    contentType: str | None = None
    value: str | None = None
    url: str | None = None


class Element(msgspec.Struct, gc=False):
    """One of `results`; what became of a message has a status."""

    messageId: str | int | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    text: str | None = None
    message: list[Part] | Content | None = None
    integrationType: str | None = None
    receivedAt: object = None
    contact: object = None
    doneAt: object = None
    seenAt: object = None
    status: Status | None = None
    error: Status | None = None


def read_message(element: Element, identity: str, context: ReadingContext) -> InboundMessage:
    """Read a message.

    Raises: Unreadable.
    """
    sender = with_plus(clean_text(element.sender or ""))
    if not sender.strip():
        raise Unreadable("from must say who sent the message")
    content = element.message
    parts = content[:_MOST_PARTS] if isinstance(content, list) else []
    texts = [text for text in (element.text, *map(_text, parts)) if text is not None]
    attachments = _attachments(parts)
    is_whatsapp = (element.integrationType or "").strip().lower() == "whatsapp"
    if not is_whatsapp and not texts and not attachments:
        raise Unreadable("text must be there")
    to = with_plus(clean_text(element.to or ""))
    message = InboundMessage(
        kind="mms" if isinstance(content, list) else "sms",
        provider_message_id=identity,
        sender=sender,
        recipients=tuple(recipients_of("sms", {"to": to if to.strip() else context.own_address})),
        body=clean_text("\n".join(texts)),
        attachments=attachments,
        sent_at=parse_timestamp(element.receivedAt),
    )
    return _by_whatsapp(element, message) if is_whatsapp else message


def _by_whatsapp(element: Element, message: InboundMessage) -> InboundMessage:
    """Let a message be by WhatsApp: its own kind of address, so that no text answers it."""
    content = element.message if isinstance(element.message, Content) else Content()
    shape, body = shape_of(content)
    file = attachment_of(url=content.link)
    return replace(
        message,
        kind="whatsapp",
        sender=f"{WHATSAPP}{message.sender}",
        body=clean_text(body),
        attachments=(file,) if file else (),
        shape=shape,
        quoted_id=content.quoted_id,
        sender_name=sender_name(element.contact),
    )


def _text(part: Part) -> str | None:
    """Return what a part says; how an MMS is arranged is nothing to read."""
    return part.value if media_type(part.contentType or "") == "text/plain" else None


def _attachments(parts: Sequence[Part]) -> tuple[Attachment, ...]:
    found = [attachment_of(url=part.url, content_type=part.contentType) for part in parts]
    return tuple(attachment for attachment in found if attachment is not None)
