"""A mail as SendGrid's Inbound Parse posts it: in pieces, or whole, as multipart/form-data.

Beside a whole mail there are who wrote it to whom and its subject, but neither texts nor files.
Text is in its sender's charset. A delivery has no id, so what it says is its key. Its boundary is
a constant, which mails can guess: what comes twice, or in pieces and whole, is not believed.
Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

import msgspec

from domain.charset import decode_html, decode_text
from domain.errors import Unreadable
from domain.mail_headers import parse_mail_headers
from domain.message import Attachment, InboundMessage
from domain.message_parts import own_among
from domain.mime.given import GivenMail, message_of_given
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.multipart import Part
from domain.posted_mail import PostedMail, read_posted_mail
from domain.tolerant_json import decode_or

_PIECES = frozenset({"headers", "text", "html"})
_NAMES = _PIECES | {
    "from", "to", "cc", "subject", "email", "envelope", "charsets", "attachment-info",
    "content-ids",
}  # fmt: skip
_FILES = re.compile(r"attachment[0-9]{1,4}")


class _Envelope(msgspec.Struct, gc=False):
    to: list[str] = []
    sender: str = msgspec.field(name="from", default="")


class _Info(msgspec.Struct, gc=False):
    filename: str | None = None
    name: str | None = None
    type: str | None = None
    content_id: str | None = msgspec.field(name="content-id", default=None)


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_CHARSETS = msgspec.json.Decoder(dict[str, str])
_INFO = msgspec.json.Decoder(dict[str, _Info])
_IDS = msgspec.json.Decoder(dict[str, str])


def read_form(body: bytes, content_type: str) -> PostedMail:
    """Read the form of a mail.

    Raises: Unreadable.
    """
    form = read_posted_mail(body, content_type, _NAMES, _FILES)
    has_pieces = bool(form.files) or not _PIECES.isdisjoint(form.fields)
    if "email" in form.fields and has_pieces:
        raise Unreadable("a mail must not come both whole and in pieces")
    if "envelope" not in form.fields or not ("email" in form.fields or "from" in form.fields):
        raise Unreadable("a mail must come with its envelope")
    return form


def identity_of(form: PostedMail) -> str:
    """Key a mail by what it says and whom it was sent to; the order of fields may change."""
    envelope = _envelope(form)
    digest = sha256()
    for part in _told(form, envelope):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def message_in(form: PostedMail, own_addresses: Collection[str]) -> InboundMessage:
    """Make the message.

    Raises: Unreadable.
    """
    identity = identity_of(form)
    delivered_to = own_among(_envelope(form).to, own_addresses)
    if "email" in form.fields:
        raw = parse_mail(form.fields["email"])
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    return _in_pieces(form, identity, delivered_to)


def _envelope(form: PostedMail) -> _Envelope:
    return decode_or(form.fields.get("envelope", b""), _ENVELOPE, _Envelope())


def _told(form: PostedMail, envelope: _Envelope) -> Iterator[bytes]:
    for address in (*sorted(envelope.to), envelope.sender):
        local, at, domain = address.rpartition("@")
        yield f"{local}{at}{domain.lower()}".encode("utf-8", "replace")
    for name in ("email", "headers", "from", "subject", "text", "html"):
        yield form.fields.get(name, b"")
    yield from sorted(sha256(part.content).digest() for part in form.files)


def _in_pieces(form: PostedMail, identity: str, delivered_to: Sequence[str]) -> InboundMessage:
    charsets = decode_or(form.fields.get("charsets", b""), _CHARSETS, {})

    def text(name: str) -> str:
        return decode_text(form.fields.get(name, b""), charsets.get(name))

    headers = parse_mail_headers(form.fields.get("headers", b""))
    given = GivenMail(
        fields=headers.fields,
        sender=text("from"),
        recipients={"to": text("to"), "cc": text("cc"), "bcc": headers.written("bcc")},
        subject=text("subject"),
        text=text("text"),
        html=decode_html(form.fields.get("html", b""), charsets.get("html")),
        files=tuple(_files(form)),
    )
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def _files(form: PostedMail) -> Iterator[Attachment]:
    told = decode_or(form.fields.get("attachment-info", b""), _INFO, {})
    ids = decode_or(form.fields.get("content-ids", b""), _IDS, {})
    by_file: Mapping[str, str] = {name: written for written, name in ids.items()}
    for part in form.files:
        info = told.get(part.name, _Info())
        content_id = info.content_id or by_file.get(part.name, "")
        yield Attachment(
            content=part.content,
            content_type=info.type or part.content_type or None,
            filename=_name_of(part, info),
            content_id=content_id.strip("<> ") or None,
        )


def _name_of(part: Part, info: _Info) -> str | None:
    return info.filename or info.name or part.filename or None
