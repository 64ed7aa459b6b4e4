"""Plays Bandwidth: the events it posts, and the messages that are created at it.

Source: https://dev.bandwidth.com/docs/messaging/webhooks
Source: https://dev.bandwidth.com/docs/messaging/createMessage
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from domain.timestamp import write_timestamp
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "bandwidth"
SEND_PATH: Final = "/bandwidth/{place}/messages"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "message-sent", "delivered": "message-delivered", "failed": "message-failed"}
)

_APPLICATION = "93de2206-9669-4e07-948d-329f4b722ee2"
_DESCRIPTIONS = {"message-delivered": "ok", "message-failed": "destination-rejected-message"}
_Fields = dict[str, object]


class _Posted(msgspec.Struct):
    applicationId: str
    sender: str = msgspec.field(name="from")
    to: list[str]
    text: str


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the array that Bandwidth would post for `message`."""
    to = [each.address for each in message.recipients] or [channel.own_address]
    moment = write_timestamp(message.sent_at or now)
    fields: _Fields = {
        "type": "message-received",
        "time": moment,
        "description": "Incoming message received",
        "to": to[0],
        "message": {
            "id": message.provider_message_id,
            "time": moment,
            "to": to,
            "from": message.sender,
            "text": message.body,
            "applicationId": _APPLICATION,
            "media": [file.url for file in message.attachments if file.url],
            "owner": to[0],
            "direction": "in",
            "segmentCount": 1,
        },
    }
    return _delivery(fields, channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the array that reports what became of a message."""
    moment = write_timestamp(receipt.occurred_at or now)
    to = next(iter(receipt.recipients), "+15550100")
    fields: _Fields = {
        "type": receipt.provider_status,
        "time": moment,
        "description": _DESCRIPTIONS.get(receipt.provider_status, ""),
        "to": to,
        "message": {
            "id": receipt.provider_message_id,
            "time": moment,
            "to": [to],
            "from": own_address,
            "text": "",
            "applicationId": _APPLICATION,
            "owner": own_address,
            "direction": "out",
            "segmentCount": 1,
        },
    }
    if receipt.error_code:
        code = receipt.error_code
        fields["errorCode"] = int(code) if code.isdecimal() else code
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Create a message; Bandwidth knows no repeated one."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted, channel):
        return _error(401, "unauthorized")
    try:
        message = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(400, "request-validation")
    is_whole = bool(message.applicationId and message.to and message.text)
    if message.sender not in channel.own_addresses or not is_whole:
        return _error(400, "request-validation")
    identity = f"{int(posted.received_at.timestamp() * 1000)}{posted.count:016x}"
    return SendAnswer(
        status=202,
        fields={"id": identity, "owner": message.sender, "direction": "out", "segmentCount": 1},
        taken=TakenMessage(
            channel=channel,
            own_address=message.sender,
            provider_message_id=identity,
            to=tuple(message.to),
        ),
    )


def _delivery(fields: _Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "BandwidthAPI/v2",
    }
    if channel.secrets:
        url = f"{url}?password={quote(channel.secrets[0].strip(), safe='')}"
    body = msgspec.json.encode([fields])
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    user, _, password = (channel.credential or "").partition(":")
    given = posted.headers.get("authorization", "")
    return channel.credential is not None and is_same(given, basic_credentials(user, password))


def _error(status: int, kind: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"type": kind, "description": "no"})
