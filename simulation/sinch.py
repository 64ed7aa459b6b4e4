"""Plays Sinch's SMS API: the JSON it posts, signed, and the batches it takes.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/
Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Batches/
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from domain.timestamp import write_timestamp
from domain.whatsapp import WHATSAPP
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "sinch"
SEND_PATH: Final = "/xms/v1/{place}/batches"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "Dispatched", "delivered": "Delivered", "failed": "Failed"}
)

_DELIVERED, _DISPATCHED = 0, 401


class _Posted(msgspec.Struct):
    sender: str = msgspec.field(name="from")
    to: list[str]
    body: str
    delivery_report: str


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the JSON that Sinch would post for `message`; WhatsApp is of its Conversation API."""
    if message.kind == "whatsapp":
        return _delivery(_by_whatsapp(message, now), channel, url, now)
    to = next((recipient.address for recipient in message.recipients), channel.own_address)
    media = [
        {"url": file.url, "content_type": file.content_type, "status": "Uploaded", "code": 0}
        for file in message.attachments
    ]
    fields: dict[str, object] = {
        "type": "mo_media" if media else "mo_text",
        "id": message.provider_message_id,
        "from": message.sender,
        "to": to,
        "body": {"message": message.body, "media": media} if media else message.body,
        "received_at": write_timestamp(now),
        "sent_at": write_timestamp(message.sent_at or now),
        "operator_id": "311071",
    }
    return _delivery(fields, channel, url, now)


def _by_whatsapp(message: InboundMessage, now: datetime) -> dict[str, object]:
    content: dict[str, object] = {"text_message": {"text": message.body}}
    if message.attachments:
        file = {"url": message.attachments[0].url, "caption": message.body}
        content = {"media_card_message": file}
    elif message.shape == "choice":
        choice = {"message_id": message.quoted_id or "", "postback_data": message.body}
        content = {"choice_response_message": choice}
    if message.quoted_id:
        content["reply_to"] = {"message_id": message.quoted_id}
    identity = message.sender.removeprefix(WHATSAPP).removeprefix("+")
    told: dict[str, object] = {
        "id": message.provider_message_id,
        "channel_identity": {"channel": "WHATSAPP", "identity": identity, "app_id": "01H1"},
        "direction": "TO_APP",
    }
    moment = write_timestamp(message.sent_at or now)
    envelope = {"app_id": "01H1", "project_id": "P1", "event_time": moment, "accepted_time": moment}
    if message.shape == "reaction":
        reaction = {"emoji": message.body, "message_id": message.quoted_id or ""}
        reaction["action"] = "REACTION_ACTION_REACT"
        told["contact_message_event"] = {"reaction_event": reaction}
        return {**envelope, "event": told}
    return {**envelope, "message": told | {"contact_message": content}}


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the report about a recipient that Sinch would post."""
    success = _DELIVERED if receipt.status == "delivered" else _DISPATCHED
    fields: dict[str, object] = {
        "type": "recipient_delivery_report_sms",
        "batch_id": receipt.provider_message_id,
        "recipient": next(iter(receipt.recipients), "15551231234").lstrip("+"),
        "code": int(receipt.error_code) if receipt.error_code else success,
        "status": receipt.provider_status,
        "at": write_timestamp(receipt.occurred_at or now),
    }
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its service plan."""
    return str(channel.account)


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a batch from a number of the service plan; Sinch knows no repeated one."""
    mine = [channel for channel in channels if channel.account == posted.place]
    if not any(_is_let_in(posted, candidate) for candidate in mine):
        return SendAnswer(status=401, fields=None)
    try:
        batch = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error("syntax_invalid_json", "not as the API has it")
    channel = next((each for each in mine if batch.sender in each.own_addresses), None)
    if channel is None or not batch.to or not batch.body:
        return _error("syntax_constraint_violation", "something is missing")
    told = f"{posted.place} {posted.count} {posted.received_at.isoformat()}"
    identity = "01" + sha256(told.encode()).hexdigest()[:24].upper()
    return SendAnswer(
        status=201,
        fields={
            "id": identity,
            "to": batch.to,
            "from": batch.sender,
            "canceled": False,
            "body": batch.body,
            "type": "mt_text",
            "delivery_report": batch.delivery_report,
        },
        taken=TakenMessage(
            channel=channel,
            own_address=batch.sender,
            provider_message_id=identity,
            to=tuple(batch.to),
        ),
    )


def _delivery(fields: dict[str, object], channel: Channel, url: str, now: datetime) -> Delivery:
    body = msgspec.json.encode(fields)
    headers = {"content-type": "application/json"}
    if channel.secrets:
        headers |= _signature_headers(body, channel.secrets[0], now)
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _signature_headers(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    nonce, timestamp = sha256(body).hexdigest()[:26].upper(), str(int(now.timestamp()))
    digest = hmac.digest(secret.strip().encode(), body + f".{nonce}.{timestamp}".encode(), "sha256")
    return {
        "x-sinch-webhook-signature": b64encode(digest).decode(),
        "x-sinch-webhook-signature-nonce": nonce,
        "x-sinch-webhook-signature-timestamp": timestamp,
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
    }


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    return channel.credential is not None and is_same(given, f"Bearer {channel.credential.strip()}")


def _error(code: str, text: str) -> SendAnswer:
    return SendAnswer(status=400, fields={"code": code, "text": text})
