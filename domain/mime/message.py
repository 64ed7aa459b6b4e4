"""Makes the message of a mail: who wrote it to whom, what it says, what came with it.

Total: what a mail does not say, or says so that nobody can read it, is left out. Knows no provider,
which gives its own id and whom the envelope named.
"""

from collections.abc import Sequence

from domain.mail_class import mail_class
from domain.mail_date import parse_mail_date
from domain.mail_headers import MailHeaders
from domain.mailbox import parse_mailbox
from domain.message import Attachment, InboundMessage, Recipient, RecipientRole, ThreadHeaders
from domain.message_parts import recipients_of, thread_of
from domain.mime.body import read_content
from domain.mime.filename import file_name
from domain.mime.part import Part
from domain.mime.report import mail_report

_TNEF = "application/ms-tnef"
_TNEF_NAME = "winmail.dat"
_LONGEST_CONTENT_ID = 998  # a header line, RFC 5322 section 2.1.1


def message_of(
    mail: Part, *, provider_message_id: str, delivered_to: Sequence[str] = ()
) -> InboundMessage:
    """Read a mail. `delivered_to` are the envelope's recipients: whom no field names had a copy."""
    headers = mail.headers
    text, files = read_content(mail)
    kind = mail_class(mail)
    return InboundMessage(
        kind="email",
        provider_message_id=provider_message_id,
        sender=_sender(headers),
        recipients=with_envelope(_named(headers), delivered_to),
        body=text.text,
        body_format=text.format,
        subject=headers.first("subject") or None,
        attachments=tuple(map(_attachment, files)),
        sent_at=parse_mail_date(headers.first("date") or ""),
        thread=thread_in(headers),
        mail_class=kind,
        report=mail_report(mail, is_bounce=kind == "bounce"),
    )


def thread_in(headers: MailHeaders) -> ThreadHeaders | None:
    """Read what a mail says of its thread."""
    return thread_of(
        headers.written("message-id")[:1],
        headers.written("in-reply-to"),
        headers.written("references"),
    )


def with_envelope(named: Sequence[Recipient], delivered_to: Sequence[str]) -> tuple[Recipient, ...]:
    """Add those of the envelope whom no field names: they had a copy."""
    known = {_compared(recipient.address) for recipient in named}
    envelope = recipients_of("email", {"bcc": delivered_to})
    return (*named, *(each for each in envelope if _compared(each.address) not in known))


def _sender(headers: MailHeaders) -> str:
    named = (*headers.written("from"), *headers.written("sender"), *headers.written("return-path"))
    return next((field for field in named if field.strip("<> ")), "")


def _named(headers: MailHeaders) -> list[Recipient]:
    roles: tuple[RecipientRole, ...] = ("to", "cc", "bcc")
    return recipients_of("email", {role: headers.written(role) for role in roles})


def _compared(field: str) -> str:
    return parse_mailbox(field).address.casefold()


def _attachment(part: Part) -> Attachment:
    name = file_name(part)
    content_id = (part.headers.first("content-id") or "").strip("<> ")
    return Attachment(
        content=part.content,
        content_type=_TNEF if name.lower() == _TNEF_NAME else part.content_type,
        filename=name,
        content_id=content_id[:_LONGEST_CONTENT_ID] or None,
    )
