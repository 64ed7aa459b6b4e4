"""Turns what a provider's message says into one canonical draft. Pure; never drops an address."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.address import Address, Canonical, canonicalise
from domain.channel import Channel
from domain.consent import consent_of
from domain.conversation import email_key_hash
from domain.event import ClaimedEvent, fit_id
from domain.mail_copy import mail_content_hash
from domain.mailbox import Mailbox, parse_mailbox
from domain.message import Attachment, InboundMessage, RecipientRole, ThreadHeaders
from domain.message_parts import addresses_in
from domain.near_miss import may_opt_out
from domain.outbound import own_message_id
from domain.own_address import as_set, own_address_met, text_key_hash
from domain.preview import preview
from domain.reply_address import answered_message, without_token
from domain.text import clean_text
from worker.reading.draft import MessageDraft, ThreadDraft

_LONGEST_NAME = 255
_LONGEST_SUBJECT = 998  # a header line, RFC 5322 section 2.1.1
_MOST_REFERENCES = 20
_MOST_SENDERS = 50
_MOST_ANSWERS = 5
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def normalise(event: ClaimedEvent, message: InboundMessage, channel: Channel) -> MessageDraft:
    """Make a draft of one message received on a channel."""
    sender, *together = _senders(message.sender, channel)
    recipients: list[tuple[RecipientRole, Mailbox]] = [
        (recipient.role, _mailbox(recipient.address, channel)) for recipient in message.recipients
    ]
    role: RecipientRole = "to" if channel.kind == "sms" else "cc"
    recipients.extend((role, other) for other in together)
    met = [
        _canonical(sender, channel),
        *(_canonical(mailbox, channel) for _, mailbox in recipients),
    ]
    own_address = own_address_met(channel, met[0], met[1:])
    own, others = _told_apart(met, own_address, channel)
    is_ours = _is_ours(met[0], channel)
    sender_name = message.sender_name or sender.name
    body = clean_text(message.body)
    subject = clean_text(message.subject)[:_LONGEST_SUBJECT] if message.subject else None
    attachments = tuple(_clean_attachment(attachment) for attachment in message.attachments)
    answers = _answers(recipients, channel, channel.reply_key) if channel.reply_key else ()
    thread = None
    if channel.kind == "email":
        content_hash = mail_content_hash(met[0].address.value, subject, body, attachments)
        thread = _thread(message.thread, answers, content_hash)
    is_text = channel.kind == "sms" and message.shape in {None, "choice"} and not is_ours
    consent = consent_of(body, message.consent, channel.region) if is_text else None
    return MessageDraft(
        event=event,
        direction="outbound" if is_ours else "inbound",
        kind=message.kind,
        key_hash=(
            text_key_hash(channel, own_address.address, (other.address for other in others))
            if channel.kind == "sms"
            else email_key_hash(event.dedup_key)
        ),
        own_address=own_address.address,
        own=own,
        others=others,
        sender=met[0].address,
        sender_name=clean_text(sender_name)[:_LONGEST_NAME] if sender_name else None,
        recipients=_distinct(recipients, met[1:]),
        subject=subject,
        body=body,
        body_format=message.body_format,
        preview=preview(body, message.body_format, len(message.attachments), subject),
        attachments=attachments,
        provider_message_id=clean_text(message.provider_message_id),
        sent_at=_believable(message.sent_at, event.received_at),
        thread=thread,
        written=_written(met),
        closed_policy=channel.closed_policy,
        mail_class=message.mail_class,
        report=message.report,
        consent=consent,
        may_opt_out=is_text and consent is None and may_opt_out(body),
        shape=message.shape,
        quoted_id=fit_id(message.quoted_id) if message.quoted_id else None,
    )


def _senders(field: str, channel: Channel) -> list[Mailbox]:
    """List who wrote. Where several did, the first is the sender; an answer reaches the others."""
    written = addresses_in(field, channel.kind)[:_MOST_SENDERS] or [field]
    return [_mailbox(sender, channel) for sender in written]


def _mailbox(field: str, channel: Channel) -> Mailbox:
    if channel.kind == "email":
        return parse_mailbox(field)
    return Mailbox(address=field)


def _canonical(mailbox: Mailbox, channel: Channel) -> Canonical:
    return as_set(canonicalise(mailbox.address, channel.kind, channel.region), channel)


def _is_ours(sender: Canonical, channel: Channel) -> bool:
    """Say whether one of our own addresses wrote: then this is an echo, which nobody answers."""
    return channel.is_of_customer(sender.address.value)


def _told_apart(
    met: list[Canonical], own_address: Canonical, channel: Channel
) -> tuple[tuple[Canonical, ...], tuple[Canonical, ...]]:
    """Tell us from everybody else, each sorted and once."""
    distinct = {canonical.address: canonical for canonical in (own_address, *met)}
    own: list[Canonical] = []
    others: list[Canonical] = []
    for address, canonical in sorted(distinct.items()):
        is_own = address == own_address.address or channel.is_of_customer(address.value)
        (own if is_own else others).append(canonical)
    return tuple(own), tuple(others)


def _written(met: list[Canonical]) -> tuple[tuple[Address, str], ...]:
    """List the forms that numbers came in; the sender's own counts before another's."""
    forms: dict[Address, str] = {}
    for canonical in met:
        if canonical.written:
            forms.setdefault(canonical.address, canonical.written)
    return tuple(forms.items())


def _distinct(
    recipients: list[tuple[RecipientRole, Mailbox]], canonical: list[Canonical]
) -> tuple[tuple[RecipientRole, Address], ...]:
    pairs = zip(recipients, canonical, strict=True)
    return tuple(dict.fromkeys((role, named.address) for (role, _), named in pairs))


def _clean_attachment(attachment: Attachment) -> Attachment:
    return Attachment(
        url=clean_text(attachment.url) if attachment.url else None,
        content=attachment.content,
        content_type=clean_text(attachment.content_type) if attachment.content_type else None,
        filename=clean_text(attachment.filename) if attachment.filename else None,
        size_bytes=attachment.size_bytes if attachment.content is None else len(attachment.content),
        content_id=clean_text(attachment.content_id) if attachment.content_id else None,
    )


def _believable(claimed: datetime | None, received_at: datetime) -> datetime:
    """Take the provider's time unless it makes none, or one that no clock could have shown."""
    if claimed is None or not _EARLIEST <= claimed <= received_at:
        return received_at
    return claimed


