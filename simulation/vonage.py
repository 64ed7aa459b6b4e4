"""Plays Vonage: the JSON that its SMS API and its Messages API post, and how it takes messages.

Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms
Source: https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
Source: https://developer.vonage.com/en/api/sms
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.json_web_token import sign_token
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from domain.text_segments import is_gsm
from domain.timestamp import write_timestamp
from domain.whatsapp import WHATSAPP
from simulation.played import PartPlace, PostedSend, SendAnswer, TakenMessage

NAME: Final = "vonage"
SEND_PATH: Final = "/vonage/{place}/sms/json"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "accepted", "delivered": "delivered", "failed": "failed"}
)

_Fields = dict[str, str]


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the JSON that Vonage would post; files and WhatsApp are of its Messages API."""
    if message.kind == "whatsapp" or message.attachments:
        return _compose_posted(message, channel, url, now)
    return _delivery(_fields_of(message, channel, now), channel, url, now)


def compose_part(
    message: InboundMessage, place: PartPlace, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the JSON that Vonage would post for a part of a long text."""
    fields = _fields_of(message, channel, now) | {
        "concat": "true",
        "concat-ref": str(place.reference),
        "concat-total": str(place.total),
        "concat-part": str(place.number),
    }
    return _delivery(fields, channel, url, now)


def _fields_of(message: InboundMessage, channel: Channel, now: datetime) -> _Fields:
    to = next((recipient.address for recipient in message.recipients), channel.own_address)
    return {
        "msisdn": _without_plus(message.sender),
        "to": _without_plus(to),
        "messageId": message.provider_message_id,
        "text": message.body,
        "type": "text" if is_gsm(message.body) else "unicode",
        "keyword": (message.body.split() or [""])[0].upper(),
        "message-timestamp": write_timestamp(message.sent_at or now),
    }


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the delivery receipt that Vonage would post."""
    moment = receipt.occurred_at or now
    fields = {
        "msisdn": _without_plus(next(iter(receipt.recipients), "")),
        "to": _without_plus(own_address),
        "messageId": receipt.provider_message_id,
        "status": receipt.provider_status,
        "err-code": receipt.error_code or "0",
        "scts": moment.astimezone(UTC).strftime("%y%m%d%H%M"),
        "message-timestamp": moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a message that leaves from a number of the channel; whatever comes of it is a 200."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    form = {name: values[0] for name, values in parse_qs(posted.body.decode("utf-8")).items()}
    if channel is None or not _is_let_in(form, channel):
        return _refused("4")
    sender = f"+{form.get('from', '')}"
    if sender not in channel.own_addresses:
        return _refused("15")
    if not form.get("to") or not form.get("text"):
        return _refused("2")
    identity = f"{posted.count:08X}{int(posted.received_at.timestamp() * 1000):012X}"
    part = {"to": form["to"], "message-id": identity, "status": "0", "message-price": "0.03330000"}
    return SendAnswer(
        status=200,
        fields={"message-count": "1", "messages": [part]},
        taken=TakenMessage(
            channel=channel,
            own_address=sender,
            provider_message_id=identity,
            to=(f"+{form['to']}",),
        ),
    )


def _compose_posted(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write what the Messages API posts; a token vouches for its bytes."""
    to, sender = (each.removeprefix(WHATSAPP) for each in (channel.own_address, message.sender))
    fields: dict[str, object] = {
        "channel": message.kind,
        "message_uuid": message.provider_message_id,
        "to": _without_plus(to),
        "from": _without_plus(sender),
        "timestamp": write_timestamp(message.sent_at or now),
        **_content_of(message),
    }
    if message.sender_name:
        fields["profile"] = {"name": message.sender_name}
    if message.quoted_id:
        fields["context"] = {"message_uuid": message.quoted_id, "message_from": fields["to"]}
    body = msgspec.json.encode(fields)
    headers = {"content-type": "application/json"}
    if channel.secrets:
        claims = {
            "iat": int(now.timestamp()),
            "jti": message.provider_message_id,
            "iss": "Vonage",
            "payload_hash": sha256(body).hexdigest(),
        }
        token = sign_token(claims, channel.secrets[0].strip().encode())
        headers["authorization"] = f"Bearer {token}"
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _content_of(message: InboundMessage) -> dict[str, object]:
    """Write what a message is: one file, a button, an emoji, or a text."""
    if message.attachments:
        file = {"url": message.attachments[0].url, "caption": message.body}
        return {"message_type": "image", "image": file}
    if message.shape == "choice":
        return {"message_type": "reply", "reply": {"id": "1", "title": message.body}}
    if message.shape == "reaction":
        return {"message_type": "reaction", "reaction": {"emoji": message.body}}
    return {"message_type": "text", "text": message.body}


def _delivery(fields: _Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    fields = {**fields, "timestamp": str(int(now.timestamp())), "nonce": "0" * 32}
    if channel.secrets:
        fields["sig"] = _signature(fields, channel.secrets[0])
    return Delivery(
        method="POST",
        url=url,
        headers={"content-type": "application/json"},
        body=msgspec.json.encode(fields),
        received_at=now,
    )


def _signature(fields: _Fields, secret: str) -> str:
    """Sign by HMAC with SHA-256, which a secret stands for that names no other method."""
    escaped = {name: value.replace("&", "_").replace("=", "_") for name, value in fields.items()}
    text = "".join(f"&{name}={escaped[name]}" for name in sorted(escaped))
    return hmac.digest(secret.strip().encode(), text.encode(), "sha256").hex()


def _without_plus(number: str) -> str:
    """Leave out the plus of a number that is whole without it."""
    digits = number.removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() and len(digits) >= 10 else number


def _is_let_in(form: Mapping[str, str], channel: Channel) -> bool:
    if channel.credential is None or form.get("api_key") != channel.account:
        return False
    return is_same(form.get("api_secret", ""), channel.credential)


def _refused(status: str) -> SendAnswer:
    part = {"status": status, "error-text": "no"}
    return SendAnswer(status=200, fields={"message-count": "1", "messages": [part]})
