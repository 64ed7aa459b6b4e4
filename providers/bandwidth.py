"""Bandwidth: SMS and MMS, and what became of messages, as an array of events in JSON.

[{"type": "message-received", "time": "2016-09-14T18:20:16Z", "to": "+12345678902", "message": {
  "id": "14762070468292kw2fuqty55yp2b2", "time": ..., "to": ["+12345678902"], "from": "+1234...",
  "text": "Hey", "media": ["https://messaging.bandwidth.com/..."], "owner": "+12345678902",
  "direction": "in", "segmentCount": 1}}]
A receipt is of type message-delivered, message-failed (`errorCode`) and so on, direction out.
Source: https://dev.bandwidth.com/docs/messaging/webhooks

Nothing is signed: the webhook URL has a password. Sending is {"applicationId": ..., "from": ...,
"to": [...], "text": ...}, answered 202 with {"id": ...}, otherwise {"type": ..., "description":
...}. It has no idempotency key.
Source: https://dev.bandwidth.com/docs/messaging/createMessage
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from secrets import token_urlsafe
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from domain.basic_auth import basic_credentials, password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event, unreadable_event
from domain.message import Attachment, InboundMessage, Reading
from domain.message_parts import attachment_of, first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly, split_array
from providers.parts.bandwidth_access import MEDIA_HOSTS as MEDIA_HOSTS
from providers.parts.bandwidth_access import client_of, token_request
from providers.parts.bandwidth_access import media_credential as media_credential
from providers.parts.bandwidth_words import STATUS, WORDS

NAME: Final = "bandwidth"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
RECEIPT_WORDS: Final = frozenset(STATUS)
LONGEST_TEXT: Final = 2_048
MOST_FILE_BYTES: Final = 0  # it fetches media from where they are kept
MOST_MEDIA: Final = 10  # no page names a number
MOST_MEDIA_BYTES: Final = 3_750_000  # what it keeps of a file itself

_RECEIVED = "message-received"
_MOST_EVENTS = 1_000  # no page says how many it posts at a time
_MOST_MEDIA = 50
# How the parts of an MMS are arranged, which is nothing to look at.
_ARRANGEMENT = (".smil", ".xml")
_MOST_RECIPIENTS = 10


class _Message(msgspec.Struct, gc=False):
    id: str | int | None = None
    owner: str | None = None
    time: object = None
    direction: str | None = None
    to: str | list[str] | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    text: str | None = None
    media: list[str] | None = None


class _Event(msgspec.Struct, gc=False):
    type: str | None = None
    time: object = None
    eventTime: object = None
    to: str | None = None
    errorCode: str | int | None = None
    message: _Message = msgspec.field(default_factory=_Message)


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None
    type: str | None = None


_EVENT = msgspec.json.Decoder(_Event)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say which password came, in the query or as a header: nothing is signed.

    Bandwidth shows a header only after a 401 that asks for it, and not with its first request.
    Source: https://dev.bandwidth.com/guides/callbacks/callbacks.html
    """
    return password_content(delivery, secrets, in_query=True)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the events out of the array; an odd one is kept as unreadable.

    Raises: Unreadable where there is no array.
    """
    elements = split_array(delivery.body, "body")
    if len(elements) > _MOST_EVENTS:
        raise Unreadable("body must not have more events than a provider posts at a time")
    return [_event_of(element) for element in elements]


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200; Bandwidth repeats for a day what gets no 2xx."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the receipt.

    Raises: Unreadable.
    """
    found = decode_tolerantly(event.body, _EVENT)
    word, identity = _word(found), _identity(found)
    if word == _RECEIVED:
        return _read_message(found, identity, context)
    code = fit_code(found.errorCode)
    return receipt_of(
        identity,
        word,
        STATUS,
        error_code=code,
        is_opt_out=code in WORDS.opt_outs,
        occurred_at=parse_timestamp(found.eventTime) or parse_timestamp(found.time),
        recipients=(found.to,),
    )


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs the account with its application, and API credentials."""
    account, _, application = (channel.account or "").partition(":")
    if not account.strip() or not application.strip():
        return "it has no account: set ACCOUNT:APPLICATION of Bandwidth"
    if not has_credential:
        return "it has no credential: CLIENT_ID:CLIENT_SECRET of Bandwidth"
    too_many = recipients > _MOST_RECIPIENTS
    return f"Bandwidth sends to {_MOST_RECIPIENTS} numbers at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that creates a message; several numbers are a group.

    Bandwidth takes tokens alone. What stands in its place (`send_url`) is shown the credential.
    """
    account, _, application = (channel.account or "").partition(":")
    posted: dict[str, object] = {
        "applicationId": application.strip(),
        "from": message.own_address,
        "to": list(message.to),
        "text": message.body,
        "tag": message.id,
    }
    if message.media:
        posted["media"] = [file.url for file in message.media]
    if channel.send_url:
        headers = {"authorization": basic_credentials(*client_of(channel))}
        return json_request(channel.send_url, headers, posted)
    url = f"https://messaging.bandwidth.com/api/v2/users/{quote(account.strip(), safe='')}/messages"
    return replace(json_request(url, {}, posted), token_request=token_request(channel))


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the message that was created, or the error."""
    answer = decode_or(body, _ANSWER, _Answer())
    if 200 <= status < 300:
        return sent_as(answer.id)
    return WORDS.refused(status, headers, fit_code(answer.type))


def explain(error_code: str | None) -> str:
    """Say what a code means where Bandwidth's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _event_of(element: bytes) -> InboundEvent:
    try:
        found = decode_tolerantly(element, _EVENT)
        word, identity = _word(found), _identity(found)
        if word == _RECEIVED:
            return message_event(identity, element)
        # Each member of a group has a receipt of their own, with the same id.
        return receipt_event(identity, word, element, recipient=found.to or "")
    except Unreadable:
        return unreadable_event(element)


