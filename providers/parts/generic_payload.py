"""What senders of one's own post, as far as it is read. Described at the head of its provider.

Existing senders have their own names for the id.
"""

import msgspec

from domain.errors import Unreadable
from domain.message import Attachment
from domain.message_parts import attachment_of, first_id
from domain.text import clean_text

_MOST_ATTACHMENTS = 1_000


class Identity(msgspec.Struct, gc=False):
    """What the request path needs; existing senders have their own names for the id."""

    provider_message_id: str | int | None = None
    messaging_provider_id: str | int | None = None
    xillio_id: str | int | None = None
    type: object = None
    status: object = None
    recipient: object = None


class Media(msgspec.Struct, gc=False):
    url: str | None = None
    content: str | None = None
    content_type: str | None = None
    filename: str | None = None
    size_bytes: object = None
    content_id: str | None = None


class Payload(Identity, gc=False):
    sender: str | int | None = msgspec.field(name="from", default=None)
    to: str | int | list[str | int] | None = None
    cc: str | list[str] | None = None
    body: str | None = None
    body_type: object = None
    text: str | None = None
    html: str | None = None
    subject: str | None = None
    message_id: str | None = None
    in_reply_to: str | list[str] | None = None
    references: str | list[str] | None = None
    attachments: list[str | Media | None] | None = None
    error_code: object = None
    is_permanent: object = None
    timestamp: object = None


IDENTITY = msgspec.json.Decoder(Identity)
PAYLOAD = msgspec.json.Decoder(Payload)


def identify(payload: Identity) -> str:
    """Name the message.

    Raises: Unreadable.
    """
    named = (payload.provider_message_id, payload.messaging_provider_id, payload.xillio_id)
    return first_id(named, "provider_message_id")


def receipt_word(payload: Identity) -> str:
    """Return what a receipt says.

    Raises: Unreadable.
    """
    word = clean_text(payload.status).strip() if isinstance(payload.status, str) else ""
    if not word:
        raise Unreadable("status must say what became of the message")
    return word


def attachments_in(payload: Payload) -> tuple[Attachment, ...]:
    """List the files, by their URLs or as bytes."""
    found = map(_attachment, (payload.attachments or [])[:_MOST_ATTACHMENTS])
    return tuple(attachment for attachment in found if attachment is not None)


def _attachment(item: str | Media | None) -> Attachment | None:
    media = Media(url=item) if isinstance(item, str) else item or Media()
    return attachment_of(
        url=media.url,
        base64=media.content,
        content_type=media.content_type,
        filename=media.filename,
        size=media.size_bytes,
        content_id=media.content_id,
    )
