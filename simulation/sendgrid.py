"""Plays SendGrid's Inbound Parse: mail in pieces as multipart/form-data.

Source:
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

from datetime import datetime
from typing import Final

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import InboundMessage, RecipientRole
from simulation.mail_fields import files_of, header_fields
from simulation.multipart import PostedFile, write_multipart

NAME: Final = "sendgrid"
_IN_CHARSETS = ("to", "from", "subject", "cc", "html", "text")


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
    posted = {"content-type": content_type, "user-agent": "Sendlib/1.0"}
    if channel.secrets:
        posted["authorization"] = basic_credentials("inlet", channel.secrets[0])
    return Delivery(method="POST", url=url, headers=posted, body=body, received_at=now)


def _field(message: InboundMessage, role: RecipientRole) -> str:
    return ", ".join(each.address for each in message.recipients if each.role == role)
