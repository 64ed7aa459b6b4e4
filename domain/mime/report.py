"""What mail systems report: that a mail was not delivered, or that somebody complained of one.

Total; what a report does not say is None. Which mail of ours it speaks of, its Message-ID tells.
Source: RFC 3464 (delivery), RFC 5965 (complaints), RFC 6522.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.mail_headers import MailHeaders, parse_mail_headers
from domain.mailbox import parse_mailbox, split_mailboxes
from domain.message import MailReport, ReceiptStatus
from domain.message_id import parse_message_ids
from domain.mime.part import MAIL, Part

_MOST_RECIPIENTS = 1_000
_LONGEST_DIAGNOSTIC = 1_000
_DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
_COMPLAINT = frozenset({"message/feedback-report"})
_RETURNED = frozenset({
    MAIL, "message/global", "message/global-headers", "message/rfc822-headers",
    "text/rfc822-headers",
})  # fmt: skip
_BLANK_LINE = re.compile(rb"\n[ \t\r]*\n")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_TYPE = re.compile(r"\A\s*[\w.-]{1,40}\s*;\s*")  # of what follows: `rfc822; ann@example.com`
_ACTIONS = {"2": "delivered", "4": "delayed", "5": "failed"}
_STATUSES: dict[str, ReceiptStatus] = {"delivered": "delivered", "failed": "bounced"}
# Permanent, and not for what the mail says or how large it is, nor for a full mailbox or a policy.
# Source: RFC 3463 sections 3.3 (X.2.2, X.2.3), 3.4 (X.3.4), 3.7 and 3.8.
_OF_THE_ADDRESS = re.compile(r"5\.(?!2\.[23]\b|3\.4\b|[67]\.)")
# Reports in the same form that are no complaint. Source: RFC 6430, RFC 6591.
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """What became of a mail for one recipient, as it was addressed.

    `action` is failed, delayed, delivered, relayed or expanded; `status` a code of RFC 3463.
    """

    address: str
    action: str | None = None
    status: str | None = None
    diagnostic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of a mail."""

    recipients: Sequence[ReportedRecipient]
    original_message_id: str | None

    @property
    def is_failure(self) -> bool:
        """Whether somebody did not get the mail, which a report that tells nothing means, too."""
        actions = {recipient.action for recipient in self.recipients}
        return "failed" in actions or not actions - {None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """That somebody reported a mail as unwanted; who, many reports hide."""

    feedback_type: str | None
    recipients: Sequence[str]
    original_message_id: str | None


def delivery_report(mail: Part) -> DeliveryReport | None:
    """Read a report on a delivery; None of a mail that is none."""
    status = _first_leaf(mail, _DELIVERY)
    recipients = list(_reported(status)) if status else []
    if not recipients:
        failed = mail.headers.written("x-failed-recipients")
        recipients = [
            ReportedRecipient(address=address, action="failed") for address in _addresses(failed)
        ]
    if not recipients and status is None and report_type(mail) != "delivery-status":
        return None
    return DeliveryReport(recipients=recipients, original_message_id=_original(mail))


def complaint(mail: Part) -> Complaint | None:
    """Read a complaint; None of a mail that is none."""
    report = _first_leaf(mail, _COMPLAINT)
    if report is None and report_type(mail) != "feedback-report":
        return None
    headers = parse_mail_headers(report.content) if report else MailHeaders(fields=())
    return Complaint(
        feedback_type=_word(headers, "feedback-type"),
        recipients=_addresses(headers.written("original-rcpt-to")),
        original_message_id=_original(mail),
    )


def mail_report(mail: Part, *, is_bounce: bool) -> MailReport | None:
    """Say what became of a mail of ours, for whoever keeps receipts; None of a mail that is none.

    `is_bounce` says that this is one, though it may say so in no form that can be read.
    """
    if complained := complaint(mail):
        word = complained.feedback_type or "complaint"
        return MailReport(
            original_message_id=complained.original_message_id,
            status="unknown" if word in _NO_COMPLAINTS else "complained",
            word=word,
            recipients=tuple(complained.recipients),
        )
    report = delivery_report(mail)
    if report is None:
        original = _original(mail)
        bounce = MailReport(original_message_id=original, status="bounced", word="failed")
        return bounce if is_bounce else None
    wanted = "failed" if report.is_failure else None
    told = [each for each in report.recipients if wanted in (None, each.action)]
    gone = [each for each in told if wanted and _OF_THE_ADDRESS.match(each.status or "")]
    recipient = next(iter(told), None)
    word = wanted or (recipient.action if recipient else None) or "unknown"
    return MailReport(
        original_message_id=report.original_message_id,
        status=_STATUSES.get(word, "unknown"),
        word=word,
        error_code=recipient.status if recipient else None,
        recipients=tuple(each.address for each in gone or told),
        is_permanent=bool(gone),
    )


def report_type(mail: Part) -> str | None:
    """Say what a mail reports on; None of a mail that is no report."""
    is_report = mail.content_type == "multipart/report"
    return mail.parameters.get("report-type", "").lower() if is_report else None


def _reported(status: Part) -> Iterator[ReportedRecipient]:
    """Read a block for each recipient; the one before them is on the mail."""
    for block in _BLANK_LINE.split(status.content, _MOST_RECIPIENTS)[:_MOST_RECIPIENTS]:
        headers = parse_mail_headers(block.lstrip())
        written = (*headers.written("original-recipient"), *headers.written("final-recipient"))
        addresses = [address for field in written if (address := _address(field))]
        if not addresses:
            continue
        code = _STATUS.search(headers.first("status") or "")
        diagnostic = _TYPE.sub("", headers.first("diagnostic-code") or "")
        yield ReportedRecipient(
            address=addresses[0],
            action=_word(headers, "action") or (_ACTIONS[code[0][0]] if code else None),
            status=code[0] if code else None,
            diagnostic=diagnostic[:_LONGEST_DIAGNOSTIC] or None,
        )


def _original(mail: Part) -> str | None:
    """Find the Message-ID of the mail that is reported on: it, or its headers, come with it."""
    returned = _first_leaf(mail, _RETURNED)
    written = parse_mail_headers(returned.content).written("message-id") if returned else ()
    ids = parse_message_ids(next(iter(written), ""))
    ids = ids or parse_message_ids(" ".join(mail.headers.written("in-reply-to")))
    return ids[0] if ids else None


def _first_leaf(mail: Part, content_types: frozenset[str]) -> Part | None:
    return next((part for part in mail.leaves() if part.content_type in content_types), None)


def _addresses(fields: Sequence[str]) -> Sequence[str]:
    found = [_address(mailbox) for field in fields for mailbox in split_mailboxes(field)]
    return [address for address in found if "@" in address][:_MOST_RECIPIENTS]


def _address(field: str) -> str:
    return parse_mailbox(_TYPE.sub("", field)).address


def _word(headers: MailHeaders, name: str) -> str | None:
    found = _WORD.match((headers.first(name) or "").lower())
    return found[0] if found else None
