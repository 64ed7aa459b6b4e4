"""Mail servers: mail that comes in by SMTP, byte for byte, and mail that is handed to a server.

A delivery is a raw mail (message/rfc822), the envelope in its headers: x-envelope-from,
x-envelope-to (with commas between), and of who brought it x-envelope-peer and x-envelope-helo.
`inlet smtp` makes one of each mail; a mail server of one's own may post it as well, with the
secret as password.
Source: RFC 5321, RFC 5322

What is sent is a mail of ours, handed over with the credential USER:PASSWORD, or without one. It
leaves with our Message-ID; what becomes of it comes back as a mail, if at all (RFC 3464).
Source: RFC 5321 section 4.2, RFC 4954 (login), RFC 3463 (status codes in replies)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event
from domain.mail_handover import MailHandover, read_mail_server
from domain.mail_headers import mail_headers
from domain.message import Reading
from domain.message_parts import own_among
from domain.mime.compose import compose_mail, needs_utf8
from domain.mime.message import message_of
from domain.mime.part import Part, parse_mail
from domain.outbound import Failed, OutboundMessage, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import SignedContent
from domain.text import clean_text
from providers.parts.smtp_words import REASONS

NAME: Final = "smtp"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"email"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
LONGEST_TEXT: Final = 0  # it sends mail alone
# With base64 about 20 MB, which most servers take; what a server takes it says by a refusal.
MOST_FILE_BYTES: Final = 14_000_000
RECEIPT_WORDS: Final[frozenset[str]] = frozenset()

_MOST_RECIPIENTS = 100  # what every server takes, RFC 5321 section 4.5.3.1.8
_STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_WITHOUT_STATUS = "the mail server refused it"
_OWN_REASONS = {
    "smtp_530": "the mail server wants a user and a password",
    "smtp_534": "the mail server does not accept the channel's user and password",
    "smtp_535": "the mail server does not accept the channel's user and password",
    "smtp_552": "the message is too long for the mail server",
}
# One of these at least is in whatever a mail program, or a mail server, has written.
_FIELDS_OF_MAILS = frozenset(
    {"from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type"}
)
_OTHER_LINES = re.compile("[\r\n<>]")


def new_secret() -> str | None:
    """Make the password for mail servers that post what they took."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say which password came: a mail vouches for nobody, who posts it may."""
    return password_content(delivery, secrets)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one mail out of the delivery.

    It has no id: it is known by its envelope and its bytes, which a server that repeats it repeats.
    A Message-ID is the sender's, who may write anybody's.
    """
    sender, recipients = _envelope(delivery.headers)
    envelope = "\n".join([sender, *sorted(set(map(str.casefold, recipients)))])
    digest = sha256(envelope.encode("utf-8", "replace") + b"\n\n" + delivery.body)
    return (message_event(digest.hexdigest(), delivery.body),)


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200; who came by SMTP is answered 250."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the mail; those of the envelope who are ours had it.

    Raises: Unreadable.
    """
    mail = parse_mail(event.body)
    if not any(name in _FIELDS_OF_MAILS for name, _ in mail.headers.fields):
        raise Unreadable("the mail must have a header")
    sender, recipients = _envelope(event.headers)
    return message_of(
        _with_return_path(mail, sender) if "x-envelope-from" in event.headers else mail,
        provider_message_id=event.dedup_key.removeprefix("message:"),
        delivered_to=own_among(recipients, context.own_addresses),
    )


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs a mail server, and a way to it on which nobody reads the password."""
    if not channel.send_url:
        return "it has no send URL: smtp://mail.example.com:587"
    try:
        server = read_mail_server(channel.send_url)
    except ValueError as error:
        return f"its send URL {error}"
    if has_credential and not server.hides_passwords:
        return "its send URL would show the password to whoever listens: take ?starttls=off away"
    if channel.credential is not None and not _login(channel.credential):
        return "its credential is not USER:PASSWORD"
    too_many = recipients > _MOST_RECIPIENTS
    return f"a mail goes to {_MOST_RECIPIENTS} addresses at a time" if too_many else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> MailHandover:
    """Write the mail and its envelope; what cannot be delivered comes back to the own address."""
    return MailHandover(
        server=read_mail_server(channel.send_url or ""),
        login=_login(channel.credential),
        sender=message.own_address,
        recipients=tuple(dict.fromkeys((*message.to, *message.cc))),
        body=compose_mail(message),
        needs_utf8=needs_utf8(message),
    )


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read a reply of the server: 2yz took it, 4yz may take it later, all others never will."""
    if 200 <= status < 300:
        return Sent(provider_message_id=None)
    found = _STATUS.match(body.decode("utf-8", "replace"))
    code = found[1] if found else f"smtp_{status}"
    if 400 <= status < 500:
        return Retry(after_seconds=None, code=code, detail=f"the mail server answered {status}")
    return Failed(code=code, reason=explain(code))


def explain(error_code: str | None) -> str:
    """Say what a status code of RFC 3463, or a reply without one, means."""
    code = error_code or ""
    found = _OWN_REASONS.get(code) or REASONS.get(code.partition(".")[2])
    return found or f"{_WITHOUT_STATUS} (error {code.removeprefix('smtp_') or 'not given'})"


def _envelope(headers: Mapping[str, str]) -> tuple[str, Sequence[str]]:
    recipients = clean_text(headers.get("x-envelope-to", "")).split(",")
    sender = _OTHER_LINES.sub("", clean_text(headers.get("x-envelope-from", "")))
    return sender.strip(), [each.strip() for each in recipients if each.strip()]


def _with_return_path(mail: Part, sender: str) -> Part:
    """Put the field first that the last server writes, RFC 5321 section 4.4; others are made up."""
    fields = [("Return-Path", f"<{sender}>"), *mail.headers.fields]
    return replace(mail, headers=mail_headers(fields))


def _login(credential: str | None) -> tuple[str, str] | None:
    user, colon, password = (credential or "").strip().partition(":")
    return (user, password) if colon and user else None
