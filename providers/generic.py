"""The provider for senders of one's own: plain JSON, signed as Standard Webhooks.

SMS:    {"from": "+14155550100", "to": "+14155550199", "type": "sms", "provider_message_id": "m-1",
         "body": "Hello", "attachments": null, "timestamp": "2024-11-01T14:00:00Z"}
E-mail: {"from": "Ann <ann@example.com>", "to": "help@example.com", "provider_message_id": "e-1",
         "body": "<p>Hello</p>", "body_type": "html", "attachments": ["https://example.com/a.pdf",
         {"filename": "b.txt", "content_type": "text/plain", "content": "aGVsbG8="}],
         "subject": "Hi", "message_id": "<1@example.com>", "timestamp": "2024-11-01T14:00:00Z"}
         or, for "body" and "body_type", "html" and "text", of which the first is shown. A file that
         the HTML shows as `cid:ID` has "content_id": "ID".
Receipt: {"type": "receipt", "provider_message_id": "m-2", "status": "delivered",
         "error_code": null, "timestamp": "2024-11-01T14:00:05Z"}
         "recipient" names whom it is about, and "is_permanent": true that no mail reaches them.

What the channel sends is posted to its `send_url`, signed likewise with its credential and
`webhook-id` = `id`:
{"id": "0193...", "from": "+14155550199", "to": ["+14155550100"], "type": "sms", "body": "Hello",
 "timestamp": ...}; an e-mail has "cc", "reply_to", "subject", "message_id", "in_reply_to",
"references" and "attachments" (as above, with their content) too.
The answer is a 2xx with {"provider_message_id": "m-2"}; without one, receipts name our `id`.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_bytes
from typing import Final, get_args

import msgspec

from domain.body_format import told_body
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event
from domain.message import (
    InboundMessage,
    Reading,
    ReceiptStatus,
    Recipient,
    ThreadHeaders,
)  # fmt: skip
from domain.message_parts import (
    bracketed,
    message_kind,
    receipt_of,
    recipients_of,
    thread_of,
)  # fmt: skip
from domain.outbound import (
    OutboundMessage,
    SendOutcome,
    SendRequest,
    fit_code,
    not_accepted,
    sent_as,
)  # fmt: skip
from domain.provider import ReadingContext
from domain.signature import SignedContent
from domain.standard_webhooks import json_headers, standard_webhook
from domain.text import clean_text
from domain.timestamp import parse_timestamp, write_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.generic_payload import (
    IDENTITY,
    PAYLOAD,
    Payload,
    attachments_in,
    identify,
    receipt_word,
)

NAME: Final = "generic"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms", "email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b'{"status":"accepted"}')

SECRET_IS_CREDENTIAL: Final = True
LONGEST_TEXT: Final = 1_600
MOST_FILE_BYTES: Final = 20_000_000  # the JSON is a third larger

_SECRET_BYTES = 24
_STATUS: dict[str, ReceiptStatus] = {word: word for word in get_args(ReceiptStatus)}
# Others are kept as they come; these are the ones that senders are known to use.
RECEIPT_WORDS: Final = frozenset(_STATUS) | {
    "dropped", "deferred", "rejected",
}  # fmt: skip


class _Answer(msgspec.Struct, gc=False):
    provider_message_id: str | int | None = None
    error_code: object = None


_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make a Standard Webhooks secret."""
    return "whsec_" + b64encode(token_bytes(_SECRET_BYTES)).decode()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed, as Standard Webhooks do."""
    return standard_webhook(delivery.headers, delivery.body, secrets, now)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or receipt out of the delivery.

    Raises: Unreadable without an id, which is what tells a repeated delivery from a new one.
    """
    payload = decode_tolerantly(delivery.body, IDENTITY)
    identity = identify(payload)
    if payload.type == "receipt":
        recipient = payload.recipient if isinstance(payload.recipient, str) else None
        word = receipt_word(payload)
        return (receipt_event(identity, word, delivery.body, recipient=recipient),)
    return (message_event(identity, delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer that the delivery is kept."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the receipt.

    Raises: Unreadable.
    """
    payload = decode_tolerantly(event.body, PAYLOAD)
    if payload.type == "receipt":
        return receipt_of(
            identify(payload),
            receipt_word(payload),
            _STATUS,
            error_code=fit_code(payload.error_code),
            occurred_at=parse_timestamp(payload.timestamp),
            recipients=(payload.recipient,),
            is_permanent=payload.is_permanent is True,
        )
    sender = clean_text(str(payload.sender or ""))
    if not sender.strip():
        raise Unreadable("from must say who sent the message")
    attachments = attachments_in(payload)
    is_email = context.kind == "email"
    html = payload.html if is_email else None
    body, body_format = told_body(payload.body, payload.body_type, payload.text, html)
    if body is None and not attachments and not payload.subject:
        raise Unreadable("body must be text")
    return InboundMessage(
        kind=message_kind(payload.type, sender, context.kind, has_files=bool(payload.attachments)),
        provider_message_id=identify(payload),
        sender=sender,
        recipients=_recipients(payload, context),
        body=clean_text(body or ""),
        body_format=body_format if is_email else "text",
        subject=clean_text(payload.subject or "") or None if is_email else None,
        attachments=attachments,
        sent_at=parse_timestamp(payload.timestamp),
        thread=thread_of(payload.message_id, payload.in_reply_to, payload.references)
        if is_email
        else None,
    )


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs somewhere to post to; a channel without a credential posts unsigned."""
    return None if channel.send_url else "it has no send URL"


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that is posted to the channel's `send_url`."""
    fields: dict[str, object] = {
        "id": message.id,
        "from": message.own_address,
        "to": message.to,
        "type": message.kind,
        "body": message.body,
        "timestamp": write_timestamp(message.written_at),
    }
    if message.kind == "email":
        thread = message.thread or ThreadHeaders(message_id=None, in_reply_to=(), references=())
        fields |= {
            "cc": message.cc,
            "reply_to": message.reply_to,
            "subject": message.subject,
            "message_id": bracketed([thread.message_id] if thread.message_id else []),
            "in_reply_to": bracketed(thread.in_reply_to),
            "references": bracketed(thread.references),
            "attachments": [
                {
                    "filename": file.filename,
                    "content_type": file.content_type,
                    "content": file.base64,
                }
                for file in message.attachments
            ],
        }
    body = msgspec.json.encode(fields)
    headers = json_headers(message.id, body, channel.credential, now)
    return SendRequest(method="POST", url=channel.send_url or "", headers=headers, body=body)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read the answer of a `send_url`; what cannot be read of it is left out."""
    answer = decode_or(body, _ANSWER, _Answer())
    if 200 <= status < 300:
        return sent_as(answer.provider_message_id)
    code = fit_code(answer.error_code)
    reason = f"the provider refused it (error {code or status})"
    return not_accepted(status, headers, code, reason)


def explain(error_code: str | None) -> str:
    """Name the code: what it means is between the sender and us."""
    return f"the provider did not deliver it{f' (error {error_code})' if error_code else ''}"


def _recipients(payload: Payload, context: ReadingContext) -> tuple[Recipient, ...]:
    """List who the message is to; a sender that names nobody means the channel."""
    to = recipients_of(context.kind, {"to": payload.to})
    if not to and context.own_address:
        to = [Recipient(role="to", address=context.own_address)]
    return (*to, *recipients_of(context.kind, {"cc": payload.cc}))
