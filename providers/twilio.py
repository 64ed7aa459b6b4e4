"""Twilio: SMS, MMS and WhatsApp as a form, by POST or as the query of a GET, one of each request.

ToCountry=US&MessageSid=SM...&AccountSid=AC...&From=%2B14155550100&To=%2B14155550199&Body=Hello
&NumMedia=1&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F...&MediaContentType0=image%2Fpng

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks

Sending is a form too, answered 201 with {"sid": "SM...", "status": "queued"}, and otherwise with
{"code": 21610, "message": ..., "more_info": ..., "status": 400}. It has no idempotency key.
Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel, ChannelKind
from domain.consent import told_consent
from domain.delivery import Delivery, Reply
from domain.error_words import ErrorWords
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.form import (
    first_value_of,
    first_values,
    form_bytes,
    form_request,
    parse_form,
)
from domain.media_provider import MediaCredential
from domain.message import FetchNeeded, InboundMessage, Reading, ReceiptStatus
from domain.message_parts import first_id, numbered_media, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.signature import SignedContent
from domain.tolerant_json import decode_or
from domain.whatsapp import text_kind
from providers.parts.twilio_listing import is_listed, listed_at, listed_form
from providers.parts.twilio_signature import signed_content
from providers.parts.twilio_whatsapp import shape_of

NAME: Final = "twilio"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(
    status=200,
    content_type="text/xml",
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
)

_STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "accepted": "queued", "scheduled": "queued", "queued": "queued", "sending": "queued",
    "sent": "sent", "delivered": "delivered", "read": "read", "undelivered": "failed",
    "failed": "failed", "canceled": "failed",
})  # fmt: skip

RECEIPT_WORDS: Final = frozenset(_STATUS)
SECRET_IS_CREDENTIAL: Final = True
LONGEST_TEXT: Final = 1_600  # Twilio takes no longer one, and splits even that into eleven parts
MOST_FILE_BYTES: Final = 0  # it fetches media from where they are kept
# https://www.twilio.com/docs/messaging/api/media-resource
MOST_MEDIA: Final = 10
MOST_MEDIA_BYTES: Final = 5_000_000
MEDIA_HOSTS: Final = re.compile(r"api\.twilio\.com")

# Only what Twilio's own pages say of a code.
_WORDS = ErrorWords(
    provider="Twilio",
    reasons={
        "21610": "the recipient has opted out by answering STOP",
        "30003": "the phone cannot be reached: it is switched off or out of service",
        "20429": "Twilio had too many requests",
        "63016": "they have not written by WhatsApp within 24 hours: only a template may be sent",
        "63018": "WhatsApp had too many messages",
        "http_401": "Twilio does not accept the channel's account and auth token",
        "http_403": "Twilio does not let the channel's account send this",
        "http_404": "Twilio does not know the channel's account",
    },
    passing=frozenset({"20429", "63018"}),
    opt_outs=frozenset({"21610"}),
)

_SIDS = ("MessageSid", "SmsSid", "SmsMessageSid")


class _Answer(msgspec.Struct, gc=False):
    sid: str | None = None
    status: str | int | None = None
    code: int | str | None = None
    error_code: int | str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make none: the secret is the account's primary auth token, which Twilio issues."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what X-Twilio-Signature covers: no time, so that sids alone stop what is repeated."""
    return signed_content(delivery, secrets)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or status out of the delivery.

    Raises: Unreadable without a sid.
    """
    body = form_bytes(delivery)
    value = partial(first_value_of, body)
    sid, status = _sid(value), _receipt_word(value)
    return (receipt_event(sid, status, body) if status else message_event(sid, body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer with a reply of no messages."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the status.

    Raises: Unreadable.
    """
    listed = is_listed(event)
    form = listed_form(event) if listed else first_values(parse_form(event.body))
    if form is None:
        return FetchNeeded()
    sid, status = _sid(form.get), _receipt_word(form.get)
    if status:
        code = form.get("ErrorCode", "").strip() or None
        is_opt_out = code in _WORDS.opt_outs
        return receipt_of(sid, status, _STATUS, error_code=code, is_opt_out=is_opt_out)
    sender = form.get("From", "")
    if not sender.strip():
        raise Unreadable("From must say who sent the message")
    attachments = numbered_media(form, "MediaUrl", "MediaContentType")
    kind = text_kind(sender, "mms" if attachments or sid.startswith("MM") else "sms")
    shape, body = None, form.get("Body")
    if kind == "whatsapp":
        shape, body = shape_of(form, attachments)
    if body is None and not attachments:
        raise Unreadable("Body must be there")
    to = recipients_of("sms", {"to": form.get("To") or context.own_address})
    return InboundMessage(
        kind=kind,
        provider_message_id=sid,
        sender=sender,
        recipients=tuple(to),
        body=body or "",
        attachments=attachments,
        sent_at=listed_at(event) if listed else None,
        consent=told_consent(form.get("OptOutType")),
        shape=shape,
        quoted_id=form.get("OriginalRepliedMessageSid", "").strip() or None,
        sender_name=form.get("ProfileName", "").strip() or None,
    )


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs the account and its auth token; Twilio takes one number at a time."""
    if not channel.account:
        return "it has no account: set its Twilio account SID"
    if not has_credential:
        return "it has no credential: the account's auth token"
    return "Twilio sends to one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the form that creates a Message."""
    account = channel.account or ""
    url = f"https://api.twilio.com/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
    token = (channel.credential or "").strip()
    fields = [
        *(("To", address) for address in message.to),
        ("From", message.own_address),
        ("Body", message.body),
        *(("MediaUrl", file.url) for file in message.media),
        ("StatusCallback", message.status_callback),
    ]
    return form_request(channel.send_url or url, fields, account, token)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the Message resource, or the error."""
    answer = decode_or(body, _ANSWER, _Answer())
    if 200 <= status < 300:
        word = _STATUS.get(str(answer.status or "").lower(), "sent")
        if word == "failed":
            return _WORDS.failed(fit_code(answer.error_code))
        return sent_as(answer.sid)
    return _WORDS.refused(status, headers, fit_code(answer.code))


def media_credential(channel: Channel) -> MediaCredential | None:
    """Show the account and its auth token, and not where Twilio sends on to.

    Source: https://www.twilio.com/docs/messaging/api/media-resource
    """
    if not channel.account or not channel.credential:
        return None
    shown = basic_credentials(channel.account, channel.credential)
    return MediaCredential(headers={"authorization": shown})


def explain(error_code: str | None) -> str:
    """Say what a code means where Twilio's pages do, and name it where they do not."""
    return _WORDS.explain(error_code)


def _sid(value: Callable[[str], str | None]) -> str:
    return first_id(map(value, _SIDS), "MessageSid")


def _receipt_word(value: Callable[[str], str | None]) -> str | None:
    """Find the status that makes this a receipt; a message is on its way in and says so."""
    status = (value("MessageStatus") or "").strip()
    if status and status.lower() != "received":
        return status
    status = (value("SmsStatus") or "").strip()
    if status and status.lower() not in {"received", "receiving"}:
        return status
    return None
