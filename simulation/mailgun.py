"""Plays Mailgun: the forms its routes forward, its events as JSON, and where it takes mail.

Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/
Source: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs, urlencode

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.form import FORM
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.message_id import parse_message_ids
from domain.signature import is_same
from simulation.mail_fields import files_of, header_fields
from simulation.multipart import PostedFile, write_multipart
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of

NAME: Final = "mailgun"
SEND_PATH: Final = "/mailgun/v3/{place}/messages"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"delivered": "delivered", "read": "opened", "failed": "permanent_fail"}
)
_TOKEN_LENGTH = 50


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that a route would forward for `message`, in pieces."""
    by_role = [(recipient.role.capitalize(), recipient.address) for recipient in message.recipients]
    headers = [("From", message.sender), *by_role, *header_fields(message, now).items()]
    is_html = message.body_format == "html"
    files = [
        PostedFile(name=f"attachment-{number}", file=file)
        for number, file in enumerate(files_of(message), 1)
    ]
    ids = ", ".join(
        f'"<{each.file.content_id}>": "{each.name}"' for each in files if each.file.content_id
    )
    fields = {
        "recipient": channel.own_address,
        "sender": message.sender,
        "subject": message.subject or "",
        "from": message.sender,
        "body-plain": "" if is_html else message.body,
        "body-html": message.body if is_html else "",
        "message-headers": msgspec.json.encode(headers).decode(),
        "attachment-count": str(len(files)),
        "content-id-map": f"{{{ids}}}",
        **_signature(message.provider_message_id, channel, now),
    }
    content_type, body = (
        write_multipart(fields, files) if files else (FORM, urlencode(fields).encode())
    )
    return _delivery(content_type, body, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the JSON that reports what became of a mail."""
    word = receipt.provider_status
    severity, is_failure, _ = word.partition("_fail")
    identity = f"{receipt.provider_message_id}:{word}"
    event: dict[str, object] = {
        "event": "failed" if is_failure else word,
        "id": sha256(identity.encode()).hexdigest()[:22],
        "timestamp": (receipt.occurred_at or now).timestamp(),
        "recipient": recipient_of(receipt),
        "message": {
            "headers": {"message-id": receipt.provider_message_id, "from": own_address},
        },
    }
    if is_failure:
        event |= {"severity": severity, "delivery-status": {"code": receipt.error_code}}
    token = sha256(identity.encode()).hexdigest()[:_TOKEN_LENGTH]
    fields = {"signature": _signature(token, channel, now), "event-data": event}
    return _delivery("application/json", msgspec.json.encode(fields), url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by the domain that it sends from."""
    return channel.account or channel.own_address.rpartition("@")[2]


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; Mailgun knows no repeated one."""
    form = parse_qs(posted.body.decode("utf-8", "replace"))
    sender = form.get("from", [""])[0]
    given = posted.headers.get("authorization", "")
    mine = [channel for channel in channels if place_of(channel) == posted.place]
    known = [channel for channel in mine if _is_let_in(given, channel)]
    channel = next((each for each in known if sender in each.own_addresses), None)
    if not known:
        return SendAnswer(status=401, fields={"message": "Forbidden"})
    if channel is None or not form.get("to"):
        return SendAnswer(status=400, fields={"message": "parameter is not valid"})
    written = " ".join(form.get("h:References", []) + form.get("h:Message-ID", []))
    ids = parse_message_ids(written)
    identity = ids[-1] if ids else f"{posted.count}@{posted.place}"
    return SendAnswer(
        status=200,
        fields={"id": f"<{identity}>", "message": "Queued. Thank you."},
        taken=TakenMessage(
            channel=channel,
            own_address=sender,
            provider_message_id=identity,
            to=tuple(form["to"]),
            subject=form.get("subject", [""])[0],
            references=ids,
            reply_to=form.get("h:Reply-To", [None])[0],
        ),
    )


def _signature(token: str, channel: Channel, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    fields = {"timestamp": timestamp, "token": token}
    if channel.secrets:
        key = channel.secrets[0].strip().encode()
        fields["signature"] = hmac.digest(key, f"{timestamp}{token}".encode(), "sha256").hex()
    return fields


def _delivery(content_type: str, body: bytes, url: str, now: datetime) -> Delivery:
    headers = {"content-type": content_type, "user-agent": "mailgun/treq-17.8.0"}
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _is_let_in(given: str, channel: Channel) -> bool:
    expected = basic_credentials("api", channel.credential or "")
    return channel.credential is not None and is_same(given, expected)
