"""Sinch's SMS API; its Conversation API, with WhatsApp, is providers/parts/sinch_conversation.py.

What the SMS API posts is in providers/parts/sinch_message.py and sinch_report.py.
Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/
Source: https://github.com/sinch/sinch-sdk-python (sinch/domains/sms/models, .../authentication)

Sending is a batch, answered 201 with {"id": "01FC66621..."}, otherwise {"code": "syntax_...",
"text": ...}. It has no idempotency key.
Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Batches/
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final
from urllib.parse import quote

import msgspec

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event
from domain.message import Reading
from domain.message_parts import first_id
from domain.outbound import OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent, encode_secrets, hmac_base64
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly, fields_of
from providers.parts.sinch_conversation import (
    conversation_obstacle,
    conversation_request,
    event_of,
    is_conversation,
    posted_in,
    read_posted,
)
from providers.parts.sinch_message import INBOUND, read_message
from providers.parts.sinch_report import (
    ABOUT_ALL,
    ABOUT_ONE,
    read_report,
    split_report,
    split_reports,
)
from providers.parts.sinch_words import WORDS, WORDS_OF_RECEIPTS

NAME: Final = "sinch"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 2_000
MOST_FILE_BYTES: Final = 0  # it fetches media from where they are kept
# https://developers.sinch.com/docs/sms/api-reference/mms-support: one URL, of no stated size
MOST_MEDIA: Final = 1
MOST_MEDIA_BYTES: Final = 1_000_000

_MOST_RECIPIENTS = 1_000
_SIGNATURE = "x-sinch-webhook-signature"
_TOLERANCE = timedelta(hours=24)  # it tries again for 22:45 hours, perhaps with the first signature
_SCHEME = hmac_base64("sha256")


class _Kind(msgspec.Struct, gc=False):
    type: object = None
    id: str | int | None = None


class _Answer(msgspec.Struct, gc=False):
    id: str | None = None
    code: object = None
    message_id: str | None = None
    error: object = None


_KIND = msgspec.json.Decoder(_Kind)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the password of the webhook URL, or what Sinch is asked to sign with."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed, or which password came where nothing was.

    The header that names an algorithm is not read, or a caller could choose.
    """
    if _SIGNATURE not in delivery.headers:
        return password_content(delivery, secrets, in_query=True)
    given, nonce, timestamp = (
        delivery.headers.get(f"{_SIGNATURE}{part}", "") for part in ("", "-nonce", "-timestamp")
    )
    moment = parse_timestamp(timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    return SignedContent(
        received=(given,) if given and nonce and timestamp else (),
        bases=(delivery.body + f".{nonce}.{timestamp}".encode("utf-8", "surrogatepass"),),
        keys=tuple(encode_secrets(secrets)),
        scheme=_SCHEME,
        refusal=None if is_fresh else "stale_signature",
    )


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message out of the delivery, or the receipts out of a report.

    Raises: Unreadable.
    """
    if conversation := posted_in(delivery.body):
        return (event_of(conversation, delivery.body),)
    found = decode_tolerantly(delivery.body, _KIND)
    word = found.type if isinstance(found.type, str) else ""
    if word in ABOUT_ONE:
        return split_report(delivery.body)
    if word in ABOUT_ALL:
        return split_reports(delivery.body)
    if word not in INBOUND:
        raise Unreadable("type must be that of a message or of a report")
    return (message_event(first_id((found.id,), "id"), delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200; Sinch gives up on any 4xx but 429, and tries again for a day after a 5xx."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the receipt.

    Raises: Unreadable.
    """
    if conversation := posted_in(event.body):
        return read_posted(conversation, context.own_address)
    return read_report(event.body) if event.kind == "receipt" else read_message(event.body, context)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs a service plan and its API token, or a project, an app and an access key."""
    if not channel.account:
        return "it has no account: set its Sinch service plan ID, or PROJECT_ID:APP_ID"
    if is_conversation(channel):
        return conversation_obstacle(has_credential=has_credential, recipients=recipients)
    if not has_credential:
        return "it has no credential: the API token of its service plan"
    return "Sinch sends to 1,000 numbers at most" if recipients > _MOST_RECIPIENTS else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that creates a batch.

    It names no `callback_url`: reports then go to that of the service plan, which has the password.
    """
    if is_conversation(channel):
        return conversation_request(message, channel)
    plan = quote(channel.account or "", safe="")
    url = channel.send_url or f"https://us.sms.api.sinch.com/xms/v1/{plan}/batches"
    fields: dict[str, object] = {
        "from": message.own_address,
        "to": message.to,
        "body": message.body,
        "delivery_report": "per_recipient",
        "client_reference": message.id,  # by which it is found when the answer is lost
    }
    if message.media:
        media = {"url": message.media[0].url, "message": message.body}
        fields |= {"type": "mt_media", "body": media}
    token = (channel.credential or "").strip()
    return json_request(url, {"authorization": f"Bearer {token}"}, fields)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the id of the batch, or the code of the error."""
    answer = decode_or(body, _ANSWER, _Answer())
    if 200 <= status < 300:
        return sent_as(answer.id or answer.message_id)
    if told := fields_of(answer.error).get("status"):
        return WORDS.refused(status, headers, fit_code(told))
    # A number is the status once more; those of receipts mean something else.
    code = fit_code(answer.code) if isinstance(answer.code, str) else None
    return WORDS.refused(status, headers, code)


def explain(error_code: str | None) -> str:
    """Say what a code means where Sinch's pages do, and name it where they do not."""
    return WORDS.explain(error_code)
