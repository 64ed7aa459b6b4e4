"""Plays Plivo: the forms it posts, signed by V3, and the resource that messages are created at.

Source: https://docs.plivo.com/docs/messaging/api/message/handling-incoming
Source: https://docs.plivo.com/docs/messaging/api/message/send-a-message
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.form import FORM, Fields
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from providers.parts.plivo_signature import v3_base
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "plivo"
SEND_PATH: Final = "/v1/Account/{place}/Message/"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "failed": "undelivered"}
)

_API_ID = "db342550-7f1d-11e1-8ea7-1231380bc196"
_NONCE_DIGITS = 20


class _Posted(msgspec.Struct):
    src: str
    dst: str
    text: str


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that Plivo would post for `message`."""
    to = next((recipient.address for recipient in message.recipients), channel.own_address)
    media = [file.url or "" for file in message.attachments]
    fields = [
        ("MessageUUID", message.provider_message_id),
        ("From", message.sender),
        ("To", to),
        ("Type", "mms" if media else "sms"),
        ("Body" if media else "Text", message.body),
        ("Units", "1"),
        ("MessageIntent", ""),
        ("PowerpackUUID", ""),
        ("TotalRate", "0.00000"),
        ("TotalAmount", "0.00000"),
    ]
    if media:
        fields.append(("MediaCount", str(len(media))))
    fields += [(f"Media{number}", place) for number, place in enumerate(media, 1)]
    return _delivery(fields, channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the status callback that Plivo would post."""
    fields = [
        ("MessageUUID", receipt.provider_message_id),
        ("ParentMessageUUID", receipt.provider_message_id),
        ("PartInfo", "1 of 1"),
        ("From", own_address),
        ("To", next(iter(receipt.recipients), "")),
        ("Type", "sms"),
        ("Status", receipt.provider_status),
        ("DeliveryReportTime", (receipt.occurred_at or now).strftime("%Y-%m-%d %H:%M:%S.%f")),
    ]
    if receipt.error_code:
        fields.append(("ErrorCode", receipt.error_code))
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its account."""
    return str(channel.account)


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Create a Message for a number of the account; Plivo knows no repeated one."""
    mine = [channel for channel in channels if channel.account == posted.place]
    if not any(_is_let_in(posted, candidate) for candidate in mine):
        return _error(401, "authentication_failed")
    try:
        message = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(400, "invalid_parameter")
    channel = next((each for each in mine if message.src in each.own_addresses), None)
    if channel is None or not message.dst or not message.text:
        return _error(400, "invalid_parameter")
    told = f"{posted.place} {posted.count} {posted.received_at.isoformat()}"
    identity = str(uuid5(NAMESPACE_URL, told))
    return SendAnswer(
        status=202,
        fields={
            "message": "message(s) queued",
            "message_uuid": [identity],
            "api_id": _API_ID,
        },
        taken=TakenMessage(
            channel=channel,
            own_address=message.src,
            provider_message_id=identity,
            to=(message.dst,),
        ),
    )


def _delivery(fields: Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    headers = {"content-type": FORM}
    if channel.secrets:
        nonce = str(int(now.timestamp() * 1_000_000)).zfill(_NONCE_DIGITS)
        headers["x-plivo-signature-v3-nonce"] = nonce
        headers["x-plivo-signature-v3"] = _signature(url, fields, nonce, channel.secrets[0])
    body = urlencode(fields).encode()
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _signature(url: str, fields: Fields, nonce: str, token: str) -> str:
    base = v3_base(url, (), fields, nonce)
    return b64encode(hmac.digest(token.strip().encode(), base, "sha256")).decode()


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    expected = basic_credentials(str(channel.account), channel.credential or "")
    return channel.credential is not None and is_same(given, expected)


def _error(status: int, error: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"api_id": _API_ID, "error": error})
