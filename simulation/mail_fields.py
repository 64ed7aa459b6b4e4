"""What several played providers write of a mail: its header fields, mailboxes and files. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from domain.mailbox import parse_mailbox
from domain.message import Attachment, InboundMessage, ThreadHeaders
from domain.message_parts import bracketed, named_mailbox

_MADE_UP_BYTES = 512


def header_fields(message: InboundMessage, now: datetime) -> Mapping[str, str]:
    """Write when a mail was sent, and its thread."""
    thread = message.thread or ThreadHeaders(message_id=None, in_reply_to=(), references=())
    fields = {
        "Date": format_datetime(message.sent_at or now),
        "Message-ID": bracketed([thread.message_id] if thread.message_id else []),
        "In-Reply-To": bracketed(thread.in_reply_to),
        "References": bracketed(thread.references),
    }
    return {name: value for name, value in fields.items() if value}


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
