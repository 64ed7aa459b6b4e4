"""Mailgun: mail that a route forwards, as a form in pieces or whole, and its events, as JSON.

recipient=help%40example.com&from=Ann+%3Cann%40example.com%3E&subject=Hi&body-plain=Hello&body-html=
&message-headers=[["Message-Id","<1@x>"],...]&attachment-1=...&content-id-map={"<logo>":"attachment-1"}
&timestamp=1730469600&token=...&signature=...; whole, where the URL ends in `mime`: body-mime=...
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/

{"signature": {"timestamp": ..., "token": ..., "signature": ...}, "event-data": {"event": "failed",
 "severity": "permanent", "timestamp": 1730469600.1, "message": {"headers": {"message-id": "1@x"}},
 "delivery-status": {"code": 550}}}
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks

Signed are a time and a token, not the body: a token counts once. Sending is a form, answered
{"id": "<1@x>", "message": "Queued. Thank you."}; it has no idempotency key.
Source: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.error_words import ErrorWords
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.form import form_request
from domain.message import Attachment, InboundMessage, Reading
from domain.message_id import parse_message_ids
from domain.message_parts import attachment_of, first_id, own_among
from domain.mime.given import GivenMail, message_of_given
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, sent_as
from domain.posted_mail import PostedMail, read_posted_mail
from domain.provider import ReadingContext
from domain.sent_mail import thread_fields
from domain.signature import SignedContent, encode_secrets, hmac_hex
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or
from providers.parts.mailgun_event import WORDS, Signature, receipt_in, signature_of

NAME: Final = "mailgun"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone

_TOLERANCE = timedelta(hours=24)  # Mailgun tries for 8 hours, with the first signature
_SEND_URL = "https://api.mailgun.net/v3/{domain}/messages"
_WRONG_PLACE = b"Magnificent API"  # how it greets whoever asks at a wrong path
_JSON = "application/json"
_SIGNATURE = ("timestamp", "token", "signature")
_PIECES = (
    "recipient", "from", "subject", "body-plain", "body-html", "body-mime", "message-headers",
    "content-id-map", "attachments", "event",
)  # fmt: skip
_FILES = re.compile(r"attachment-[0-9]{1,4}")
RECEIPT_WORDS: Final = WORDS
_WORDS = ErrorWords(
    provider="Mailgun",
    reasons={
        "rejected": "Mailgun did not take it",
        "http_401": "Mailgun does not accept the channel's API key",
        "http_404": "Mailgun does not know the domain that it leaves from",
        "wrong_url": "the channel's send URL is no place where Mailgun takes mail",
    },
)
_SCHEME = hmac_hex("sha256")


class _Stored(msgspec.Struct, gc=False):
    url: str | None = None
    name: str | None = None
    size: object = None
    content_type: str | None = msgspec.field(name="content-type", default=None)


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None


_FIELDS = msgspec.json.Decoder(list[tuple[str, str]])
_STORED = msgspec.json.Decoder(list[_Stored])
_ANSWER = msgspec.json.Decoder(_Answer)
_CONTENT_ID = re.compile(r'"((?:[^"\\]|\\.)*+)"\s*:\s*"(attachment-[0-9]{1,4})"')


def new_secret() -> str | None:
    """Make none: the webhook signing key is Mailgun's."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: a time and a token, with SHA-256."""
    keys = tuple(encode_secrets(secrets))
    try:
        given = _signature(delivery)
    except Unreadable:
        return SignedContent(received=(), bases=(), keys=keys, scheme=_SCHEME)
    moment = parse_timestamp(given.timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    base = f"{given.timestamp}{given.token}".encode("utf-8", "surrogatepass")
    return SignedContent(
        received=(given.signature.lower(),) if given.signature else (),
        bases=(base,),
        keys=keys,
        scheme=_SCHEME,
        refusal=None if is_fresh else "stale_signature",
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail or event out of the delivery; its token is its key, and counts once.

    Raises: Unreadable without a token.
    """
    event = message_event(first_id((_signature(delivery).token,), "token"), delivery.body)
    if not _is_json(delivery.content_type):
        return (event,)
    receipt = receipt_in(delivery.body)
    once = receipt_event(receipt.provider_message_id, receipt.provider_status, delivery.body)
    return (replace(once, dedup_key=event.dedup_key),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200: for any other answer but 406, which is never given, it is posted again."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the mail or the event.

    Raises: Unreadable.
    """
    if event.kind == "receipt" or _is_json(event.content_type):
        return receipt_in(event.body)
    names = (*_SIGNATURE, *_PIECES)
    form = read_posted_mail(event.body, event.content_type, names, _FILES)
    identity = first_id((form.text("token"),), "token")
    delivered_to = own_among([form.text("recipient")], context.own_addresses)
    if mime := form.fields.get("body-mime"):
        raw = parse_mail(mime)
        return message_of(raw, provider_message_id=identity, delivered_to=delivered_to)
    if form.text("event"):
        raise Unreadable("an event must be of content type JSON: older webhooks are not read")
    return _in_pieces(form, identity, delivered_to)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key."""
    return None if has_credential else "it has no credential: a Mailgun API key"


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the form that sends a mail; it leaves with our Message-ID, so that answers find it."""
    domain = channel.account or message.own_address.rpartition("@")[2]
    fields = [
        ("from", message.own_address),
        *(("to", address) for address in message.to),
        *(("cc", address) for address in message.cc),
        ("subject", message.subject or ""),
        ("text", message.body),
        *((f"h:{name}", value) for name, value in thread_fields(message.thread).items()),
        *((("h:Reply-To", message.reply_to),) if message.reply_to else ()),
    ]
    url = channel.send_url or _SEND_URL.format(domain=domain)
    return form_request(url, fields, "api", (channel.credential or "").strip())


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer; the id that it has is the Message-ID."""
    if not 200 <= status < 300:
        return _WORDS.refused(status, headers, None)
    if _WRONG_PLACE in body:
        return Failed(code="wrong_url", reason=explain("wrong_url"))
    ids = parse_message_ids(decode_or(body, _ANSWER, _Answer()).id or "")
    return sent_as(ids[0] if ids else None)


def explain(error_code: str | None) -> str:
    """Say what a code means; those of mail servers are only named."""
    return _WORDS.explain(error_code)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == _JSON


def _signature(delivery: Delivery) -> Signature:
    if _is_json(delivery.content_type):
        return signature_of(delivery.body)
    form = read_posted_mail(delivery.body, delivery.content_type, _SIGNATURE, _FILES)
    return Signature(*map(form.text, _SIGNATURE))


def _in_pieces(form: PostedMail, identity: str, delivered_to: Sequence[str]) -> InboundMessage:
    fields = decode_or(form.fields.get("message-headers", b""), _FIELDS, [])
    to, cc = ([value for name, value in fields if name.lower() == role] for role in ("to", "cc"))
    given = GivenMail(
        fields=fields,
        sender=form.text("from"),
        recipients={"to": to, "cc": cc},
        subject=form.text("subject"),
        text=form.text("body-plain"),
        html=form.text("body-html"),
        files=tuple(_files(form)),
    )
    return message_of_given(given, provider_message_id=identity, delivered_to=delivered_to)


def _files(form: PostedMail) -> list[Attachment]:
    """Return the files; a route that stores them says only where they are, for three days."""
    ids = {name: written for written, name in _CONTENT_ID.findall(form.text("content-id-map"))}
    posted = [
        Attachment(
            content=part.content,
            content_type=part.content_type or None,
            filename=part.filename or None,
            content_id=ids.get(part.name, "").strip("<> ") or None,
        )
        for part in form.files
    ]
    stored = decode_or(form.fields.get("attachments", b""), _STORED, [])
    kept = (
        attachment_of(
            url=file.url, filename=file.name, content_type=file.content_type, size=file.size
        )
        for file in stored
    )
    return posted + [file for file in kept if file]