def _answers(
    recipients: list[tuple[RecipientRole, Mailbox]], channel: Channel, reply_key: bytes
) -> Sequence[str]:
    """List the Message-IDs of the mails of ours to whose reply addresses a mail was sent."""
    found: list[str] = []
    for _, mailbox in recipients:
        written = canonicalise(mailbox.address, channel.kind, channel.region).address.value
        message_id = answered_message(written, reply_key)
        if message_id:
            found.append(own_message_id(message_id, without_token(written)))
    return list(dict.fromkeys(found))[:_MOST_ANSWERS]


def _thread(
    headers: ThreadHeaders | None, answers: Sequence[str], content_hash: str
) -> ThreadDraft:
    """Order the references: what it was sent to answer, In-Reply-To, References from the newest."""
    headers = headers or ThreadHeaders(message_id=None, in_reply_to=(), references=())
    own = clean_text(headers.message_id) if headers.message_id else None
    ordered = [*answers, *headers.in_reply_to, *reversed(headers.references)]
    distinct = dict.fromkeys(clean_text(message_id) for message_id in ordered)
    references = [message_id for message_id in distinct if message_id and message_id != own]
    if len(references) > _MOST_REFERENCES:
        references[_MOST_REFERENCES - 1] = references[-1]  # what began the thread
    return ThreadDraft(
        message_id=own,
        references=tuple(references[:_MOST_REFERENCES]),
        content_hash=content_hash if own else None,
        answer_count=sum(reference in answers for reference in references),
    )
