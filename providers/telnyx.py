"""Telnyx: SMS and MMS as JSON, what became of messages, and messages that are sent.

{"data": {"record_type": "event", "id": "b301ed3f-...", "event_type": "message.received",
 "occurred_at": "2024-11-01T14:00:00.000+00:00", "payload": {"id": "84cca175-...", "type": "SMS",
 "from": {"phone_number": "+14155550100"}, "to": [{"phone_number": "+14155550199",
 "status": "webhook_delivered"}], "cc": [], "text": "Hello", "media": [{"url": "https://...",
 "content_type": "image/png", "size": 3}], "received_at": "..."}}, "meta": {"attempt": 1}}
Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks

{"data": {"event_type": "message.finalized", "payload": {"id": "40385f64-...",
 "to": [{"phone_number": "+14155550100", "status": "delivery_failed"}],
 "errors": [{"code": "40008", "title": "Undeliverable"}]}}}
Source: https://developers.telnyx.com/api-reference/callbacks/delivery-update

Sending is JSON with an API key; it has no idempotency key.
Source: https://developers.telnyx.com/api-reference/messages/send-a-message
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from domain.channel import Channel, ChannelKind
from domain.consent import told_consent
from domain.delivery import Delivery, Reply
from domain.ed25519 import ED25519
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Reading
from domain.message_parts import attachment_of, first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent, encode_secrets
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.telnyx_listing import is_retrieved
from providers.parts.telnyx_words import STATUS, WORDS, WORDS_OF_RECEIPTS

NAME: Final = "telnyx"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
SECRET_IS_CREDENTIAL: Final = False
# Ten parts, in the alphabet that has the most characters in a part.
# https://developers.telnyx.com/docs/messaging/messages/message-encoding
LONGEST_TEXT: Final = 1_530
MOST_FILE_BYTES: Final = 0  # it fetches media from where they are kept

_SEND_URL = "https://api.telnyx.com/v2/messages"
_RECEIVED = "message.received"
# As Telnyx's own libraries have it: src/telnyx/lib/webhook_verification.py of telnyx-python.
_TOLERANCE = timedelta(minutes=5)
_SIGNATURE = "telnyx-signature-ed25519"
_TIMESTAMP = "telnyx-timestamp"
_MOST_MEDIA = 50


class _Party(msgspec.Struct, gc=False):
    number: str | int | None = msgspec.field(name="phone_number", default=None)
    status: str | None = None


class _Media(msgspec.Struct, gc=False):
    url: str | None = None
    content_type: str | None = None
    size: object = None


class _Error(msgspec.Struct, gc=False):
    code: object = None


class _Message(msgspec.Struct, gc=False):
    id: str | None = None
    type: object = None
    sender: _Party | None = msgspec.field(name="from", default=None)
    to: list[_Party] | None = None
    cc: list[_Party] | None = None
    text: str | None = None
    subject: str | None = None
    media: list[_Media] | None = None
    received_at: object = None
    autoresponse_type: object = None
    errors: list[_Error] | None = None


class _Event(msgspec.Struct, gc=False):
    event_type: str
    payload: _Message
    occurred_at: object = None


class _Posted(msgspec.Struct, gc=False):
    data: _Event


class _Answer(msgspec.Struct, gc=False):
    data: _Message | None = None
    errors: list[_Error] | None = None


_POSTED = msgspec.json.Decoder(_Posted)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make none: Telnyx has a key pair for each account, and shows the public key of it."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: the time and the body as they came, with a line between them."""
    given = delivery.headers.get(_SIGNATURE)
    timestamp = delivery.headers.get(_TIMESTAMP, "")
    moment = parse_timestamp(timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    return SignedContent(
        received=(given,) if given else (),
        bases=(timestamp.encode("utf-8", "surrogatepass") + b"|" + delivery.body,),
        keys=tuple(encode_secrets(secrets)),
        scheme=ED25519,
        refusal=None if is_fresh else "stale_signature",
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or receipt out of the delivery.

    Telnyx's pages know a repeated event by `data.id` and by the message's id; of both, the latter
    is the same when a message is posted anew. Raises: Unreadable without one.
    """
    event = decode_tolerantly(delivery.body, _POSTED).data
    identity, word = _identity(event), _event_word(event)
    if word == _RECEIVED:
        return (message_event(identity, delivery.body),)
    told = ",".join(party.status or "" for party in _recipients(event.payload))
    return (receipt_event(identity, f"{word}:{told}", delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though any 2xx would do."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the receipt.

    Raises: Unreadable.
    """
    posted = _told(event.body)
    if _event_word(posted) != _RECEIVED:
        return _receipt(posted)
    message = posted.payload
    sender = _number(message.sender)
    if not sender.strip():
        raise Unreadable("from must say who sent the message")
    attachments = _attachments(message)
    if message.text is None and message.subject is None and not attachments:
        raise Unreadable("text must be there")
    to = [_number(party) for party in message.to or ()] or [context.own_address]
    cc = [_number(party) for party in message.cc or ()]
    return InboundMessage(
        kind="mms" if attachments or message.type == "MMS" else "sms",
        provider_message_id=_identity(posted),
        sender=sender,
        recipients=tuple(recipients_of("sms", {"to": to, "cc": cc})),
        body=clean_text(message.text or message.subject or ""),
        attachments=attachments,
        sent_at=parse_timestamp(message.received_at) or parse_timestamp(posted.occurred_at),
        consent=told_consent(message.autoresponse_type),
    )


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key; a message to several is another resource of Telnyx."""
    if not has_credential:
        return "it has no credential: a Telnyx API key"
    return "Telnyx sends to one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a message; an account is the messaging profile."""
    fields = {
        "from": message.own_address,
        "to": message.to[0],
        "text": message.body,
        "messaging_profile_id": channel.account,
        "webhook_url": message.status_callback,
    }
    headers = {"authorization": f"Bearer {(channel.credential or '').strip()}"}
    return json_request(channel.send_url or _SEND_URL, headers, fields)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the message that was made, or the errors."""
    answer = decode_or(body, _ANSWER, _Answer())
    if not 200 <= status < 300:
        return WORDS.refused(status, headers, _code(answer.errors))
    message = answer.data or _Message()
    if STATUS.get(_worst(message)) == "failed":
        return WORDS.failed(_code(message.errors))
    return sent_as(message.id)


def explain(error_code: str | None) -> str:
    """Say what a code means where Telnyx's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _told(body: bytes) -> _Event:
    """Read what a webhook tells, or what a message that was retrieved would have told."""
    if not is_retrieved(body):
        return decode_tolerantly(body, _POSTED).data
    message = decode_tolerantly(body, _ANSWER).data or _Message()
    return _Event(event_type=_RECEIVED, payload=message)


def _identity(event: _Event) -> str:
    return first_id((event.payload.id,), "payload.id")


def _event_word(event: _Event) -> str:
    return clean_text(event.event_type).strip()


def _receipt(event: _Event) -> DeliveryReceipt:
    """Read what became of a message; an event that is about something else keeps its own word."""
    code = _code(event.payload.errors)
    return receipt_of(
        _identity(event),
        _worst(event.payload) or _event_word(event) or "unknown",
        STATUS,
        error_code=code,
        is_opt_out=code in WORDS.opt_outs,
        occurred_at=parse_timestamp(event.occurred_at),
    )


def _worst(message: _Message) -> str:
    """Return what is said of the recipients: that it failed, if it did for any of them."""
    words = [clean_text(party.status or "").strip() for party in _recipients(message)]
    failed = [word for word in words if STATUS.get(word.lower()) == "failed"]
    return next(filter(None, [*failed, *words]), "")


def _recipients(message: _Message) -> Sequence[_Party]:
    return [*(message.to or ()), *(message.cc or ())]


def _number(party: _Party | None) -> str:
    return clean_text(str(party.number or "")) if party else ""


def _code(errors: Sequence[_Error] | None) -> str | None:
    return next(filter(None, (fit_code(error.code) for error in errors or ())), None)


def _attachments(message: _Message) -> tuple[Attachment, ...]:
    found = [
        attachment_of(url=media.url, content_type=media.content_type, size=media.size)
        for media in (message.media or ())[:_MOST_MEDIA]
    ]
    return tuple(attachment for attachment in found if attachment is not None)
