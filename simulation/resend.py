"""Plays Resend: the JSON it posts, what it keeps of a mail until it is asked, and its email API.

Source: https://resend.com/docs/webhooks/emails/received
Source: https://resend.com/docs/api-reference/emails/retrieve-received-email
Source: https://resend.com/docs/api-reference/emails/send-email
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus, RecipientRole
from domain.message_id import parse_message_ids
from domain.signature import is_same
from domain.standard_webhooks import sign_standard_webhook
from domain.timestamp import write_timestamp
from simulation.mail_fields import files_of, header_fields
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of

NAME: Final = "resend"
KEEPS: Final[Literal["mails"]] = "mails"
SEND_PATH: Final = "/resend/{place}/emails"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "read": "opened", "failed": "bounced"}
)

_KEPT_URL = "https://api.resend.com/emails/receiving/"
_FILES_URL = "https://inbound-cdn.resend.com/"
_Fields = dict[str, object]


class _Posted(msgspec.Struct):
    sender: str = msgspec.field(name="from")
    to: list[str]
    cc: list[str] = []
    reply_to: str | None = None
    subject: str = ""
    text: str = ""
    headers: dict[str, str] = {}


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the JSON that says that `message` came in; what it says is kept."""
    posted: _Fields = {
        "type": "email.received",
        "created_at": write_timestamp(now),
        "data": {
            "email_id": message.provider_message_id,
            "received_for": [channel.own_address],
            **_envelope(message, now),
            "attachments": _listed(message),
        },
    }
    return _delivery(f"msg_{message.provider_message_id}", posted, channel, url, now)


def kept(message: InboundMessage, now: datetime) -> Mapping[str, FetchAnswer]:
    """Write what Resend answers who asks for `message`, by URL: in pieces, without the raw mail."""
    url = _KEPT_URL + quote(message.provider_message_id, safe="")
    is_html = message.body_format == "html"
    mail: _Fields = {
        "object": "email",
        "id": message.provider_message_id,
        **_envelope(message, now),
        "html": message.body if is_html else None,
        "text": None if is_html else message.body,
        "headers": header_fields(message, now),
        "raw": None,
        "attachments": _listed(message),
    }
    files = {
        f"{_FILES_URL}{number}?signature=abc": file.content or b""
        for number, file in enumerate(files_of(message))
    }
    listed = [
        file | {"download_url": place} for file, place in zip(_listed(message), files, strict=True)
    ]
    return {
        f"{url}?html_format=cid": _answered(mail),
        f"{url}/attachments?limit=100": _answered({"object": "list", "data": listed}),
        **{
            place: FetchAnswer(status=200, headers={}, body=content)
            for place, content in files.items()
        },
    }


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the JSON that reports what became of a mail."""
    word = receipt.provider_status
    data: _Fields = {
        "created_at": write_timestamp(now),
        "email_id": receipt.provider_message_id,
        "from": own_address,
        "to": [recipient_of(receipt)],
        "subject": "",
    }
    if word == "bounced":
        data["bounce"] = {
            "message": "The recipient's server refused it.",
            "subType": receipt.error_code or "General",
            "type": "Permanent",
        }
    posted: _Fields = {
        "type": f"email.{word}",
        "created_at": write_timestamp(receipt.occurred_at or now),
        "data": data,
    }
    identity = f"msg_{receipt.provider_message_id}_{word}"
    return _delivery(identity, posted, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; one with the same key is the same mail."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    given = posted.headers.get("authorization", "")
    if channel is None or not _is_let_in(given, channel):
        return _error(401, "missing_api_key")
    try:
        mail = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(422, "validation_error")
    if mail.sender not in channel.own_addresses:
        return _error(403, "validation_error")
    key = posted.headers.get("idempotency-key") or f"{posted.count}:{posted.received_at}"
    identity = str(uuid5(NAMESPACE_URL, f"{posted.place}:{key}"))
    wire = f"{identity}@email.example.net"
    return SendAnswer(
        status=200,
        fields={"id": identity},
        taken=TakenMessage(
            channel=channel,
            own_address=mail.sender,
            provider_message_id=identity,
            to=tuple(mail.to),
            subject=mail.subject,
            references=(*parse_message_ids(mail.headers.get("References", "")), wire),
            reply_to=mail.reply_to,
        ),
    )


def _envelope(message: InboundMessage, now: datetime) -> _Fields:
    return {
        "created_at": write_timestamp(now),
        "from": message.sender,
        "to": _addresses(message, "to"),
        "cc": _addresses(message, "cc"),
        "bcc": [],
        "message_id": header_fields(message, now).get("Message-ID", ""),
        "subject": message.subject or "",
    }


def _listed(message: InboundMessage) -> list[_Fields]:
    return [
        {
            "id": str(number),
            "filename": file.filename,
            "content_type": file.content_type,
            "content_disposition": "inline" if file.content_id else "attachment",
            "content_id": file.content_id,
        }
        for number, file in enumerate(files_of(message))
    ]


def _delivery(
    identity: str, fields: Mapping[str, object], channel: Channel, url: str, now: datetime
) -> Delivery:
    body = msgspec.json.encode(fields)
    headers = {"content-type": "application/json", "user-agent": "Svix-Webhooks/1.84"}
    if channel.secrets:
        named = quote(identity, safe="")[:80]
        headers |= sign_standard_webhook(named, body, channel.secrets[0], now, prefix="svix")
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _addresses(message: InboundMessage, role: RecipientRole) -> list[str]:
    return [recipient.address for recipient in message.recipients if recipient.role == role]


def _answered(fields: Mapping[str, object]) -> FetchAnswer:
    return FetchAnswer(status=200, headers={}, body=msgspec.json.encode(fields))


def _is_let_in(given: str, channel: Channel) -> bool:
    expected = f"Bearer {(channel.credential or '').strip()}"
    return channel.credential is not None and is_same(given, expected)


def _error(status: int, name: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"statusCode": status, "name": name, "message": "no"})
