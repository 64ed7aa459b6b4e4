"""Brevo: mails that came in, in pieces, and what became of mail, as JSON.

{"items": [{"Uuid": ["8d79f2b1-..."], "MessageId": "<2@x>", "InReplyTo": "<1@x>", "From": {"Name":
 "Ann", "Address": "ann@example.com"}, "To": [...], "Cc": [...], "SentAtDate": "Wed, 28 Jun ...",
 "Subject": "Hi", "RawTextBody": "Hello", "RawHtmlBody": null, "Headers": {"Received": [...], ...},
 "Attachments": [{"Name": "a.pdf", "ContentType": ..., "ContentID": ..., "DownloadToken": ...}]}]}
Files stay with Brevo and are fetched.
Source: https://developers.brevo.com/docs/inbound-parse-webhooks

{"event": "hard_bounce", "email": "ann@example.com", "message-id": "<2018...@smtp-relay.mailin.fr>",
 "ts_epoch": 1604933654000, "reason": ...}; batched, an array of them
Source: https://developers.brevo.com/docs/transactional-webhooks

Nothing is signed: the webhook URL has a password. Sending is {"sender": ..., "textContent": ...}
with an API key, answered {"messageId": "<2018...@smtp-relay.mailin.fr>"}, the Message-ID.
Source: https://developers.brevo.com/docs/username-and-password-authentication
Source: https://developers.brevo.com/reference/send-transac-email
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from html import escape
from secrets import token_urlsafe
from typing import Final

import msgspec

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import (
    ClaimedEvent,
    InboundEvent,
    message_event,
    receipt_event,
    unreadable_event,
)
from domain.fetching_provider import FetchAnswer, FetchStep, NotFetched
from domain.message import Reading, ThreadHeaders
from domain.message_id import parse_message_ids
from domain.message_parts import first_id, receipt_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request, referring_fields
from domain.signature import SignedContent
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.brevo_items import elements_of
from providers.parts.brevo_mail import HOSTS, WITHIN, next_step, read_mail
from providers.parts.brevo_words import (
    HARD_BOUNCE,
    STATUS,
    WORDS,
    WORDS_OF_RECEIPTS,
    with_retry_after,
)

NAME: Final = "brevo"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# No page was found that says how much it takes.
MOST_FILE_BYTES: Final = 10_000_000
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
FETCH_HOSTS: Final = HOSTS
FETCH_WITHIN: Final = WITHIN

_SEND_URL = "https://api.brevo.com/v3/smtp/email"
_MOST_RECIPIENTS = 99
_NOT_DELIVERED = ("bounced", "failed")

_Moment = int | float | str | None


class _Element(msgspec.Struct, gc=False):
    Uuid: list[str | None] | str | None = None
    MessageId: str | None = None
    event: str | None = None
    message_id: str | int | None = msgspec.field(name="message-id", default=None)
    email: str | None = None
    link: str | None = None
    ts_epoch: _Moment = None
    ts_event: _Moment = None
    ts: _Moment = None
    date: str | None = None


class _Answer(msgspec.Struct, gc=False):
    messageId: str | None = None
    code: str | int | None = None


_ELEMENT = msgspec.json.Decoder(_Element)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say which password came: nothing that Brevo posts is signed."""
    return password_content(delivery, secrets)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the mails or events out of the delivery; an odd one is kept as unreadable.

    Raises: Unreadable where there are none.
    """
    return [_event_of(element) for element in elements_of(delivery.body)]


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though any 2xx would do."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the receipt, or the mail once its files are fetched.

    Raises: Unreadable.
    """
    element = decode_tolerantly(event.body, _ELEMENT)
    word = _word(element)
    if not word:
        identity = _identity(element, event.body)
        return read_mail(event.body, event.fetched, identity, context)
    code = fit_code(word) if STATUS.get(word.lower()) in _NOT_DELIVERED else None
    # Of its times only this is in UTC, whatever time zone the account has.
    moment = parse_timestamp(element.ts_epoch)
    return receipt_of(
        _sent_id(element),
        word,
        STATUS,
        error_code=code,
        occurred_at=moment,
        recipients=(element.email,),
        is_permanent=word.lower() == HARD_BOUNCE,
    )


