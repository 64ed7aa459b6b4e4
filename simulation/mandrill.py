"""Plays Mandrill: the batches it posts, of one event each, and where it takes mail.

Source: https://mandrill.zendesk.com/hc/en-us/articles/360038740594-Webhook-Format
Source: https://mailchimp.com/developer/transactional/api/messages/send-new-message/
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

from domain.channel import Channel
from domain.delivery import Delivery
from domain.form import FORM
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus, RecipientRole
from domain.message_id import parse_message_ids
from domain.signature import is_same
from simulation.mail_fields import files_of, header_fields, mailbox_of
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of

NAME: Final = "mandrill"
SEND_PATH: Final = "/mandrill/{place}/messages/send"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"delivered": "delivered", "read": "open", "failed": "hard_bounce"}
)


class _Recipient(msgspec.Struct):
    email: str
    type: str = "to"


class _Mail(msgspec.Struct):
    from_email: str
    to: list[_Recipient]
    subject: str = ""
    text: str = ""
    headers: dict[str, str] = {}


class _Posted(msgspec.Struct):
    key: str
    message: _Mail


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that Mandrill would post for `message`, without the raw mail."""
    name, address = mailbox_of(message.sender)
    mail: dict[str, object] = {
        "headers": header_fields(message, now),
        "text" if message.body_format == "text" else "html": message.body,
        "from_email": address,
        "from_name": name,
        "to": _named(message, "to"),
        "cc": _named(message, "cc"),
        "email": channel.own_address,
        "subject": message.subject or "",
        "tags": [],
        "sender": None,
        "spam_report": {"score": 0.1, "matched_rules": []},
        "attachments": {
            f"{number}-{file.filename}": {
                "name": file.filename or "",
                "type": file.content_type or "application/octet-stream",
                "content": b64encode(file.content or b"").decode(),
                "base64": True,
            }
            for number, file in enumerate(files_of(message))
        },
    }
    event = {"event": "inbound", "ts": int(now.timestamp()), "msg": mail}
    return _delivery(event, channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the form that reports what became of a mail."""
    word, moment = receipt.provider_status, int((receipt.occurred_at or now).timestamp())
    mail: dict[str, object] = {
        "_id": receipt.provider_message_id,
        "ts": moment,
        "email": recipient_of(receipt),
        "sender": own_address,
        "tags": [],
        "state": "bounced" if "bounce" in word else "sent",
    }
    if "bounce" in word:
        mail |= {"bounce_description": receipt.error_code or "bad_mailbox", "bgtools_code": 10}
    event = {"event": word, "_id": receipt.provider_message_id, "ts": moment, "msg": mail}
    return _delivery(event, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; Mandrill knows no repeated one. It says of all that is wrong 500."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    try:
        request = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(-2, "ValidationError")
    if channel is None or not _is_let_in(request.key, channel):
        return _error(-1, "Invalid_Key")
    mail = request.message
    if not mail.to:
        return _error(-2, "ValidationError")
    if mail.from_email not in channel.own_addresses:
        refused = {"email": mail.to[0].email, "status": "rejected", "reject_reason": "unsigned"}
        return SendAnswer(status=200, fields=[refused])
    written = " ".join(mail.headers.get(name, "") for name in ("References", "Message-ID"))
    count = f"{posted.place}:{posted.count}:{posted.received_at.isoformat()}"
    identity = uuid5(NAMESPACE_URL, count).hex
    return SendAnswer(
        status=200,
        fields=[{"email": mail.to[0].email, "status": "sent", "_id": identity}],
        taken=TakenMessage(
            channel=channel,
            own_address=mail.from_email,
            provider_message_id=identity,
            to=tuple(recipient.email for recipient in mail.to if recipient.type == "to"),
            subject=mail.subject,
            references=tuple(dict.fromkeys(parse_message_ids(written))),
            reply_to=mail.headers.get("Reply-To"),
        ),
    )


def _delivery(event: object, channel: Channel, url: str, now: datetime) -> Delivery:
    batch = msgspec.json.encode([event]).decode()
    headers = {"content-type": FORM, "user-agent": "Mandrill-Webhook/1.0"}
    if channel.secrets:
        key = channel.secrets[0].strip().encode()
        digest = hmac.digest(key, f"{url}mandrill_events{batch}".encode(), "sha1")
        headers["x-mandrill-signature"] = b64encode(digest).decode()
    body = urlencode({"mandrill_events": batch}).encode()
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _named(message: InboundMessage, role: RecipientRole) -> list[tuple[str, str]]:
    written = [mailbox_of(each.address) for each in message.recipients if each.role == role]
    return [(address, name) for name, address in written]


def _is_let_in(key: str, channel: Channel) -> bool:
    return channel.credential is not None and is_same(key, channel.credential)


def _error(code: int, name: str) -> SendAnswer:
    return SendAnswer(status=500, fields={"status": "error", "code": code, "name": name})
