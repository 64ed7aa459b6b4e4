"""Plays MessageBird: the forms and queries it makes, with its token, and how it takes messages.

Source: https://developers.messagebird.com/api/sms-messaging/
Source: messagebird/request_validator.py of https://github.com/messagebird/python-rest-api
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.form import FORM, Fields
from domain.json_web_token import sign_token
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "messagebird"
SEND_PATH: Final = "/messagebird/{place}/messages"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "failed": "delivery_failed"}
)

_MINUTE = 60


class _Posted(msgspec.Struct):
    originator: str
    body: str
    recipients: list[str]


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that MessageBird would post for `message`."""
    to = next((recipient.address for recipient in message.recipients), channel.own_address)
    fields = [
        ("id", message.provider_message_id),
        ("recipient", _without_plus(to)),
        ("originator", _without_plus(message.sender)),
        ("body", message.body),
        ("createdDatetime", _written(message.sent_at or now)),
        ("mms", "true" if message.attachments else "false"),
        *(("mediaUrls", attachment.url or "") for attachment in message.attachments),
    ]
    body = urlencode(fields).encode()
    headers = {"content-type": FORM} | _token(url, body, channel, now)
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the status report that MessageBird would make: a GET, with all of it in the query."""
    fields: Fields = [
        ("id", receipt.provider_message_id),
        ("reference", receipt.provider_message_id),
        ("recipient", _without_plus(next(iter(receipt.recipients), ""))),
        ("status", receipt.provider_status),
        ("statusDatetime", _written(receipt.occurred_at or now)),
        *([("statusErrorCode", receipt.error_code)] if receipt.error_code else []),
    ]
    asked = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
    headers = _token(asked, b"", channel, now)
    return Delivery(method="GET", url=asked, headers=headers, body=b"", received_at=now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a message that leaves from a number of the channel; it knows no repeated one."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted, channel):
        return _error(401, 2)
    try:
        message = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(422, 9)
    sender = f"+{message.originator}"
    if sender not in channel.own_addresses or not message.recipients or not message.body:
        return _error(422, 10)
    identity = sha256(f"{posted.place}:{posted.count}:{posted.received_at}".encode()).hexdigest()
    items = [{"recipient": number, "status": "sent"} for number in message.recipients]
    return SendAnswer(
        status=201,
        fields={"id": identity[:32], "direction": "mt", "recipients": {"items": items}},
        taken=TakenMessage(
            channel=channel,
            own_address=sender,
            provider_message_id=identity[:32],
            to=tuple(f"+{number}" for number in message.recipients),
        ),
    )


def _token(url: str, body: bytes, channel: Channel, now: datetime) -> dict[str, str]:
    """Sign for a minute, as MessageBird does; a request without a body has no hash of one."""
    if not channel.secrets:
        return {}
    begin = int(now.timestamp())
    claims = {
        "iss": "MessageBird",
        "nbf": begin,
        "exp": begin + _MINUTE,
        "jti": sha256(url.encode() + body).hexdigest()[:32],
        "url_hash": sha256(url.encode()).hexdigest(),
    }
    if body:
        claims["payload_hash"] = sha256(body).hexdigest()
    token = sign_token(claims, channel.secrets[0].strip().encode())
    return {"messagebird-signature-jwt": token}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _without_plus(number: str) -> str:
    """Leave out the plus of a number that is whole without it."""
    digits = number.removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() and len(digits) >= 10 else number


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    return channel.credential is not None and is_same(given, f"AccessKey {channel.credential}")


def _error(status: int, code: int) -> SendAnswer:
    fields = {"errors": [{"code": code, "description": "no", "parameter": None}]}
    return SendAnswer(status=status, fields=fields)
