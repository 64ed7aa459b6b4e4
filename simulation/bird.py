"""Plays Bird: the JSON that its Channels API posts, signed, and how it takes messages.

Source: https://docs.bird.com/api/channels-api/supported-channels/programmable-sms/receiving-messages
Source: https://docs.bird.com/api/notifications-api/api-reference/webhooks/verifying-a-webhook
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from domain.timestamp import write_timestamp
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "bird"
SEND_PATH: Final = "/bird/{place}/messages"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "failed": "delivery_failed"}
)

_CHANNEL = "614208aa-b153-4d5d-9989-2fddfc0ce4c3"


class _Contact(msgspec.Struct, rename="camel"):
    identifier_value: str


class _Receiver(msgspec.Struct):
    contacts: list[_Contact]


class _Text(msgspec.Struct):
    text: str


class _Body(msgspec.Struct):
    text: _Text


class _Posted(msgspec.Struct):
    receiver: _Receiver
    body: _Body


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the event that Bird would post for `message`."""
    to = next((recipient.address for recipient in message.recipients), channel.own_address)
    moment = write_timestamp(message.sent_at or now)
    payload = {
        "id": message.provider_message_id,
        "channelId": _CHANNEL,
        "sender": {"contact": {"identifierKey": "phonenumber", "identifierValue": message.sender}},
        "receiver": {"connector": {"id": _CHANNEL, "identifierValue": to}},
        "body": {"type": "text", "text": {"text": message.body}},
        "status": "delivered",
        "direction": "incoming",
        "lastStatusAt": moment,
        "createdAt": moment,
        "updatedAt": moment,
    }
    return _delivery("sms.inbound", payload, channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the event that Bird would post about a message that it was given."""
    contacts = [{"identifierValue": number} for number in receipt.recipients]
    payload: dict[str, object] = {
        "id": receipt.provider_message_id,
        "channelId": _CHANNEL,
        "sender": {"connector": {"id": _CHANNEL, "identifierValue": own_address}},
        "receiver": {"contacts": contacts},
        "status": receipt.provider_status,
        "direction": "outgoing",
        "lastStatusAt": write_timestamp(receipt.occurred_at or now),
    }
    if receipt.error_code:
        source = {"name": "sms-messagebird", "code": receipt.error_code}
        payload["failure"] = {"code": 15001, "source": source}
    return _delivery("sms.outbound", payload, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a message, which leaves from the channel's first number; it knows no repeated one."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted, channel):
        return SendAnswer(status=401, fields={"code": "Unauthorized"})
    try:
        message = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return SendAnswer(status=422, fields={"code": "InvalidPayload"})
    count = f"{posted.place}:{posted.count}:{posted.received_at.isoformat()}"
    identity = str(uuid5(NAMESPACE_URL, count))
    return SendAnswer(
        status=202,
        fields={"id": identity, "status": "accepted", "direction": "outgoing"},
        taken=TakenMessage(
            channel=channel,
            own_address=channel.own_address,
            provider_message_id=identity,
            to=tuple(contact.identifier_value for contact in message.receiver.contacts),
        ),
    )


def _delivery(
    event: str, payload: Mapping[str, object], channel: Channel, url: str, now: datetime
) -> Delivery:
    fields = {"service": "channels", "event": event, "payload": payload}
    body = msgspec.json.encode(fields)
    headers = {"content-type": "application/json"}
    if channel.secrets:
        timestamp = str(int(now.timestamp()))
        signed = f"{timestamp}\n{url}\n".encode() + sha256(body).digest()
        digest = hmac.digest(channel.secrets[0].strip().encode(), signed, "sha256")
        headers["messagebird-request-timestamp"] = timestamp
        headers["messagebird-signature"] = b64encode(digest).decode()
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    return channel.credential is not None and is_same(given, f"AccessKey {channel.credential}")
