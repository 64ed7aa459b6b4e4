"""Plays mail servers: what one posts of a mail that it took, and what it takes of ours.

Source: RFC 5321, RFC 5322
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import InboundMessage
from domain.message_id import parse_message_ids
from domain.mime.part import parse_mail
from simulation.mail_fields import mailbox_of
from simulation.played import TakenMessage
from simulation.raw_mail import raw_mail

NAME: Final = "smtp"


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write what a mail server posts of a mail."""
    headers = {
        "content-type": "message/rfc822",
        "x-envelope-from": _one_line(mailbox_of(message.sender)[1]),
        "x-envelope-to": channel.own_address,
    }
    if channel.secrets:
        headers["authorization"] = basic_credentials("mail", channel.secrets[0])
    return Delivery(
        method="POST", url=url, headers=headers, body=raw_mail(message, now), received_at=now
    )


def take_mail(
    body: bytes, recipients: Sequence[str], sender: str, channels: Sequence[Channel]
) -> TakenMessage | None:
    """Take a mail that was handed over; None where it is from none of these channels."""
    channel = next((each for each in channels if sender in each.own_addresses), None)
    if channel is None:
        return None
    headers = parse_mail(body).headers
    ids = [
        message_id
        for name in ("references", "message-id")
        for field in headers.written(name)
        for message_id in parse_message_ids(field)
    ]
    return TakenMessage(
        channel=channel,
        own_address=sender,
        provider_message_id=ids[-1] if ids else "",
        to=tuple(recipients),
        subject=headers.first("subject"),
        references=tuple(dict.fromkeys(ids)),
        reply_to=headers.first("reply-to"),
    )


def _one_line(text: str) -> str:
    """Write what the header of a request can hold."""
    return "".join(char for char in text if " " <= char <= "~")
