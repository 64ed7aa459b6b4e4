"""Whom mail is taken for, and when it is kept: the answers to RCPT and to the end of a mail.

250 means that the mail is in the database or in the spool, once for each channel. Nothing is
relayed. Knows no socket. Source: RFC 5321, RFC 3463 (the second code of each answer).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from domain.address import canonicalise
from domain.channel import Channel
from domain.delivery import Delivery
from domain.errors import Unavailable
from domain.mail_headers import parse_mail_headers
from domain.reply_address import without_token
from domain.text import clean_text, without_controls
from ingest import metrics
from ingest.directory import ChannelDirectory
from ingest.intake import Intake
from providers import smtp

_LOG = structlog.get_logger(__name__)

_MOST_RECIPIENTS = 100
_MOST_HOPS = 50
_LONGEST_FACT = 320

KEPT = "250 2.0.0 kept"
NOT_KEPT = "451 4.3.0 it could not be kept, send it again"
TOO_LARGE = "552 5.3.4 the mail is too large"
_TAKEN = "250 2.1.5 ok"
_UNKNOWN = "550 5.1.1 no such mailbox here"
_SWITCHED_OFF = "450 4.2.1 the mailbox is switched off"
_NOT_NOW = "451 4.3.0 the mailbox cannot be looked up, try again"
_TOO_MANY = "452 4.5.3 too many recipients"
_LOOP = "554 5.4.6 too many hops"


@dataclass(slots=True, kw_only=True)
class MailEnvelope:
    """Whom one mail is for, as far as it was said: by channel, each with its recipients."""

    recipients: int = 0
    by_channel: dict[str, tuple[Channel, list[str]]] = field(
        default_factory=dict[str, tuple[Channel, list[str]]]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBy:
    """What is known of who brings a mail; nobody vouches for it."""

    sender: str
    peer: str
    helo: str
    tls: str


class MailIntake:
    """Answers for all connections of a process."""

    def __init__(
        self, intake: Intake, directory: ChannelDirectory, clock: Callable[[], datetime]
    ) -> None:
        self._intake = intake
        self._directory = directory
        self._clock = clock

    def name_recipient(self, address: str, envelope: MailEnvelope) -> str:
        """Take a recipient into the envelope, if it is a mailbox of ours; return the answer."""
        if envelope.recipients >= _MOST_RECIPIENTS:
            metrics.RECIPIENT_TOO_MANY.inc()
            return _TOO_MANY
        try:
            channels = self._channels(address)
        except Unavailable:
            metrics.RECIPIENT_UNAVAILABLE.inc()
            return _NOT_NOW
        enabled = [channel for channel in channels if not channel.is_disabled]
        if not enabled:
            (metrics.RECIPIENT_DISABLED if channels else metrics.RECIPIENT_UNKNOWN).inc()
            return _SWITCHED_OFF if channels else _UNKNOWN
        envelope.recipients += 1
        for channel in enabled:
            envelope.by_channel.setdefault(channel.id, (channel, []))[1].append(address)
        metrics.RECIPIENT_ACCEPTED.inc()
        return _TAKEN

    async def take(self, mail: bytes, envelope: MailEnvelope, brought: BroughtBy) -> str:
        """Keep a mail for everybody in its envelope, or for nobody; return the answer."""
        if len(parse_mail_headers(mail).written("received")) > _MOST_HOPS:
            metrics.MAIL_LOOP.inc()
            return _LOOP
        now = self._clock()
        deliveries = [
            (channel, _delivery(mail, recipients, brought, now))
            for channel, recipients in envelope.by_channel.values()
        ]
        try:
            await self._intake.take_mail(smtp, deliveries)
        except Unavailable:
            metrics.MAIL_UNAVAILABLE.inc()
            return NOT_KEPT
        metrics.MAIL_ACCEPTED.inc()
        return KEPT

    def _channels(self, address: str) -> Sequence[Channel]:
        """Find whose mailbox it is, with or without the token of a reply address."""
        mailbox = canonicalise(address, "email", "").address.value
        found = self._directory.receivers(smtp.NAME, mailbox)
        return found or self._directory.receivers(smtp.NAME, without_token(mailbox))


def is_stranger(answer: str) -> bool:
    """Say whether a recipient was named who is none of ours."""
    return answer == _UNKNOWN


def _delivery(
    mail: bytes, recipients: Sequence[str], brought: BroughtBy, now: datetime
) -> Delivery:
    headers: Mapping[str, str] = {
        "content-type": "message/rfc822",
        "x-envelope-from": _fact(brought.sender),
        "x-envelope-to": ", ".join(map(_fact, recipients)),
        "x-envelope-peer": _fact(brought.peer),
        "x-envelope-helo": _fact(brought.helo),
        "x-envelope-tls": _fact(brought.tls),
    }
    return Delivery(method="SMTP", url="", headers=headers, body=mail, received_at=now)


def _fact(written: str) -> str:
    """Keep what a stranger says as one short line of text."""
    text = written.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return without_controls(clean_text(text))[:_LONGEST_FACT]
