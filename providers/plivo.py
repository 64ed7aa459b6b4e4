"""Plivo: SMS, MMS and WhatsApp as a form, by POST or as the query of a GET, one of each request.

MessageUUID=5b40a428-...&From=14155550100&To=14155550199&Type=sms&Text=Hello&Units=1&TotalRate=0
Type=mms&Body=Look&MediaCount=1&Media1=https%3A%2F%2Fmedia.plivo.com%2F...
MessageUUID=5b40a428-...&Status=undelivered&ErrorCode=80&Sequence=3&DeliveryReportTime=...

Source: https://docs.plivo.com/docs/messaging/api/message/handling-incoming
Source: https://docs.plivo.com/docs/messaging/api/message/message-status-callbacks

Sending is JSON, answered 202 with {"message_uuid": ["5b40a428-..."], "api_id": ...}, and otherwise
with {"error": TEXT, "api_id": ...}. It has no idempotency key.
Source: https://docs.plivo.com/docs/messaging/api/message/send-a-message
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel, ChannelKind
from domain.consent import told_consent
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.form import first_values, form_bytes, parse_form
from domain.message import Attachment, DeliveryReceipt, InboundMessage, MessageShape, Reading
from domain.message_parts import first_id, numbered_media, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.phone import with_plus
from domain.provider import ReadingContext
from domain.shaped_text import choice_text, unsupported_text
from domain.signature import SignedContent
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or
from domain.whatsapp import WHATSAPP, kind_to
from providers.parts.plivo_signature import plivo_signed
from providers.parts.plivo_words import DELIVERED_CODE, STATUS, WORDS

NAME: Final = "plivo"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
# Plivo wants XML, and what would answer the message is in it.
# Source: https://plivo.com/docs/messaging/xml/request/messages
SUCCESS: Final = Reply(status=200, content_type="application/xml", body=b"<Response/>")

RECEIPT_WORDS: Final = frozenset(STATUS)
SECRET_IS_CREDENTIAL: Final = True
LONGEST_TEXT: Final = 1_600  # of GSM's characters; with any other it refuses more than 737
MOST_FILE_BYTES: Final = 0  # it fetches media from where they are kept
# https://support.plivo.com/hc/en-us/articles/360041855032: 2 MB each, 5 MB with the text
MOST_MEDIA: Final = 10
MOST_MEDIA_BYTES: Final = 2_000_000

_TIMES = ("DeliveryReportTime", "SentTime", "QueuedTime", "MessageTime")  # the latest first


class _Answer(msgspec.Struct, gc=False):
    message_uuid: list[str] | str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make none: the secret is the account's auth token, which Plivo issues."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what Plivo's signatures cover; there is no time in them.

    So a repeated delivery is stopped by its id alone, and V2 vouches for who posts, not for what.
    """
    return plivo_signed(delivery, secrets)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or status out of the delivery.

    Raises: Unreadable without a MessageUUID.
    """
    body = form_bytes(delivery)
    form = first_values(parse_form(body))
    identity, status = _identity(form), _receipt_word(form)
    return (receipt_event(identity, status, body) if status else message_event(identity, body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer with a reply of no messages."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the status.

    Raises: Unreadable.
    """
    form = first_values(parse_form(event.body))
    status = _receipt_word(form)
    return _receipt(form, status) if status else _message(form, context)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs the account and its auth token, and is to one number at a time."""
    if not channel.account:
        return "it has no account: set its Plivo Auth ID"
    if not has_credential:
        return "it has no credential: the account's Auth Token"
    return "a Plivo channel sends to one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that creates a Message; who wrote by WhatsApp is answered there."""
    account = channel.account or ""
    url = f"https://api.plivo.com/v1/Account/{quote(account, safe='')}/Message/"
    number = message.to[0].removeprefix(WHATSAPP)
    fields: dict[str, object] = {
        "src": message.own_address,
        "dst": number,
        "text": message.body,
        "type": kind_to(message.to, "sms"),
        "url": message.status_callback,
        "method": "POST",
    }
    if message.media:
        fields |= {"type": "mms", "media_urls": [file.url for file in message.media]}
    return SendRequest(
        method="POST",
        url=channel.send_url or url,
        headers={
            "authorization": basic_credentials(account, channel.credential or ""),
            "content-type": "application/json",
        },
        body=msgspec.json.encode(fields),
    )


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the id of the message; what is wrong is said in a sentence, which is not kept."""
    if 200 <= status < 300:
        given = decode_or(body, _ANSWER, _Answer()).message_uuid
        return sent_as(next(iter(given), None) if isinstance(given, list) else given)
    return WORDS.refused(status, headers, None)


def explain(error_code: str | None) -> str:
    """Say what a code means where Plivo's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _receipt(form: Mapping[str, str], status: str) -> DeliveryReceipt:
    code = fit_code(form.get("ErrorCode", "").strip())
    times = (parse_timestamp(form.get(name)) for name in _TIMES)
    return receipt_of(
        _identity(form),
        status,
        STATUS,
        error_code=None if code == DELIVERED_CODE else code,
        is_opt_out=code in WORDS.opt_outs,
        occurred_at=next(filter(None, times), None),
    )


def _message(form: Mapping[str, str], context: ReadingContext) -> InboundMessage:
    sender = with_plus(form.get("From", ""))
    if not sender.strip():
        raise Unreadable("From must say who sent the message")
    kind = form.get("Type", "").strip().lower()
    texts = [form[name] for name in ("Text", "Body") if name in form]
    attachments = _attachments(form)
    is_whatsapp = kind == "whatsapp"
    # A picture may come without a text, and one that Plivo could not keep without itself.
    if not texts and not attachments and not is_whatsapp and kind != "mms":
        raise Unreadable("Text must be there")
    body = next(filter(None, texts), "")
    shape = None
    if is_whatsapp:
        shape, body = _shape_of(form.get("ContentType", ""), body, attachments)
    to = with_plus(form.get("To", "")) or context.own_address
    return InboundMessage(
        kind="whatsapp" if is_whatsapp else "mms" if attachments or kind == "mms" else "sms",
        provider_message_id=_identity(form),
        # Its own kind of address, so that no text answers who wrote by WhatsApp.
        sender=f"{WHATSAPP}{sender.strip()}" if is_whatsapp else sender,
        recipients=tuple(recipients_of("sms", {"to": to})),
        body=body,
        attachments=attachments,
        consent=told_consent(form.get("MessageIntent")),
        shape=shape,
    )


def _shape_of(
    content_type: str, body: str, files: Sequence[Attachment]
) -> tuple[MessageShape | None, str]:
    """Say what a message by WhatsApp is: text, media, a button, or of a type without fields."""
    word = content_type.strip()
    if word.lower() == "button":
        return "choice", choice_text(body)
    if body.strip() or files:
        return None, body
    return "unsupported", unsupported_text(word)


def _attachments(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    """List the media, of which WhatsApp alone says the type, and has one."""
    content_type = form.get("MimeType", "").strip() or None
    media = numbered_media(form, "Media", None)
    return tuple(replace(file, content_type=content_type) for file in media)


def _identity(form: Mapping[str, str]) -> str:
    """Name the message; ParentMessageUUID and PartInfo are reserved, and to be ignored."""
    return first_id((form.get("MessageUUID"),), "MessageUUID")


def _receipt_word(form: Mapping[str, str]) -> str | None:
    """Find the status that makes this a receipt; a message that came in has none."""
    status = form.get("Status", "").strip()
    return status if status and status.lower() != "received" else None
