"""MessageBird: SMS and MMS by its first API (rest.messagebird.com), their status reports, and SMS
that are sent; WhatsApp by its Conversations API (providers/parts/messagebird_conversation.py). What
came after it, at api.bird.com, is another provider.

id=b6aae1b5..., recipient=14155550199, originator=14155550100, body=Hello, mms=false,
createdDatetime=2024-11-01T14:00:00+00:00, mediaUrls=https://...; to a short code shortcode=51515,
mid=3b53c137..., message=Hello, receive_datetime=20241101140000
Source: https://developers.messagebird.com/api/sms-messaging/ (receiving)
Source: handlers/messagebird/handler_test.go of https://github.com/nyaruka/courier (field by field)

GET ?id=e8077d80...&reference=...&recipient=31612345678&status=delivered&statusDatetime=...
Source: https://support.messagebird.com/hc/en-us/articles/360001869258

Sending is JSON, answered 201 with {"id": ...}, and otherwise {"errors": [{"code": 2, ...}]}. It has
no idempotency key. Source: https://developers.messagebird.com/api/sms-messaging/ (send)
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.form import Fields, form_bytes, parse_form
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Reading
from domain.message_parts import attachment_of, first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.phone import with_plus
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from domain.whatsapp import is_whatsapp
from providers.parts.messagebird_conversation import (
    CONVERSATION_STATUS,
    conversation_request,
    event_of,
    posted_in,
    read_posted,
)
from providers.parts.messagebird_signature import signed_content
from providers.parts.messagebird_words import STATUS, WORDS

NAME: Final = "messagebird"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="text/plain", body=b"OK")
RECEIPT_WORDS: Final = frozenset(STATUS) | frozenset(CONVERSATION_STATUS)
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 1_377  # nine parts
MOST_FILE_BYTES: Final = 0

_SEND_URL = "https://rest.messagebird.com/messages"
_MEDIA = "mediaurls"
_MOST_MEDIA = 50
_COMPACT = re.compile(r"([0-9]{8})([0-9]{6})")
# Where a plus was not escaped, the form has a space.
_SPACED_ZONE = re.compile(r" (?=[0-9]{2}:[0-9]{2}\Z)")


class _Error(msgspec.Struct, gc=False):
    code: int | str | None = None


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None
    errors: list[_Error] | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_OBJECT = msgspec.json.Decoder(dict[str, object])


def new_secret() -> str | None:
    """Make none: the secret is the account's signing key, which MessageBird shows."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: the URL and the body, by their hashes in a token."""
    return signed_content(delivery, secrets, now)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or status report out of the delivery.

    Raises: Unreadable without an id.
    """
    body = form_bytes(delivery)
    if conversation := posted_in(body):
        return (event_of(conversation, body),)
    form = _by_name(_fields(body))
    word = form.get("status", "").strip()
    if not word:
        return (message_event(_message_id(form), body),)
    code = form.get("statuserrorcode", "").strip()
    return (receipt_event(_id(form), f"{word}:{code}" if code else word, body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer the text OK, which courier does, too: it says that MessageBird expects it."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the status report.

    Raises: Unreadable.
    """
    if conversation := posted_in(event.body):
        return read_posted(conversation, context.own_address)
    fields = _fields(event.body)
    form = _by_name(fields)
    word = form.get("status", "").strip()
    return _receipt(form, word) if word else _message(form, _media(fields), context.own_address)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs an access key; a status report is asked for one number."""
    if not has_credential:
        return "it has no credential: a MessageBird access key"
    return "MessageBird is given one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a message; without a reference, MessageBird reports nothing."""
    if is_whatsapp(message.to[0]):
        return conversation_request(message, channel)
    fields = {
        "recipients": [number.removeprefix("+") for number in message.to],
        "originator": message.own_address.removeprefix("+"),
        "body": message.body,
        "datacoding": "auto",
        "reference": message.id,
        "reportUrl": message.status_callback,
    }
    headers = {"authorization": f"AccessKey {(channel.credential or '').strip()}"}
    return json_request(channel.send_url or _SEND_URL, headers, fields)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the message that was made, or the first error."""
    answer = decode_or(body, _ANSWER, _Answer())
    if 200 <= status < 300:
        return sent_as(answer.id)
    code = fit_code(answer.errors[0].code) if answer.errors else None
    return WORDS.refused(status, headers, code and f"api_{code}")


def explain(error_code: str | None) -> str:
    """Say what a code means where MessageBird's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _fields(body: bytes) -> Fields:
    """List the fields of a form, or of a JSON object; its lists are repeated fields.

    Raises: Unreadable.
    """
    if not body.lstrip().startswith(b"{"):
        return parse_form(body)
    whole = decode_tolerantly(body, _OBJECT)
    return [(name, text) for name, value in whole.items() for text in _texts(value)]


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, list):
        return [str(each) for each in value if isinstance(each, str | int)]  # pyright: ignore[reportUnknownVariableType]
    return [str(value)] if isinstance(value, str | int | float) else []


def _by_name(fields: Fields) -> Mapping[str, str]:
    """Key the fields by name, whatever its case; the last of a repeated one counts.

    courier's sample of what MessageBird posts has `id` and `body` twice, and it reads the last. All
    of them are signed, so that nobody else can add one.
    """
    return {name.lower(): clean_text(value) for name, value in fields}


def _media(fields: Fields) -> tuple[Attachment, ...]:
    urls = [value for name, value in fields if name.lower().partition("[")[0] == _MEDIA]
    found = [attachment_of(url=url) for url in urls[:_MOST_MEDIA]]
    return tuple(attachment for attachment in found if attachment is not None)


def _id(form: Mapping[str, str]) -> str:
    return first_id((form.get("id"),), "id")


def _message_id(form: Mapping[str, str]) -> str:
    """Return the message's id, which has another name where it came to a short code."""
    names = ("mid", "id") if form.get("shortcode") else ("id", "message_id")
    return first_id(map(form.get, names), "id")


def _receipt(form: Mapping[str, str], word: str) -> DeliveryReceipt:
    code = fit_code(form.get("statuserrorcode", "").strip())
    return receipt_of(
        _id(form),
        word,
        STATUS,
        error_code=None if code == "0" else code,
        is_opt_out=code in WORDS.opt_outs,
        occurred_at=_moment(form.get("statusdatetime")),
    )


def _message(
    form: Mapping[str, str], media: tuple[Attachment, ...], own_address: str
) -> InboundMessage:
    sender = form.get("originator") or form.get("sender", "")
    if not sender.strip():
        raise Unreadable("originator must say who sent the message")
    shortcode = form.get("shortcode", "")
    texts = [form.get(name) for name in (("message", "body") if shortcode else ("body", "message"))]
    text = next((text for text in texts if text is not None), None)
    if text is None and not media:
        raise Unreadable("body must be there")
    to = shortcode or form.get("recipient") or own_address
    return InboundMessage(
        kind="mms" if media or form.get("mms", "").lower() == "true" else "sms",
        provider_message_id=_message_id(form),
        sender=with_plus(sender),
        recipients=tuple(recipients_of("sms", {"to": with_plus(to)})),
        body=text or "",
        attachments=media,
        sent_at=_moment(form.get("createddatetime")) or _moment(form.get("receive_datetime")),
    )


def _moment(written: str | None) -> datetime | None:
    """Read a time with its zone, or one without separators, as short codes have it."""
    text = (written or "").strip()
    if compact := _COMPACT.fullmatch(text):
        return parse_timestamp(f"{compact[1]}T{compact[2]}")
    return parse_timestamp(_SPACED_ZONE.sub("+", text))
