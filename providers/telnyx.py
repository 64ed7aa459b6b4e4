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
from domain.message import DeliveryReceipt, InboundMessage, Reading
from domain.message_parts import first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent, encode_secrets
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.telnyx_event import (
    POSTED,
    Error,
    Event,
    Message,
    attachments_in,
    code_of,
    number_of,
    recipients_in,
    worst_word,
)
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
# https://developers.telnyx.com/docs/messaging/messages/mms-transcoding; AT&T takes 1 MB
MOST_MEDIA: Final = 10
MOST_MEDIA_BYTES: Final = 1_000_000

_SEND_URL = "https://api.telnyx.com/v2/messages"
_RECEIVED = "message.received"
# As Telnyx's own libraries have it: src/telnyx/lib/webhook_verification.py of telnyx-python.
_TOLERANCE = timedelta(minutes=5)
_SIGNATURE = "telnyx-signature-ed25519"
_TIMESTAMP = "telnyx-timestamp"


class _Answer(msgspec.Struct, gc=False):
    data: Message | None = None
    errors: list[Error] | None = None


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
    event = decode_tolerantly(delivery.body, POSTED).data
    identity, word = _identity(event), _event_word(event)
    if word == _RECEIVED:
        return (message_event(identity, delivery.body),)
    told = ",".join(party.status or "" for party in recipients_in(event.payload))
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
    sender = number_of(message.sender)
    if not sender.strip():
        raise Unreadable("from must say who sent the message")
    attachments = attachments_in(message)
    if message.text is None and message.subject is None and not attachments:
        raise Unreadable("text must be there")
    to = [number_of(party) for party in message.to or ()] or [context.own_address]
    cc = [number_of(party) for party in message.cc or ()]
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
    fields: dict[str, object] = {
        "from": message.own_address,
        "to": message.to[0],
        "text": message.body,
        "messaging_profile_id": channel.account,
        "webhook_url": message.status_callback,
    }
    if message.media:
        fields["media_urls"] = [file.url for file in message.media]
    headers = {"authorization": f"Bearer {(channel.credential or '').strip()}"}
    return json_request(channel.send_url or _SEND_URL, headers, fields)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the message that was made, or the errors."""
    answer = decode_or(body, _ANSWER, _Answer())
    if not 200 <= status < 300:
        return WORDS.refused(status, headers, code_of(answer.errors))
    message = answer.data or Message()
    if STATUS.get(worst_word(message)) == "failed":
        return WORDS.failed(code_of(message.errors))
    return sent_as(message.id)


def explain(error_code: str | None) -> str:
    """Say what a code means where Telnyx's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _told(body: bytes) -> Event:
    """Read what a webhook tells, or what a message that was retrieved would have told."""
    if not is_retrieved(body):
        return decode_tolerantly(body, POSTED).data
    message = decode_tolerantly(body, _ANSWER).data or Message()
    return Event(event_type=_RECEIVED, payload=message)


def _identity(event: Event) -> str:
    return first_id((event.payload.id,), "payload.id")


def _event_word(event: Event) -> str:
    return clean_text(event.event_type).strip()


def _receipt(event: Event) -> DeliveryReceipt:
    """Read what became of a message; an event that is about something else keeps its own word."""
    code = code_of(event.payload.errors)
    return receipt_of(
        _identity(event),
        worst_word(event.payload) or _event_word(event) or "unknown",
        STATUS,
        error_code=code,
        is_opt_out=code in WORDS.opt_outs,
        occurred_at=parse_timestamp(event.occurred_at),
    )
