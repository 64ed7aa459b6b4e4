"""The events that Telnyx posts, and the messages in them, as far as they are read.

Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
Source: https://developers.telnyx.com/api-reference/callbacks/delivery-update
"""

from collections.abc import Sequence

import msgspec

from domain.message import Attachment
from domain.message_parts import attachment_of
from domain.outbound import fit_code
from domain.text import clean_text
from providers.parts.telnyx_words import STATUS

_MOST_MEDIA = 50


class Party(msgspec.Struct, gc=False):
    number: str | int | None = msgspec.field(name="phone_number", default=None)
    status: str | None = None


class Media(msgspec.Struct, gc=False):
    url: str | None = None
    content_type: str | None = None
    size: object = None


class Error(msgspec.Struct, gc=False):
    code: object = None


class Message(msgspec.Struct, gc=False):
    id: str | None = None
    type: object = None
    sender: Party | None = msgspec.field(name="from", default=None)
    to: list[Party] | None = None
    cc: list[Party] | None = None
    text: str | None = None
    subject: str | None = None
    media: list[Media] | None = None
    received_at: object = None
    autoresponse_type: object = None
    errors: list[Error] | None = None


class Event(msgspec.Struct, gc=False):
    event_type: str
    payload: Message
    occurred_at: object = None


class Posted(msgspec.Struct, gc=False):
    data: Event


POSTED = msgspec.json.Decoder(Posted)


def worst_word(message: Message) -> str:
    """Return what is said of the recipients: that it failed, if it did for any of them."""
    words = [clean_text(party.status or "").strip() for party in recipients_in(message)]
    failed = [word for word in words if STATUS.get(word.lower()) == "failed"]
    return next(filter(None, [*failed, *words]), "")


def recipients_in(message: Message) -> Sequence[Party]:
    """List whom a message is to, and who has a copy."""
    return [*(message.to or ()), *(message.cc or ())]


def number_of(party: Party | None) -> str:
    """Return a number, or a name, or nothing."""
    return clean_text(str(party.number or "")) if party else ""


def code_of(errors: Sequence[Error] | None) -> str | None:
    """Return the first code that is one."""
    return next(filter(None, (fit_code(error.code) for error in errors or ())), None)


def attachments_in(message: Message) -> tuple[Attachment, ...]:
    """List the media by their URLs."""
    found = [
        attachment_of(url=media.url, content_type=media.content_type, size=media.size)
        for media in (message.media or ())[:_MOST_MEDIA]
    ]
    return tuple(attachment for attachment in found if attachment is not None)
