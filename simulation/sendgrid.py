"""Plays SendGrid: mail in pieces as multipart/form-data, events as JSON, and where it takes mail.

Source:
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
"""

from base64 import urlsafe_b64encode
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
from simulation.mail_fields import files_of, header_fields
from simulation.multipart import PostedFile, write_multipart
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of

NAME: Final = "sendgrid"
SEND_PATH: Final = "/sendgrid/{place}/v3/mail/send"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "processed", "delivered": "delivered", "read": "open", "failed": "bounce"}
)
_IN_CHARSETS = ("to", "from", "subject", "cc", "html", "text")
_ARGUMENT = "inlet_message_id"


class _Mailbox(msgspec.Struct):
    email: str


class _Recipients(msgspec.Struct):
    to: list[_Mailbox]
    cc: list[_Mailbox] = []


class _Content(msgspec.Struct):
    type: str
    value: str


class _Posted(msgspec.Struct):
    personalizations: list[_Recipients]
    sender: _Mailbox = msgspec.field(name="from")
    content: list[_Content]
    reply_to: _Mailbox | None = None
    subject: str = ""
    headers: dict[str, str] = {}
    custom_args: dict[str, str] = {}


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that SendGrid would post for `message`."""
    is_html = message.body_format == "html"
    files = [
        PostedFile(name=f"attachment{number}", file=file)
        for number, file in enumerate(files_of(message), 1)
    ]
    info = {
        each.name: {
            "filename": each.file.filename or "",
            "name": each.file.filename or "",
            "type": each.file.content_type or "application/octet-stream",
            **({"content-id": each.file.content_id} if each.file.content_id else {}),
        }
        for each in files
    }
    headers = [f"{name}: {value}\n" for name, value in sorted(header_fields(message, now).items())]
    fields = {
        "headers": "".join(headers),
        "dkim": "{@example.com : pass}",
        "SPF": "pass",
        "to": _field(message, "to"),
        "cc": _field(message, "cc"),
        "from": message.sender,
        "subject": message.subject or "",
        "html" if is_html else "text": message.body,
        "envelope": msgspec.json.encode(
            {"to": [channel.own_address], "from": message.sender}
        ).decode(),
        "charsets": msgspec.json.encode(dict.fromkeys(_IN_CHARSETS, "UTF-8")).decode(),
        "attachments": str(len(files)),
        "attachment-info": msgspec.json.encode(info).decode(),
    }
    content_type, body = write_multipart(fields, files)
    return _delivery(
        body, {"content-type": content_type, "user-agent": "Sendlib/1.0"}, channel, url, now
    )


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the JSON that reports what became of a mail, with the argument it was sent with."""
    word, identity = receipt.provider_status, _message_id(receipt.provider_message_id)
    event: dict[str, object] = {
        "email": recipient_of(receipt),
        "timestamp": int((receipt.occurred_at or now).timestamp()),
        "event": word,
        "sg_event_id": _message_id(f"{receipt.provider_message_id}:{word}"),
        "sg_message_id": f"{identity}.recvd-5f9ffdf494-9kc6l-1-673C6EB0-B.0",
        _ARGUMENT: receipt.provider_message_id,
    }
    if word != "open":
        event["smtp-id"] = f"<{identity}@geopod-ismtpd-1>"
    if word == "bounce":
        event |= {
            "type": "bounce",
            "status": receipt.error_code or "5.1.1",
            "reason": "550 5.1.1 The account that you tried to reach does not exist.",
        }
        if receipt.error_code is None:
            event["bounce_classification"] = "Invalid Address"
    headers = {"content-type": "application/json", "user-agent": "SendGrid Event API"}
    return _delivery(msgspec.json.encode([event]), headers, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; its answer has no body. SendGrid knows no repeated mail."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted.headers.get("authorization", ""), channel):
        return _error(401, None)
    try:
        mail = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(400, None)
    if wrong := _wrong_field(mail):
        return _error(400, wrong)
    if mail.sender.email not in channel.own_addresses:
        return _error(403, "from")
    own = mail.custom_args.get(_ARGUMENT) or f"{posted.count}:{posted.received_at}"
    identity = _message_id(own)
    wire = f"{identity}@geopod-ismtpd-1"
    return SendAnswer(
        status=202,
        fields=None,
        headers={"x-message-id": identity},
        taken=TakenMessage(
            channel=channel,
            own_address=mail.sender.email,
            provider_message_id=own,
            to=tuple(recipient.email for recipient in mail.personalizations[0].to),
            subject=mail.subject,
            references=(*parse_message_ids(mail.headers.get("References", "")), wire),
            reply_to=mail.reply_to.email if mail.reply_to else None,
        ),
    )


def _wrong_field(mail: _Posted) -> str | None:
    """Name the field that SendGrid would refuse: of each of these one is needed, and no address
    may come twice.
    """
    recipients = [each.email for to in mail.personalizations for each in (*to.to, *to.cc)]
    if not recipients or len(set(recipients)) < len(recipients):
        return "personalizations"
    if not mail.subject:
        return "subject"
    has_text = bool(mail.content) and all(each.value for each in mail.content)
    return None if has_text else "content"


def _message_id(written: str) -> str:
    """Make an X-Message-Id, or the id of an event: 22 characters, none of which is a dot."""
    return urlsafe_b64encode(uuid5(NAMESPACE_URL, written).bytes).decode().rstrip("=")


def _delivery(
    body: bytes, headers: Mapping[str, str], channel: Channel, url: str, now: datetime
) -> Delivery:
    password = channel.secrets[0] if channel.secrets else None
    shown = {"authorization": basic_credentials("inlet", password)} if password else {}
    return Delivery(
        method="POST", url=url, headers={**headers, **shown}, body=body, received_at=now
    )


def _is_let_in(given: str, channel: Channel) -> bool:
    expected = f"Bearer {(channel.credential or '').strip()}"
    return channel.credential is not None and is_same(given, expected)


def _error(status: int, field: str | None) -> SendAnswer:
    errors = [{"message": "no", "field": field, "help": None}]
    return SendAnswer(status=status, fields={"errors": errors})


def _field(message: InboundMessage, role: RecipientRole) -> str:
    return ", ".join(each.address for each in message.recipients if each.role == role)