def next_fetch(
    event: ClaimedEvent, channel: Channel, answers: Sequence[FetchAnswer], now: datetime
) -> FetchStep:
    """Ask for the files of the mail, one after the other."""
    try:
        return next_step(event.body, channel.credential, answers)
    except Unreadable as error:
        return NotFetched(error_class=error.code, detail=error.detail, is_for_good=True)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an API key."""
    if not has_credential:
        return "it has no credential: a Brevo API key"
    too_many = recipients > _MOST_RECIPIENTS
    return f"Brevo sends to {_MOST_RECIPIENTS} addresses at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a mail, as text and as HTML: of text alone Brevo makes HTML alone.

    Our Message-ID is the last that it refers to, for Brevo gives it another: answers name both.
    """
    posted: dict[str, object] = {
        "sender": {"email": message.own_address},
        "to": [{"email": address} for address in message.to],
        "cc": [{"email": address} for address in message.cc],
        "replyTo": {"email": message.reply_to} if message.reply_to else None,
        "subject": message.subject or "",
        "textContent": message.body,
        "htmlContent": _as_html(message.body),
        "headers": referring_fields(_in_ascii(message.thread)),
        "attachment": [
            {"name": file.filename, "content": file.base64} for file in message.attachments
        ],
    }
    headers = {"api-key": (channel.credential or "").strip()}
    return json_request(channel.send_url or _SEND_URL, headers, posted)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer; the id that it has is the Message-ID that the mail leaves with."""
    answer = decode_or(body, _ANSWER, _Answer())
    if not 200 <= status < 300:
        return WORDS.refused(status, with_retry_after(headers), fit_code(answer.code))
    ids = parse_message_ids(clean_text(answer.messageId or ""))
    return replace(sent_as(ids[0]), message_id=ids[0]) if ids else sent_as(None)


def explain(error_code: str | None) -> str:
    """Say what a code, or the word for a mail that was not delivered, means."""
    return WORDS.explain(error_code)


def _event_of(element: bytes) -> InboundEvent:
    try:
        found = decode_tolerantly(element, _ELEMENT)
        word = _word(found)
        if not word:
            return message_event(_identity(found, element), element)
        # An event has no id, and a mail is opened more than once.
        moment = found.ts_epoch or found.ts_event or found.ts or found.date
        told = f"{found.email}\n{moment}\n{found.link}"
        once = sha256(told.encode("utf-8", "replace")).hexdigest()[:32]
        return receipt_event(_sent_id(found), f"{word}:{once}", element)
    except Unreadable:
        return unreadable_event(element)


def _word(element: _Element) -> str:
    """Say what an event is of; a mail has no such word."""
    return clean_text(element.event or "").strip()


def _identity(element: _Element, body: bytes) -> str:
    """Return the id that Brevo gave to a mail; one without is known by its bytes."""
    uuids = [element.Uuid] if isinstance(element.Uuid, str) else element.Uuid or []
    digest = sha256(body).hexdigest() if element.MessageId else None
    return first_id((*uuids, digest), "Uuid")


def _sent_id(element: _Element) -> str:
    """Return the Message-ID of a mail that was sent: it comes in brackets, and without."""
    written = clean_text(str(element.message_id or ""))
    return first_id(parse_message_ids(written), "message-id")


def _in_ascii(thread: ThreadHeaders | None) -> ThreadHeaders | None:
    """Leave out Message-IDs of other letters: Brevo would write them into the mail as raw bytes."""
    if thread is None:
        return None
    own = thread.message_id if (thread.message_id or "").isascii() else None
    answered = tuple(filter(str.isascii, thread.in_reply_to))
    referred = tuple(filter(str.isascii, thread.references))
    return replace(thread, message_id=own, in_reply_to=answered, references=referred)


def _as_html(text: str) -> str:
    """Write a text as HTML. Braces are spelt out: in pairs they name a variable of a template."""
    plain = escape(text.replace("\r\n", "\n"), quote=False)
    spelt = plain.replace("{", "&#123;").replace("}", "&#125;").replace("\n", "<br>")
    return f'<html><body><div style="white-space: pre-wrap">{spelt}</div></body></html>'
