"""Bird: SMS and WhatsApp by its Channels API, what became of them, and both sent.

{"service": "channels", "event": "sms.inbound", "payload": {"id": "96a0b5fa-...", "channelId": "...",
 "sender": {"contact": {"identifierKey": "phonenumber", "identifierValue": "+14155550100"}},
 "receiver": {"connector": {"id": "86cc4dc0-..."}}, "body": {"type": "text", "text": {"text": "Hello"}},
 "status": "delivered", "direction": "incoming", "createdAt": "2024-11-01T14:00:00.000Z"}}
Source: https://docs.bird.com/api/channels-api/supported-channels/programmable-sms/receiving-messages
of WhatsApp "whatsapp.inbound", with bodies of more types: providers/parts/bird_body.py

{"event": "sms.outbound", "payload": {"id": "...", "status": "delivery_failed", "direction":
 "outgoing", "failure": {"code": 15001, "source": {"name": "sms-messagebird", "code": "34"}}}}
Source: https://docs.bird.com/api/channels-api/message-status-and-interactions

Sending is JSON with an access key, answered 202. It has no idempotency key: .../sending-messages
"""  # noqa: E501

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Final
from urllib.parse import quote

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.message import DeliveryReceipt, InboundMessage, Reading
from domain.message_parts import first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly, fields_of, text_of_field
from domain.whatsapp import WHATSAPP
from providers.parts.bird_body import content_of
from providers.parts.bird_signature import signed_content
from providers.parts.bird_words import STATUS, WORDS

NAME: Final = "bird"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
RECEIPT_WORDS: Final = frozenset(STATUS)
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 1_377  # nine parts, as MessageBird's SMS; Bird's pages name no bound
MOST_FILE_BYTES: Final = 0

_INBOUND = "sms.inbound"
_BY_WHATSAPP = "whatsapp.inbound"
_OUTBOUND = frozenset({"sms.outbound", "whatsapp.outbound"})


class _Party(msgspec.Struct, gc=False):
    number: str | None = msgspec.field(name="identifierValue", default=None)


class _Sender(msgspec.Struct, gc=False):
    contact: _Party | None = None


class _Receiver(msgspec.Struct, gc=False):
    connector: _Party | None = None


class _Failure(msgspec.Struct, gc=False):
    code: object = None
    source: "_Failure | None" = None


class _Message(msgspec.Struct, gc=False, rename="camel"):
    id: str | None = None
    sender: _Sender | None = None
    receiver: _Receiver | None = None
    body: object = None
    reply_to: object = None
    status: str | None = None
    failure: _Failure | None = None
    created_at: object = None
    last_status_at: object = None


class _Posted(msgspec.Struct, gc=False):
    event: str
    payload: _Message


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None


_POSTED = msgspec.json.Decoder(_Posted)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the signing key that a webhook subscription is given."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: the time, the URL and the body, by its hash."""
    return signed_content(delivery, secrets, now)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or receipt out of the delivery.

    Raises: Unreadable without an id, or a receipt without a status.
    """
    posted = decode_tolerantly(delivery.body, _POSTED)
    identity = _id(posted.payload)
    if _event(posted) not in _OUTBOUND:
        return (message_event(identity, delivery.body),)
    word, code = _word(posted.payload), _code(posted.payload)
    return (receipt_event(identity, f"{word}:{code}" if code else word, delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though any 2xx would do."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the receipt.

    Raises: Unreadable.
    """
    posted = decode_tolerantly(event.body, _POSTED)
    if _event(posted) in _OUTBOUND:
        return _receipt(posted.payload)
    if _event(posted) == _BY_WHATSAPP:
        return _by_whatsapp(posted.payload, context.own_address)
    if _event(posted) != _INBOUND:
        raise Unreadable("event must be inbound or outbound, of sms or whatsapp")
    return _message(posted.payload, context.own_address)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs workspace, channel and access key; a receipt is about one number."""
    workspace, _, place = (channel.account or "").partition(":")
    if not workspace or not place:
        return "it has no account: set its Bird workspace and channel, as WORKSPACE:CHANNEL"
    if not has_credential:
        return "it has no credential: a Bird access key"
    return "Bird is given one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a message; it leaves from the number of the channel at Bird."""
    workspace, _, place = (quote(part, safe=":") for part in (channel.account or "").partition(":"))
    url = f"https://api.bird.com/workspaces/{workspace}/channels/{place}/messages"
    to = message.to[0].strip().removeprefix(WHATSAPP)
    fields = {
        "receiver": {"contacts": [{"identifierKey": "phonenumber", "identifierValue": to}]},
        "body": {"type": "text", "text": {"text": message.body}},
        "reference": message.id,
    }
    headers = {"authorization": f"AccessKey {(channel.credential or '').strip()}"}
    return json_request(channel.send_url or url, headers, fields)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the message that was made; of an error, its HTTP status."""
    if 200 <= status < 300:
        return sent_as(decode_or(body, _ANSWER, _Answer()).id)
    return WORDS.refused(status, headers, None)


def explain(error_code: str | None) -> str:
    """Say what a code means where Bird's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _event(posted: _Posted) -> str:
    return clean_text(posted.event).strip()


def _id(message: _Message) -> str:
    return first_id((message.id,), "payload.id")


def _word(message: _Message) -> str:
    word = clean_text(message.status or "").strip()
    if not word:
        raise Unreadable("status must say what became of the message")
    return word


def _code(message: _Message) -> str | None:
    """Return the code of whoever failed, which says more than Bird's own."""
    failure = message.failure
    own = fit_code(failure.code) if failure else None
    return (fit_code(failure.source.code) if failure and failure.source else None) or own


def _receipt(message: _Message) -> DeliveryReceipt:
    return receipt_of(
        _id(message),
        _word(message),
        STATUS,
        error_code=_code(message),
        occurred_at=parse_timestamp(message.last_status_at),
    )


def _message(message: _Message, own_address: str) -> InboundMessage:
    """Read a text; how Bird writes one with files, its pages on SMS do not show."""
    body = fields_of(message.body)
    text = fields_of(body.get("text")).get("text")
    if body.get("type") != "text" or not isinstance(text, str):
        raise Unreadable("body must be of type text")
    to = _number(message.receiver and message.receiver.connector) or own_address
    return InboundMessage(
        kind="sms",
        provider_message_id=_id(message),
        sender=_sender(message),
        recipients=tuple(recipients_of("sms", {"to": to})),
        body=clean_text(text),
        sent_at=parse_timestamp(message.created_at),
    )


def _by_whatsapp(message: _Message, own_address: str) -> InboundMessage:
    """Read a message by WhatsApp, whatever it is; the connector is named by no number."""
    shape, text, files = content_of(message.body)
    return InboundMessage(
        kind="whatsapp",
        provider_message_id=_id(message),
        sender=f"{WHATSAPP}{_sender(message)}",
        recipients=tuple(recipients_of("sms", {"to": own_address})),
        body=clean_text(text),
        attachments=files,
        sent_at=parse_timestamp(message.created_at),
        shape=shape,
        quoted_id=text_of_field(fields_of(message.reply_to).get("id")),
    )


def _sender(message: _Message) -> str:
    sender = _number(message.sender and message.sender.contact)
    if not sender.strip():
        raise Unreadable("sender must say who sent the message")
    return sender


def _number(party: _Party | None) -> str:
    return clean_text(party.number or "") if party else ""
