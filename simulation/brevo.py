"""Plays Brevo: the JSON it posts, the files it keeps until it is asked for them, its email API.

Source: https://developers.brevo.com/docs/inbound-parse-webhooks
Source: https://developers.brevo.com/docs/transactional-webhooks
Source: https://developers.brevo.com/reference/send-transac-email
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus, RecipientRole
from domain.message_id import parse_message_ids
from domain.signature import is_same
from simulation.mail_fields import files_of, header_fields, mailbox_of
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of

NAME: Final = "brevo"
KEEPS: Final[Literal["files"]] = "files"
SEND_PATH: Final = "/brevo/{place}/smtp/email"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "request", "delivered": "delivered", "read": "unique_opened", "failed": "hard_bounce"}
)

_FILES_URL = "https://api.brevo.com/v3/inbound/attachments/"
_Fields = dict[str, object]


class _Mailbox(msgspec.Struct):
    email: str


class _Posted(msgspec.Struct):
    sender: _Mailbox
    to: list[_Mailbox]
    subject: str
    textContent: str = ""
    htmlContent: str = ""
    headers: dict[str, str] = {}


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the JSON that Brevo would post for `message`; its files are kept."""
    headers = header_fields(message, now)
    is_html = message.body_format == "html"
    mail: _Fields = {
        "Uuid": [message.provider_message_id],
        "MessageId": headers.get("Message-ID"),
        "InReplyTo": headers.get("In-Reply-To"),
        "From": _mailbox(message.sender),
        "To": _mailboxes(message, "to"),
        "Recipients": [{"Name": None, "Address": channel.own_address}],
        "Cc": _mailboxes(message, "cc"),
        "ReplyTo": None,
        "SentAtDate": headers["Date"],
        "Subject": message.subject or "",
        "Attachments": [
            {
                "Name": file.filename or "",
                "ContentType": file.content_type,
                "ContentLength": len(file.content or b""),
                "ContentID": file.content_id,
                "DownloadToken": _token(message, number),
            }
            for number, file in enumerate(files_of(message))
        ],
        "Headers": headers,
        "SpamScore": 0.1,
        "ExtractedMarkdownMessage": "" if is_html else message.body,
        "ExtractedMarkdownSignature": None,
        "RawHtmlBody": message.body if is_html else None,
        "RawTextBody": None if is_html else message.body,
    }
    return _delivery({"items": [mail]}, channel, url, now)


def kept(message: InboundMessage, now: datetime) -> Mapping[str, FetchAnswer]:
    """Write what Brevo answers who asks for the files of `message`, by URL."""
    return {
        _FILES_URL + quote(_token(message, number), safe=""): FetchAnswer(
            status=200,
            headers={"content-type": file.content_type or "application/octet-stream"},
            body=file.content or b"",
        )
        for number, file in enumerate(files_of(message))
    }


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the JSON that reports what became of a mail."""
    word, moment = receipt.provider_status, receipt.occurred_at or now
    seconds = int(moment.timestamp())
    fields: _Fields = {
        "event": word,
        "email": recipient_of(receipt),
        "id": 9_999_999,
        "date": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "ts": seconds,
        "message-id": f"<{receipt.provider_message_id}>",
        "ts_event": seconds,
        "subject": "",
        "sending_ip": "192.0.2.1",
        "ts_epoch": seconds * 1000,
        "tags": [],
    }
    if word == "hard_bounce":
        fields["reason"] = "550 5.1.1 no such user"
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; Brevo gives it a Message-ID of its own."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted.headers.get("api-key", ""), channel):
        return _error(401, "unauthorized")
    try:
        mail = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(400, "missing_parameter")
    if not mail.textContent and not mail.htmlContent:
        return _error(400, "missing_parameter")
    if mail.sender.email not in channel.own_addresses:
        return _error(400, "invalid_parameter")
    count = f"{posted.place}:{posted.count}:{posted.received_at.isoformat()}"
    identity = f"{uuid5(NAMESPACE_URL, count)}@smtp-relay.mailin.fr"
    referred = parse_message_ids(mail.headers.get("References", ""))
    return SendAnswer(
        status=201,
        fields={"messageId": f"<{identity}>"},
        taken=TakenMessage(
            channel=channel,
            own_address=mail.sender.email,
            provider_message_id=identity,
            to=tuple(mailbox.email for mailbox in mail.to),
            subject=mail.subject,
            references=(*referred, identity),
        ),
    )


def _delivery(fields: _Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    headers = {"content-type": "application/json", "user-agent": "Brevo"}
    if channel.secrets:
        headers["authorization"] = basic_credentials("inlet", channel.secrets[0])
    return Delivery(
        method="POST", url=url, headers=headers, body=msgspec.json.encode(fields), received_at=now
    )


def _mailbox(written: str) -> dict[str, str | None]:
    name, address = mailbox_of(written)
    return {"Name": name or None, "Address": address}


def _mailboxes(message: InboundMessage, role: RecipientRole) -> list[dict[str, str | None]]:
    return [_mailbox(each.address) for each in message.recipients if each.role == role]


def _token(message: InboundMessage, number: int) -> str:
    return f"{message.provider_message_id}/{number}"


def _is_let_in(key: str, channel: Channel) -> bool:
    return channel.credential is not None and is_same(key, channel.credential)


def _error(status: int, code: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"code": code, "message": "no"})
