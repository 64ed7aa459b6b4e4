"""What several played providers write of a mail: its header fields, mailboxes and files. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from domain.mailbox import parse_mailbox
from domain.message import Attachment, InboundMessage
from domain.message_parts import named_mailbox
from domain.sent_mail import thread_fields

_MADE_UP_BYTES = 512


def header_fields(message: InboundMessage, now: datetime) -> Mapping[str, str]:
    """Write when a mail was sent, and its thread."""
    return {"Date": format_datetime(message.sent_at or now)} | thread_fields(message.thread)


def mailbox_of(written: str) -> tuple[str, str]:
    """Tell a name from an address, where both together are what was written."""
    mailbox = parse_mailbox(written)
    name = mailbox.name or ""
    return (name, mailbox.address) if _joined(mailbox.address, name) == written else ("", written)


def files_of(message: InboundMessage) -> Sequence[Attachment]:
    """Return the files as bytes; of one that is only named some are made up."""
    return [
        file if file.content is not None else replace(file, content=bytes(_MADE_UP_BYTES))
        for file in message.attachments
    ]


def _joined(address: str, name: str) -> str:
    return named_mailbox(address, name) if name else ""
