"""Resend: that a mail came in, and what became of mail, as JSON, signed as Svix does.

{"type": "email.received", "created_at": "2026-02-22T23:41:12.126Z", "data": {"email_id": "5676...",
 "from": "Ann <ann@example.com>", "to": ["help@example.com"], "received_for": [...], "cc": [],
 "bcc": [], "message_id": "<1@x>", "subject": "Hi", "attachments": [{"id": ..., ...}]}}
The mail itself stays with Resend and is fetched.
Source: https://resend.com/docs/webhooks/emails/received

{"type": "email.bounced", "created_at": ..., "data": {"email_id": "5676...", "to": [...],
 "bounce": {"type": "Permanent", "subType": "Suppressed", "message": ...}}}
Source: https://resend.com/docs/webhooks/event-types

Sending is {"from": ..., "text": ...} with an API key, answered {"id": "49a3..."}; the same
Idempotency-Key is one mail, for 24 hours. The Message-ID is Resend's own.
Source: https://resend.com/docs/api-reference/emails/send-email
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.fetching_provider import FetchAnswer, FetchStep, NotFetched
from domain.message import FetchNeeded, Reading
from domain.message_parts import first_id, own_among, receipt_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request, referring_fields
from domain.signature import SignedContent
from domain.standard_webhooks import standard_webhook
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.resend_mail import HOSTS, WITHIN, next_step, read_kept
from providers.parts.resend_words import STATUS, WORDS, WORDS_OF_RECEIPTS

NAME: Final = "resend"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# All of a mail in base64: 40 MB, https://resend.com/docs/dashboard/emails/attachments
MOST_FILE_BYTES: Final = 28_000_000
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
FETCH_HOSTS: Final = HOSTS
FETCH_WITHIN: Final = WITHIN

_SEND_URL = "https://api.resend.com/emails"
_MOST_RECIPIENTS = 50
_RECEIVED = "received"


_Addresses = list[object] | str | None


class _Bounce(msgspec.Struct, gc=False):
    type: object = None
    subType: str | None = None


class _Failure(msgspec.Struct, gc=False):
    reason: str | None = None


class _Data(msgspec.Struct, gc=False):
    email_id: str | None = None
    id: str | None = None  # of what is not a mail
    to: _Addresses = None
    cc: _Addresses = None
    bcc: list[str] | None = None
    received_for: list[str] | None = None
    bounce: _Bounce | None = None
    failed: _Failure | None = None


class _Posted(msgspec.Struct, gc=False):
    type: str
    data: _Data
    created_at: object = None


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None


_POSTED = msgspec.json.Decoder(_Posted)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make none: Resend issues one for each webhook."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed, as Svix does: with a new time at each attempt."""
    return standard_webhook(delivery.headers, delivery.body, secrets, now, prefix="svix")


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail or receipt out of the delivery.

    Raises: Unreadable without an id.
    """
    posted = decode_tolerantly(delivery.body, _POSTED)
    identity, word = _identity(posted), _word(posted)
    if word == _RECEIVED:
        return (message_event(identity, delivery.body),)
    # A mail is opened more than once; an event that is posted again has the id of the first time.
    once = delivery.headers.get("svix-id") or sha256(delivery.body).hexdigest()[:32]
    return (receipt_event(identity, f"{word}:{once}", delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though any 2xx would do."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the receipt, or the mail once it is fetched.

    Raises: Unreadable.
    """
    posted = decode_tolerantly(event.body, _POSTED)
    identity, word, data = _identity(posted), _word(posted), posted.data
    if word != _RECEIVED:
        moment = parse_timestamp(posted.created_at)
        return receipt_of(
            identity,
            word,
            STATUS,
            error_code=_code(data),
            occurred_at=moment,
            recipients=_only_recipient(data),
            is_permanent=data.bounce is not None and data.bounce.type == "Permanent",
        )
    if event.fetched is None:
        return FetchNeeded()
    envelope = [*(data.received_for or ()), *(data.bcc or ())]
    return read_kept(event.fetched, identity, own_among(envelope, context.own_addresses))


def next_fetch(
    event: ClaimedEvent, channel: Channel, answers: Sequence[FetchAnswer], now: datetime
) -> FetchStep:
    """Ask for the mail that the event is about."""
    try:
        data = decode_tolerantly(event.body, _POSTED).data
    except Unreadable as error:
        return NotFetched(error_class=error.code, detail=error.detail, is_for_good=True)
    return next_step(clean_text(data.email_id or ""), channel.credential, answers)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key."""
    if not has_credential:
        return "it has no credential: a Resend API key"
    too_many = recipients > _MOST_RECIPIENTS
    return f"Resend sends to {_MOST_RECIPIENTS} addresses at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a mail, once, however often it is posted within a day.

    Our Message-ID is the last that it refers to, for Resend gives it another: answers name both.
    """
    headers = {
        "authorization": f"Bearer {(channel.credential or '').strip()}",
        "idempotency-key": message.id,
    }
    posted = {
        "from": message.own_address,
        "to": message.to,
        "cc": message.cc,
        "reply_to": message.reply_to,
        "subject": message.subject or "",
        "text": message.body,
        "headers": referring_fields(message.thread),
        "attachments": [
            {"filename": file.filename, "content": file.base64} for file in message.attachments
        ],
    }
    return json_request(channel.send_url or _SEND_URL, headers, posted)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer."""
    answer = decode_or(body, _ANSWER, _Answer())
    if not 200 <= status < 300:
        return WORDS.refused(status, headers, fit_code(answer.name))
    return sent_as(answer.id)


def explain(error_code: str | None) -> str:
    """Say what a code, or a kind of bounce, means."""
    return WORDS.explain(error_code)


def _identity(posted: _Posted) -> str:
    return first_id((posted.data.email_id, posted.data.id), "email_id")


def _word(posted: _Posted) -> str:
    return clean_text(posted.type).strip().removeprefix("email.") or "unknown"


def _code(data: _Data) -> str | None:
    if data.bounce:
        return fit_code(data.bounce.subType)
    return fit_code(data.failed.reason) if data.failed else None


def _only_recipient(data: _Data) -> Sequence[object]:
    """Say whom an event is about: of a mail to several it tells all, and not which of them."""
    lists = [[each] if isinstance(each, str) else each for each in (data.to, data.cc, data.bcc)]
    everybody = [name for each in lists if each for name in each]
    return everybody if len(everybody) == 1 else ()
