"""SendGrid's Inbound Parse: mail in pieces, or whole, as multipart/form-data. Receives only.

headers=Message-ID: <1@x>..., from=Ann <ann@example.com>, to=help@example.com, subject=Hi,
text=Hello, html=..., envelope={"to": ["help@example.com"], "from": "ann@example.com"},
charsets={"subject": "UTF-8", "text": "iso-8859-1"}, attachment1=...,
attachment-info={"attachment1": {"filename": "a.pdf", "type": "application/pdf"}},
content-ids={"logo": "attachment1"}; or whole: email=..., envelope=...
Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook

Text is in its sender's charset. A delivery has no id, so what it says is its key. Its boundary is
a constant, which mails can guess: what comes twice, or in pieces and whole, is not believed.

Signed is what a security policy is attached to; else the webhook URL has a password.
Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

import msgspec

from domain.basic_auth import password_content
from domain.channel import ChannelKind
from domain.charset import decode_html, decode_text
from domain.delivery import Delivery, Reply
from domain.ecdsa import ECDSA_SHA256, is_public_key
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event
from domain.mail_headers import parse_mail_headers
from domain.message import Attachment, InboundMessage, Reading
from domain.message_parts import own_among
from domain.mime.given import GivenMail, message_of_given
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.multipart import Part
from domain.posted_mail import PostedMail, read_posted_mail
from domain.provider import ReadingContext
from domain.signature import SignedContent, encode_secrets
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or

NAME: Final = "sendgrid"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
RECEIPT_WORDS: Final[frozenset[str]] = frozenset()

_TOLERANCE = timedelta(hours=96)  # SendGrid tries for 72 hours, perhaps with the first signature
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_PIECES = frozenset({"headers", "from", "to", "cc", "subject", "text", "html"})
_NAMES = _PIECES | {"email", "envelope", "charsets", "attachment-info", "content-ids"}
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


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed, or which password came; a secret that is a public key is no password."""
    public = [secret for secret in secrets if is_public_key(secret)]
    given = delivery.headers.get(_SIGNATURE)
    if not public or not given:
        passwords = [secret for secret in secrets if secret not in public]
        return password_content(delivery, passwords)
    timestamp = delivery.headers.get(_TIMESTAMP, "")
    moment = parse_timestamp(timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    return SignedContent(
        received=(given,),
        bases=(timestamp.encode("utf-8", "surrogatepass") + delivery.body,),
        keys=tuple(encode_secrets(public)),
        scheme=ECDSA_SHA256,
        refusal=None if is_fresh else "stale_signature",
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail out of the delivery.

    Raises: Unreadable.
    """
    form = _form(delivery.body, delivery.content_type)
    return (message_event(_identity(form), delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the mail.

    Raises: Unreadable.
    """
    form = _form(event.body, event.content_type)
    identity = _identity(form)
    delivered_to = own_among(_envelope(form).to, context.own_addresses)
    if "email" in form.fields:
        raw = parse_mail(form.fields["email"])
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    return _in_pieces(form, identity, delivered_to)


def explain(error_code: str | None) -> str:
    """Name the code: nothing is sent by SendGrid from here."""
    return f"SendGrid did not deliver it (error {error_code or 'not given'})"


def _form(body: bytes, content_type: str) -> PostedMail:
    form = read_posted_mail(body, content_type, _NAMES, _FILES)
    has_pieces = bool(form.files) or not _PIECES.isdisjoint(form.fields)
    if "email" in form.fields and has_pieces:
        raise Unreadable("a mail must not come both whole and in pieces")
    if "envelope" not in form.fields or not ("email" in form.fields or "from" in form.fields):
        raise Unreadable("a mail must come with its envelope")
    return form


def _envelope(form: PostedMail) -> _Envelope:
    return decode_or(form.fields.get("envelope", b""), _ENVELOPE, _Envelope())


def _identity(form: PostedMail) -> str:
    """Key a mail by what it says and whom it was sent to; the order of fields may change."""
    envelope = _envelope(form)
    digest = sha256()
    for part in _told(form, envelope):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


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

    given = GivenMail(
        fields=parse_mail_headers(form.fields.get("headers", b"")).fields,
        sender=text("from"),
        recipients={"to": text("to"), "cc": text("cc")},
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
