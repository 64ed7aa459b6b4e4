"""Makes the message of a mail that its provider has taken apart already.

What kind of mail it is and what it reports is told as of a raw one. Total, like its neighbour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.body_format import told_body
from domain.mail_class import mail_class
from domain.mail_date import parse_mail_date
from domain.mail_headers import MailHeaders, mail_headers
from domain.message import Attachment, InboundMessage, RecipientRole
from domain.message_parts import Written, recipients_of
from domain.mime.filename import plain_name
from domain.mime.message import thread_in, with_envelope
from domain.mime.parameters import parse_parameters
from domain.mime.part import Part
from domain.mime.report import mail_report
from domain.text import clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMail:
    """A mail in pieces. `fields` are those of its header, in their order, as far as they are given.

    `sender` and `recipients` are fields of mailboxes, `subject` is decoded; `files` have their
    bytes.
    """

    fields: Sequence[tuple[str, str]]
    sender: str
    recipients: Mapping[RecipientRole, Written]
    subject: str
    text: str | None
    html: str | None
    files: tuple[Attachment, ...] = ()


def message_of_given(
    given: GivenMail, *, provider_message_id: str, delivered_to: Sequence[str] = ()
) -> InboundMessage:
    """Read a mail. `delivered_to` are the envelope's recipients: whom no field names had a copy."""
    headers = mail_headers([*given.fields, ("From", given.sender), ("Subject", given.subject)])
    mail = _mail(headers, given.files)
    body, body_format = told_body(None, None, given.text or "", given.html or None)
    kind = mail_class(mail)
    return InboundMessage(
        kind="email",
        provider_message_id=provider_message_id,
        sender=clean_text(given.sender),
        recipients=with_envelope(recipients_of("email", given.recipients), delivered_to),
        body=clean_text(body or ""),
        body_format=body_format,
        subject=clean_text(given.subject) or None,
        attachments=tuple(map(_with_plain_name, given.files)),
        sent_at=parse_mail_date(headers.first("date") or ""),
        thread=thread_in(headers),
        mail_class=kind,
        report=mail_report(mail, is_bounce=kind == "bounce"),
    )


def _with_plain_name(file: Attachment) -> Attachment:
    return replace(file, filename=plain_name(file.filename or "") or None)


def _mail(headers: MailHeaders, files: Sequence[Attachment]) -> Part:
    """Put the files into a mail again, for those who look for reports in it."""
    content_type, parameters = parse_parameters(next(iter(headers.written("content-type")), ""))
    return Part(
        content_type=content_type,
        headers=headers,
        parameters=parameters,
        parts=tuple(
            Part(content_type=_type_of(file), encoded=file.content or b"") for file in files
        ),
    )


def _type_of(file: Attachment) -> str:
    return parse_parameters(file.content_type or "")[0]
