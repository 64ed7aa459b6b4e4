"""Writes the mail of a message as it goes from server to server, for providers that take it whole.

The same message is the same bytes at every try. No header field can be put into another: line ends
in what people write become spaces. Source: RFC 5322, RFC 2045, RFC 2047, RFC 6532.
"""

import re
from collections.abc import Iterable
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from domain.message_id import can_be_referred_to
from domain.outbound import OutboundMessage
from domain.sent_mail import thread_fields
from domain.text import clean_text

_IN_ASCII = policy.SMTP.clone(cte_type="7bit")
_IN_UTF_8 = policy.SMTPUTF8.clone(cte_type="7bit")
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What is a mail or has parts would have to be taken apart and written again.
_PLAIN_TYPE = re.compile(r"(?!message/|multipart/)([a-z0-9-]+)/([a-z0-9.+_-]+)")
_PRINTABLE = re.compile(r"<[!-;=?-~]+>")


def compose_mail(message: OutboundMessage) -> bytes:
    """Write a mail, with lines that end with CR LF."""
    mail = EmailMessage(policy=_IN_UTF_8 if needs_utf8(message) else _IN_ASCII)
    mail["From"] = _mailboxes([message.own_address])
    mail["To"] = _mailboxes(message.to)
    if message.cc:
        mail["Cc"] = _mailboxes(message.cc)
    if message.reply_to:
        mail["Reply-To"] = _mailboxes([message.reply_to])
    mail["Subject"] = _NO_TEXT.sub(" ", clean_text(message.subject or "")).strip()
    mail["Date"] = format_datetime(message.written_at)
    mail.set_content(clean_text(message.body), charset="utf-8")
    if message.attachments:
        _attach(mail, message)
    return _thread_lines(message) + mail.as_bytes()


def needs_utf8(message: OutboundMessage) -> bool:
    """Say whether an address has letters that only servers with SMTPUTF8 take."""
    return not all(map(str.isascii, _addresses(message)))


def _attach(mail: EmailMessage, message: OutboundMessage) -> None:
    for file in message.attachments:
        found = _PLAIN_TYPE.fullmatch(file.media_type)
        kind, subtype = found.groups() if found else ("application", "octet-stream")
        name = _NO_TEXT.sub(" ", clean_text(file.filename))
        mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=name)
    mail.set_boundary(f"={message.id}")  # else it would be another at each try


def _addresses(message: OutboundMessage) -> list[str]:
    replies = [message.reply_to] if message.reply_to else []
    return [message.own_address, *message.to, *message.cc, *replies]


def _mailboxes(addresses: Iterable[str]) -> list[Address]:
    written = (address.rpartition("@") for address in addresses)
    return [Address(username=_local(local), domain=domain) for local, _, domain in written]


def _local(local: str) -> str:
    """Take a local part out of its quotes: they are written again where they are needed."""
    return re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local


def _thread_lines(message: OutboundMessage) -> bytes:
    """Write the fields of the thread, an id on each line: to fold them otherwise breaks long ids.

    An id of other letters has no place in a header, and is left out.
    """
    lines: list[str] = []
    for name, field in thread_fields(message.thread).items():
        ids = [each for each in field.split() if _can_be_written(each)]
        if ids:
            lines.append(f"{name}: " + "\r\n ".join(ids) + "\r\n")
    return "".join(lines).encode("ascii")


def _can_be_written(bracketed: str) -> bool:
    return _PRINTABLE.fullmatch(bracketed) is not None and can_be_referred_to(bracketed[1:-1])
