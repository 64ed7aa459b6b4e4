"""Vonage: SMS by its SMS API and its Messages API, WhatsApp by the latter, what became of them, and
SMS and WhatsApp that are sent.

msisdn=14155550100, to=14155550199, messageId=0A0000000123ABCD1, text=Hello, type=text,
message-timestamp=2024-11-01 14:00:00, timestamp=1730469600, nonce=..., sig=..., and of a part of a
long text concat=true, concat-ref=1, concat-total=3, concat-part=2; in a form, a query, or JSON.
Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms

messageId=0B00000127FDBC63, msisdn=14155550100, to=14155550199, status=failed, err-code=6, ...
Source: https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts

{"channel": "sms", "message_uuid": "aaaaaaaa-...", "to": "14155550199", "from": "14155550100",
 "timestamp": "2024-11-01T14:00:00Z", "message_type": "text", "text": "Hello"}
Source: https://developer.vonage.com/en/api/messages-olympus

Sending an SMS is a form with key and secret, answered 200 whatever becomes of it; it has no
idempotency key. Source: https://developer.vonage.com/en/api/sms
By WhatsApp it is JSON, answered 202 {"message_uuid": ...}, and of an error {"type": "https://...#1120",
"title": ...}. Source: https://developer.vonage.com/en/api/messages-olympus#SendMessage
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.form import FORM, form_bytes
from domain.message import Reading
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent
from domain.text_segments import is_gsm
from domain.tolerant_json import decode_or
from domain.whatsapp import WHATSAPP, is_whatsapp
from providers.parts.vonage_reading import identity_in, reading_of
from providers.parts.vonage_signature import signed_content
from providers.parts.vonage_words import PARTLY, WORDS, WORDS_OF_RECEIPTS

NAME: Final = "vonage"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 1_530  # ten parts; Vonage's pages name no bound
MOST_FILE_BYTES: Final = 0

_SEND_URL = "https://rest.nexmo.com/sms/json"
_WHATSAPP_URL = "https://api.nexmo.com/v1/messages"
_LONGEST_CALLBACK = 100  # sms/src/vonage_sms/requests.py of vonage-python-sdk


class _Part(msgspec.Struct, gc=False):
    status: str | int | None = None
    message_id: str | None = msgspec.field(name="message-id", default=None)


class _Answer(msgspec.Struct, gc=False):
    messages: list[_Part] = []
    message_uuid: str | None = None
    type: object = None


_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make none: the secret is the account's signature secret, which Vonage shows."""
    return None


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: the fields, or the body by its hash in a token."""
    return signed_content(delivery, secrets, now)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message, part of a message, or receipt out of the delivery.

    Raises: Unreadable without an id.
    """
    body = form_bytes(delivery)
    identity, word = identity_in(body)
    return (receipt_event(identity, word, body) if word else message_event(identity, body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, though 204 would do."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message, the part, or the receipt.

    Raises: Unreadable.
    """
    return reading_of(event.body, context.own_address)


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs the API key and its secret; Vonage takes one number at a time."""
    if not channel.account:
        return "it has no account: set its Vonage API key"
    if not has_credential:
        return "it has no credential: the Vonage API secret"
    return "Vonage sends to one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the form that sends a message; Vonage takes numbers without a plus."""
    if is_whatsapp(message.to[0]):
        return _by_whatsapp(message, channel)
    fields = {
        "api_key": channel.account or "",
        "api_secret": (channel.credential or "").strip(),
        "from": message.own_address.removeprefix("+"),
        "to": message.to[0].removeprefix("+"),
        "text": message.body,
        "type": "text" if is_gsm(message.body) else "unicode",
    }
    if len(message.status_callback) <= _LONGEST_CALLBACK:
        fields["callback"] = message.status_callback
    return SendRequest(
        method="POST",
        url=channel.send_url or _SEND_URL,
        headers={"content-type": FORM, "accept": "application/json"},
        body=urlencode(fields).encode(),
    )


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read what became of the message, of an SMS of each part of it; 200 alone says nothing."""
    answer = decode_or(body, _ANSWER, _Answer())
    if not 200 <= status < 300:
        page = answer.type if isinstance(answer.type, str) else ""
        return WORDS.refused(status, headers, fit_code(page.rpartition("#")[2]))
    if answer.message_uuid is not None:
        return sent_as(answer.message_uuid)
    parts = answer.messages
    refused = [part for part in parts if str(part.status) != "0"]
    if not refused:
        return sent_as(parts[0].message_id if parts else None)
    if len(refused) < len(parts):  # sending it again would send some twice
        return Failed(code=PARTLY, reason=explain(PARTLY))
    return WORDS.refused(status, headers, fit_code(f"status_{refused[0].status}"))


def explain(error_code: str | None) -> str:
    """Say what a code means where Vonage's pages do, and name it where they do not."""
    return WORDS.explain(error_code)


def _by_whatsapp(message: OutboundMessage, channel: Channel) -> SendRequest:
    """Write the JSON that answers by WhatsApp, in the Messages API."""
    to = message.to[0].strip()[len(WHATSAPP) :]
    credentials = basic_credentials(channel.account or "", (channel.credential or "").strip())
    fields = {
        "channel": "whatsapp",
        "message_type": "text",
        "from": message.own_address.removeprefix(WHATSAPP).removeprefix("+"),
        "to": to.removeprefix("+"),
        "text": message.body,
        "webhook_url": message.status_callback,
        "webhook_version": "v1",
    }
    url = channel.send_url or _WHATSAPP_URL
    return json_request(url, {"authorization": credentials}, fields)
