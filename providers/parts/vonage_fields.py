"""The shapes of what Vonage posts: flat fields of its SMS API, in a form, a query or JSON, and the
JSON of its Messages API, version 1 and 0.1.

Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms
Source: https://developer.vonage.com/en/api/messages-olympus (inbound message, message status)
"""

from collections.abc import Mapping, Sequence

import msgspec

from domain.form import parse_form
from domain.tolerant_json import decode_tolerantly
from providers.parts.vonage_whatsapp import WhatsappFields

_ID = "message_uuid"  # only the Messages API has it

_Peer = str | int | None


class _Number(msgspec.Struct, gc=False):
    number: str | int | None = None


class File(msgspec.Struct, gc=False):
    """A file of an MMS, with what is written below it."""

    url: str | None = None
    caption: str | None = None


class _Content(WhatsappFields, gc=False):
    text: str | None = None
    image: File | None = None
    audio: File | None = None
    video: File | None = None
    file: File | None = None
    vcard: File | None = None


class _OldContent(_Content, gc=False):
    type: str | None = None


class _OldMessage(msgspec.Struct, gc=False):
    content: _OldContent


class _Error(msgspec.Struct, gc=False):
    """Version 1 has the code in `title`, version 0.1 in `code`."""

    code: object = None
    title: object = None


class Posted(_Content, gc=False, kw_only=True):
    """A message or a status of the Messages API."""

    message_uuid: str
    channel: str | None = None
    sender: _Number | _Peer = msgspec.field(name="from", default=None)
    to: _Number | _Peer = None
    timestamp: object = None
    message: _OldMessage | None = None
    status: str | None = None
    error: _Error | None = None

    @property
    def content(self) -> _Content:
        """What the message says, wherever its version has it."""
        return self.message.content if self.message else self

    @property
    def files(self) -> Sequence[File]:
        """The files of the message."""
        held = self.content
        found = (held.image, held.audio, held.video, held.file, held.vcard)
        return [file for file in found if file is not None]


_OBJECT = msgspec.json.Decoder(dict[str, object])
_POSTED = msgspec.json.Decoder(Posted)


def fields_in(body: bytes) -> Mapping[str, str]:
    """Read flat fields, as they came; the first of a repeated one counts. What is nested is none.

    Raises: Unreadable.
    """
    if not _is_json(body):
        return dict(reversed(parse_form(body)))
    whole = decode_tolerantly(body, _OBJECT)
    return {name: _written(value) for name, value in whole.items() if not _is_nested(value)}


def posted_in(body: bytes) -> Posted | None:
    """Read what is of the Messages API; None of what is not.

    Raises: Unreadable.
    """
    if not _is_json(body) or _ID not in fields_in(body):
        return None
    return decode_tolerantly(body, _POSTED)


def peer_of(written: _Number | _Peer) -> str:
    """Return the number of who sent or is sent to; version 0.1 has it in an object."""
    number = written.number if isinstance(written, _Number) else written
    return "" if number is None else str(number)


def _is_json(body: bytes) -> bool:
    return body.lstrip().startswith(b"{")


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list)


def _written(value: object) -> str:
    """Write a value as a form has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
