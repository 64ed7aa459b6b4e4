"""Plays a sender that speaks as providers/generic.py describes, and its send endpoint."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    ReceiptStatus,
    RecipientRole,
    ThreadHeaders,
)
from domain.message_id import parse_message_ids
from domain.message_parts import bracketed
from domain.signature import verify
from domain.standard_webhooks import json_headers, standard_webhook
from domain.timestamp import write_timestamp
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "generic"
SEND_PATH: Final = "/sends/{place}"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}
)


class _Posted(msgspec.Struct):
    id: str
    sender: str = msgspec.field(name="from")
    to: list[str]
    type: str
    body: str
    timestamp: str
    cc: list[str] = []
    reply_to: str | None = None
    subject: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: str | None = None


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the request that a sender would post for `message`."""
    shape = _email_fields(message) if message.kind == "email" else {"type": message.kind}
    fields: dict[str, object] = {
        "from": message.sender,
        "to": _written(message, "to"),
        "provider_message_id": message.provider_message_id,
        "body": message.body,
        "attachments": [_written_attachment(attachment) for attachment in message.attachments]
        or None,
        "timestamp": write_timestamp(message.sent_at or now),
        **shape,
    }
    body = msgspec.json.encode(fields)
    headers = json_headers(message.provider_message_id, body, _secret(channel), now)
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the request that reports what became of a message."""
    fields = {
        "type": "receipt",
        "provider_message_id": receipt.provider_message_id,
        "status": receipt.provider_status,
        "error_code": receipt.error_code,
        "timestamp": write_timestamp(receipt.occurred_at or now),
        "recipient": next(iter(receipt.recipients), None),
        "is_permanent": receipt.is_permanent,
    }
    body = msgspec.json.encode(fields)
    identity = f"{receipt.provider_message_id}:{receipt.provider_status}"
    headers = json_headers(identity, body, _secret(channel), now)
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a message; the same one twice has the same id."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None:
        return SendAnswer(status=404, fields={"error_code": "unknown_channel"})
    if channel.credential:
        keys = (channel.credential,)
        content = standard_webhook(posted.headers, posted.body, keys, posted.received_at)
        verdict = verify(content)
        if not verdict.is_authentic:
            return SendAnswer(status=401, fields={"error_code": verdict.reason})
    try:
        message = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return SendAnswer(status=400, fields={"error_code": "malformed"})
    identity = f"sim-{message.id}"
    return SendAnswer(
        status=200,
        fields={"provider_message_id": identity},
        taken=_taken(channel, message, identity),
    )


def _taken(channel: Channel, posted: _Posted, identity: str) -> TakenMessage:
    fields = [field for field in (posted.references, posted.message_id) if field]
    references = [found for field in fields for found in parse_message_ids(field)]
    return TakenMessage(
        channel=channel,
        own_address=posted.sender,
        provider_message_id=identity,
        to=tuple(posted.to),
        subject=posted.subject,
        references=tuple(dict.fromkeys(references)),
        reply_to=posted.reply_to,
    )


def _secret(channel: Channel) -> str | None:
    return channel.secrets[0] if channel.secrets else None


def _email_fields(message: InboundMessage) -> dict[str, object]:
    thread = message.thread or ThreadHeaders(message_id=None, in_reply_to=(), references=())
    fields = {
        "body_type": message.body_format,
        "cc": _written(message, "cc"),
        "subject": message.subject,
        "message_id": f"<{thread.message_id}>" if thread.message_id else None,
        "in_reply_to": bracketed(thread.in_reply_to),
        "references": bracketed(thread.references),
    }
    return {name: value for name, value in fields.items() if value}


def _written(message: InboundMessage, role: RecipientRole) -> str | list[str]:
    """Write one address as text and several as a list, as the receiving side reads them back."""
    addresses = [recipient.address for recipient in message.recipients if recipient.role == role]
    return addresses[0] if len(addresses) == 1 else addresses


def _written_attachment(attachment: Attachment) -> str | dict[str, object] | None:
    fields: dict[str, object] = {
        "url": attachment.url,
        "content": None if attachment.content is None else b64encode(attachment.content).decode(),
        "content_type": attachment.content_type,
        "filename": attachment.filename,
        "size_bytes": attachment.size_bytes,
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return known if len(known) > 1 else attachment.url
