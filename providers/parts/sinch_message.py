"""What Sinch's SMS API posts of a message: a text, a picture, or bytes.

{"type": "mo_text", "id": "01FC66621XXXXX119Z8PMV1QPA", "from": "15551231234", "to": "15551256344",
 "body": "Hello", "received_at": "2022-08-30T08:16:08.930Z", "sent_at": ..., "operator_id": "35000"}
{"type": "mo_media", ..., "body": {"subject": ..., "message": "Look", "media": [{"url": "https://...",
 "content_type": "image/jpeg", "status": "Uploaded", "code": 0}]}}
{"type": "mo_binary", ..., "body": "AAAA", "udh": "00"}
Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from domain.errors import Unreadable
from domain.message import Attachment, InboundMessage, MessageKind
from domain.message_parts import attachment_of, first_id, recipients_of
from domain.phone import with_plus
from domain.provider import ReadingContext
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly

INBOUND: Final[Mapping[str, MessageKind]] = MappingProxyType(
    {"mo_text": "sms", "mo_binary": "sms", "mo_media": "mms"}
)

_MOST_MEDIA = 50


class _Media(msgspec.Struct, gc=False):
    url: str | None = None
    content_type: str | None = None
    status: object = None


class _MediaBody(msgspec.Struct, gc=False):
    subject: str | None = None
    message: str | None = None
    media: list[_Media] | None = None


class _Inbound(msgspec.Struct, gc=False):
    type: object = None
    id: str | int | None = None
    sender: str | int | None = msgspec.field(name="from", default=None)
    to: str | int | None = None
    body: str | _MediaBody | None = None
    received_at: object = None
    sent_at: object = None


_MESSAGE = msgspec.json.Decoder(_Inbound)


def read_message(body: bytes, context: ReadingContext) -> InboundMessage:
    """Read a message of the SMS API.

    Raises: Unreadable.
    """
    message = decode_tolerantly(body, _MESSAGE)
    kind = INBOUND.get(message.type) if isinstance(message.type, str) else None
    if kind is None:
        raise Unreadable("type must be that of a message")
    sender = with_plus(clean_text(str(message.sender or "")))
    if not sender.strip():
        raise Unreadable("from must say who sent the message")
    text, attachments = _content(message)
    to = with_plus(clean_text(str(message.to or ""))) or context.own_address
    return InboundMessage(
        kind=kind,
        provider_message_id=first_id((message.id,), "id"),
        sender=sender,
        recipients=tuple(recipients_of("sms", {"to": to})),
        body=clean_text(text),
        attachments=attachments,
        sent_at=parse_timestamp(message.sent_at) or parse_timestamp(message.received_at),
    )


def _content(message: _Inbound) -> tuple[str, tuple[Attachment, ...]]:
    """Find the text and the files; what is binary is a file, and what is not there an error."""
    body = message.body
    if isinstance(body, _MediaBody):
        given = (body.media or [])[:_MOST_MEDIA]
        kept = (media for media in given if media.status != "Failed")
        media = (attachment_of(url=each.url, content_type=each.content_type) for each in kept)
        return body.message or body.subject or "", tuple(filter(None, media))
    if body is None:
        raise Unreadable("body must be there")
    if message.type != "mo_binary":
        return body, ()
    file = attachment_of(base64=body, content_type="application/octet-stream")
    return "", (file,) if file else ()
