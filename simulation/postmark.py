"""Plays Postmark: the JSON it posts for mails and for what became of them, and its email API.

Source: https://postmarkapp.com/developer/webhooks/inbound-webhook
Source: https://postmarkapp.com/developer/api/email-api
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus, RecipientRole
from domain.message_id import parse_message_ids
from domain.signature import is_same
from domain.timestamp import write_timestamp
from simulation.mail_fields import files_of, header_fields, mailbox_of
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of

NAME: Final = "postmark"
SEND_PATH: Final = "/postmark/{place}/email"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"delivered": "Delivery", "read": "Open", "failed": "HardBounce"}
)

_TIMES = {"Delivery": "DeliveredAt", "Open": "ReceivedAt", "SpamComplaint": "BouncedAt"}


class _Field(msgspec.Struct):
    Name: str
    Value: str


class _Posted(msgspec.Struct):
    From: str
    To: str
    Cc: str = ""
    ReplyTo: str | None = None
    Subject: str = ""
    TextBody: str = ""
    Headers: list[_Field] = []


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the JSON that Postmark would post for `message`, without the raw mail."""
    sender = _full(message.sender)
    fields: dict[str, object] = {
        "FromName": sender["Name"],
        "MessageStream": "inbound",
        "From": sender["Email"],
        "FromFull": sender,
        "To": ", ".join(_addresses(message, "to")),
        "ToFull": [_full(address) for address in _addresses(message, "to")],
        "Cc": ", ".join(_addresses(message, "cc")),
        "CcFull": [_full(address) for address in _addresses(message, "cc")],
        "Bcc": "",
        "BccFull": [],
        "OriginalRecipient": channel.own_address,
        "Subject": message.subject or "",
        "MessageID": message.provider_message_id,
        "ReplyTo": "",
        "MailboxHash": "",
        "Date": header_fields(message, now)["Date"],
        "TextBody": message.body if message.body_format == "text" else "",
        "HtmlBody": message.body if message.body_format == "html" else "",
        "StrippedTextReply": "",
        "Tag": "",
        "Headers": [
            {"Name": name, "Value": value}
            for name, value in header_fields(message, now).items()
            if name != "Date"
        ],
        "Attachments": [
            {
                "Name": file.filename or "",
                "Content": b64encode(file.content or b"").decode(),
                "ContentType": file.content_type or "application/octet-stream",
                "ContentLength": len(file.content or b""),
                "ContentID": file.content_id or "",
            }
            for file in files_of(message)
        ],
    }
    return _delivery(fields, channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the JSON that reports what became of a mail."""
    word = receipt.provider_status
    is_bounce = word not in _TIMES
    fields: dict[str, object] = {
        "RecordType": "Bounce" if is_bounce else word,
        "MessageStream": channel.account or "outbound",
        "MessageID": receipt.provider_message_id,
        "ServerID": 23,
        "Tag": "",
        "Metadata": {},
        "Email" if is_bounce else "Recipient": recipient_of(receipt),
        _TIMES.get(word, "BouncedAt"): write_timestamp(receipt.occurred_at or now),
    }
    if is_bounce:
        fields |= {"Type": word, "ID": 42, "From": own_address, "Inactive": True}
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; Postmark knows no repeated one."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    token = posted.headers.get("x-postmark-server-token", "")
    if channel is None or not _is_let_in(token, channel):
        return _error(401, 10, "Invalid API token.")
    try:
        mail = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(422, 402, "Invalid JSON")
    if mail.From not in channel.own_addresses:
        return _error(422, 400, "Sender signature not found.")
    count = f"{posted.place}:{posted.count}:{posted.received_at.isoformat()}"
    identity = str(uuid5(NAMESPACE_URL, count))
    written = {field.Name: field.Value for field in mail.Headers}
    ids = [
        found
        for name in ("References", "Message-ID")
        for found in parse_message_ids(written.get(name, ""))
    ]
    return SendAnswer(
        status=200,
        fields={
            "To": mail.To,
            "SubmittedAt": write_timestamp(posted.received_at),
            "MessageID": identity,
            "ErrorCode": 0,
            "Message": "OK",
        },
        taken=TakenMessage(
            channel=channel,
            own_address=mail.From,
            provider_message_id=identity,
            to=tuple(mail.To.split(", ")),
            subject=mail.Subject,
            references=tuple(dict.fromkeys(ids)),
            reply_to=mail.ReplyTo,
        ),
    )


def _delivery(fields: Mapping[str, object], channel: Channel, url: str, now: datetime) -> Delivery:
    headers = {"content-type": "application/json", "user-agent": "Postmark"}
    if channel.secrets:
        headers["authorization"] = basic_credentials("inlet", channel.secrets[0])
    return Delivery(
        method="POST", url=url, headers=headers, body=msgspec.json.encode(fields), received_at=now
    )


def _full(written: str) -> dict[str, str]:
    name, address = mailbox_of(written)
    return {"Email": address, "Name": name, "MailboxHash": ""}


def _addresses(message: InboundMessage, role: RecipientRole) -> list[str]:
    return [recipient.address for recipient in message.recipients if recipient.role == role]


def _is_let_in(token: str, channel: Channel) -> bool:
    return channel.credential is not None and is_same(token, channel.credential)


def _error(status: int, code: int, message: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"ErrorCode": code, "Message": message})
