"""Plays Telnyx: the JSON it posts, signed with a key pair of its own, and how it takes messages.

Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
Source: https://developers.telnyx.com/api-reference/messages/send-a-message
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.ed25519 import makes_keys, sign_ed25519
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus, RecipientRole
from domain.signature import is_same
from domain.timestamp import write_timestamp
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "telnyx"
SEND_PATH: Final = "/telnyx/{place}/v2/messages"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "failed": "delivery_failed"}
)

_Fields = dict[str, object]


class _Posted(msgspec.Struct):
    to: str
    text: str
    sender: str = msgspec.field(name="from")


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the event that Telnyx would post for `message`."""
    payload: _Fields = {
        "record_type": "message",
        "direction": "inbound",
        "id": message.provider_message_id,
        "type": message.kind.upper(),
        "from": {"phone_number": message.sender, "carrier": "", "line_type": "Wireless"},
        "to": _parties(message, "to"),
        "cc": _parties(message, "cc"),
        "text": message.body,
        "media": [
            {"url": file.url, "content_type": file.content_type, "size": file.size_bytes}
            for file in message.attachments
        ],
        "received_at": write_timestamp(message.sent_at or now),
        "parts": 1,
        "errors": [],
    }
    return _delivery("message.received", payload, channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the event that says what became of a message."""
    word = receipt.provider_status
    payload: _Fields = {
        "record_type": "message",
        "direction": "outbound",
        "id": receipt.provider_message_id,
        "type": "SMS",
        "from": {"phone_number": own_address},
        "to": [{"phone_number": each, "status": word} for each in receipt.recipients or ("",)],
        "errors": [{"code": receipt.error_code}] if receipt.error_code else [],
    }
    event = "message.sent" if word == "sent" else "message.finalized"
    return _delivery(event, payload, channel, url, receipt.occurred_at or now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a message that leaves from a number of the channel; Telnyx knows no repeated one."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted, channel):
        return _error(401, "10009")
    try:
        message = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(422, "10015")
    if message.sender not in channel.own_addresses:
        return _error(400, "40305")
    count = f"{posted.place}:{posted.count}:{posted.received_at.isoformat()}"
    identity = str(uuid5(NAMESPACE_URL, count))
    to = [{"phone_number": message.to, "status": "queued"}]
    return SendAnswer(
        status=200,
        fields={"data": {"record_type": "message", "id": identity, "to": to, "errors": []}},
        taken=TakenMessage(
            channel=channel,
            own_address=message.sender,
            provider_message_id=identity,
            to=(message.to,),
        ),
    )


def _parties(message: InboundMessage, role: RecipientRole) -> list[dict[str, str]]:
    return [
        {"phone_number": each.address, "status": "webhook_delivered"}
        for each in message.recipients
        if each.role == role
    ]


def _delivery(event: str, payload: _Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    identity = str(uuid5(NAMESPACE_URL, f"{event}:{payload['id']}"))
    fields = {
        "data": {
            "record_type": "event",
            "id": identity,
            "event_type": event,
            "occurred_at": write_timestamp(now),
            "payload": payload,
        },
        "meta": {"attempt": 1, "delivered_to": url},
    }
    body = msgspec.json.encode(fields)
    timestamp = str(int(now.timestamp()))
    headers = {"content-type": "application/json", "user-agent": "telnyx-webhooks"}
    # Nobody but Telnyx can sign for a public key.
    secret = next(filter(makes_keys, channel.secrets), None)
    if secret is not None:
        headers["telnyx-timestamp"] = timestamp
        headers["telnyx-signature-ed25519"] = sign_ed25519(secret, f"{timestamp}|".encode() + body)
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    return channel.credential is not None and is_same(given, f"Bearer {channel.credential}")


def _error(status: int, code: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"errors": [{"code": code, "title": "no"}]})