def _word(event: _Event) -> str:
    """Say what an event is of: the direction, too, tells what came in from what left.

    Raises: Unreadable where they do not go together.
    """
    word = clean_text(event.type or "").strip()
    came_in = (event.message.direction or "").strip().lower() == "in"
    if not word or came_in != (word == _RECEIVED):
        raise Unreadable("type must be that of a message that came in, or of a receipt")
    return word


def _identity(event: _Event) -> str:
    return first_id((event.message.id,), "message.id")


def _read_message(event: _Event, identity: str, context: ReadingContext) -> InboundMessage:
    """Read a message; each of our numbers in a group has a copy with an id of its own."""
    message = event.message
    sender = clean_text(message.sender or "")
    if not sender.strip():
        raise Unreadable("message.from must say who sent the message")
    if message.text is None and not message.media:
        raise Unreadable("message.text must be there")
    written = (message.to,) if isinstance(message.to, str) else message.to or ()
    to = [address for address in written if address.strip()]
    to = to or [message.owner or event.to or context.own_address]
    return InboundMessage(
        kind="mms" if message.media else "sms",
        provider_message_id=identity,
        sender=sender,
        recipients=tuple(recipients_of("sms", {"to": to})),
        body=clean_text(message.text or ""),
        attachments=_attachments(message.media or ()),
        sent_at=parse_timestamp(message.time) or parse_timestamp(event.time),
    )


def _attachments(media: Sequence[str]) -> tuple[Attachment, ...]:
    """List the media, which Bandwidth keeps for two days and shows to who has its credential."""
    found = [attachment_of(url=url) for url in media[:_MOST_MEDIA] if not _arranges(url)]
    return tuple(attachment for attachment in found if attachment is not None)


def _arranges(url: str) -> bool:
    try:
        return urlsplit(url).path.lower().endswith(_ARRANGEMENT)
    except ValueError:
        return False
