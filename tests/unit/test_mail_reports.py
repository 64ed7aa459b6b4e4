"""What mail systems report, and what kind a mail is (email-providers.md section 8)."""

import pytest

from domain.mail_class import MailClass, mail_class
from domain.mime.part import parse_mail
from domain.mime.report import (
    Complaint,
    DeliveryReport,
    ReportedRecipient,
    complaint,
    delivery_report,
    mail_report,
)
from tests.mails import a_mail, a_multipart

ORIGINAL = b"From: help@inlet.test\nMessage-ID: <1@inlet.test>\nSubject: s\n\nhello"
STATUS = """Reporting-MTA: dns; mx.x.test
Arrival-Date: Fri, 01 Nov 2024 14:00:00 +0000

Original-Recipient: rfc822;ann@x.test
Final-Recipient: rfc822; ann@y.test
Action: failed
Status: 5.1.1 (no such user)
Diagnostic-Code: smtp; 550 5.1.1 <ann@y.test>:
 no such user

Final-Recipient: rfc822;<ben@x.test>
Action: Delayed
Status: 4.4.1
"""


def a_report(kind: str, report: bytes, original: bytes, *fields: str) -> bytes:
    text = a_mail("text/plain", "This is a report.")
    return a_multipart(f"report; report-type={kind}", [text, report, original], *fields)


def a_bounce(status: str, *fields: str) -> bytes:
    report = a_mail("message/delivery-status", status)
    return a_report("delivery-status", report, a_mail("message/rfc822", ORIGINAL), *fields)


def test_a_delivery_report_says_what_became_of_whom() -> None:
    report = delivery_report(parse_mail(a_bounce(STATUS)))
    assert report is not None
    assert report.is_failure
    assert report == DeliveryReport(
        recipients=[
            ReportedRecipient(
                address="ann@x.test",
                action="failed",
                status="5.1.1",
                diagnostic="550 5.1.1 <ann@y.test>: no such user",
            ),
            ReportedRecipient(address="ben@x.test", action="delayed", status="4.4.1"),
        ],
        original_message_id="1@inlet.test",
    )


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_a_report_is_read_whatever_ends_its_lines(line_end: bytes) -> None:
    mail = a_bounce(STATUS.replace("\n\n", "\n \n\n"))
    assert delivery_report(parse_mail(mail.replace(b"\n", line_end))) == delivery_report(
        parse_mail(a_bounce(STATUS))
    )


@pytest.mark.parametrize(
    ("original", "fields", "message_id"),
    [
        (a_mail("text/rfc822-headers", ORIGINAL), (), "1@inlet.test"),
        (a_mail("message/rfc822-headers", ORIGINAL), (), "1@inlet.test"),
        (a_mail("text/plain", "lost"), ("In-Reply-To: <2@inlet.test>",), "2@inlet.test"),
        (a_mail("text/plain", "lost"), (), None),
        (a_mail("message/rfc822", b"\xff\0"), (), None),
    ],
)
def test_the_mail_that_is_reported_on_is_found_by_what_came_back(
    original: bytes, fields: tuple[str, ...], message_id: str | None
) -> None:
    status = a_mail("message/delivery-status", STATUS)
    report = delivery_report(parse_mail(a_report("delivery-status", status, original, *fields)))
    assert report is not None
    assert report.original_message_id == message_id


def test_a_report_without_its_part_is_one_by_its_fields() -> None:
    mail = parse_mail(b"X-Failed-Recipients: a@x.test,\n b@x.test\n\nNot delivered.")
    report = delivery_report(mail)
    assert report is not None
    assert [(each.address, each.action) for each in report.recipients] == [
        ("a@x.test", "failed"),
        ("b@x.test", "failed"),
    ]


@pytest.mark.parametrize(
    ("block", "action", "status"),
    [
        ("Final-Recipient: rfc822;a@x\nStatus: 5.0.0", "failed", "5.0.0"),
        ("Final-Recipient: rfc822;a@x\nStatus: 2.1.5", "delivered", "2.1.5"),
        ("Final-Recipient: a@x\nAction: relayed (to a list)\nStatus: x", "relayed", None),
        ("Original-Recipient: rfc822;\nFinal-Recipient: a@x", None, None),
    ],
)
def test_what_a_report_leaves_out_its_code_says_or_nobody(
    block: str, action: str | None, status: str | None
) -> None:
    report = delivery_report(parse_mail(a_bounce(block)))
    assert report is not None
    (recipient,) = report.recipients
    assert (recipient.address, recipient.action, recipient.status) == ("a@x", action, status)


@pytest.mark.parametrize(
    ("status", "recipients", "is_permanent"),
    [
        (STATUS, ("ann@x.test",), True),
        (STATUS.replace("5.1.1", "5.0.0"), ("ann@x.test",), True),
        (STATUS.replace("5.1.1", "5.2.1"), ("ann@x.test",), True),
        (STATUS.replace("5.1.1", "4.2.2"), ("ann@x.test",), False),
        # A full mailbox, a mail that is too large, what it says, whom it comes from: RFC 3463.
        (STATUS.replace("5.1.1", "5.2.2"), ("ann@x.test",), False),
        (STATUS.replace("5.1.1", "5.2.3"), ("ann@x.test",), False),
        (STATUS.replace("5.1.1", "5.3.4"), ("ann@x.test",), False),
        (STATUS.replace("5.1.1", "5.6.0"), ("ann@x.test",), False),
        (STATUS.replace("5.1.1", "5.7.1"), ("ann@x.test",), False),
        (STATUS.replace("Action: failed", "Action: delayed"), ("ann@x.test", "ben@x.test"), False),
        (STATUS.replace("Delayed", "Failed").replace("4.4.1", "5.1.1"), ("ann@x.test",
            "ben@x.test"), True),
        (STATUS.replace("Delayed", "Failed"), ("ann@x.test",), True),
        ("Final-Recipient: rfc822; ann@x.test\nAction: failed\n", ("ann@x.test",), False),
        ("", (), False),
    ],
)  # fmt: skip
def test_who_is_never_reached(status: str, recipients: tuple[str, ...], is_permanent: bool) -> None:
    report = mail_report(parse_mail(a_bounce(status)), is_bounce=True)
    assert report is not None
    assert (report.recipients, report.is_permanent) == (recipients, is_permanent)


@pytest.mark.parametrize(
    ("feedback_type", "status"),
    [("abuse", "complained"), ("fraud", "complained"), ("not-spam", "unknown"),
        ("auth-failure", "unknown")],
)  # fmt: skip
def test_not_every_feedback_is_a_complaint(feedback_type: str, status: str) -> None:
    """Source: RFC 6430 (not-spam), RFC 6591 (auth-failure)."""
    feedback = f"Feedback-Type: {feedback_type}\nOriginal-Rcpt-To: ann@x.test\n"
    part = a_mail("message/feedback-report", feedback)
    mail = a_report("feedback-report", part, a_mail("message/rfc822", ORIGINAL))
    report = mail_report(parse_mail(mail), is_bounce=False)
    assert report is not None
    told = (report.status, report.word, report.recipients, report.is_permanent)
    assert told == (status, feedback_type, ("ann@x.test",), False)


# RFC 5965 appendix B; many hide who complained.
def test_a_complaint_names_the_mail() -> None:
    feedback = (
        "Feedback-Type: Abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
        "Original-Rcpt-To: <ann@x.test>\nOriginal-Rcpt-To: ben@x.test\n"
    )
    report = a_mail("message/feedback-report", feedback)
    mail = a_report("feedback-report", report, a_mail("message/rfc822", ORIGINAL))
    assert complaint(parse_mail(mail)) == Complaint(
        feedback_type="abuse",
        recipients=["ann@x.test", "ben@x.test"],
        original_message_id="1@inlet.test",
    )
    hidden = complaint(
        parse_mail(a_report("feedback-report", a_mail("text/plain", "?"), a_mail("text/plain", "")))
    )
    assert hidden is not None
    assert (hidden.feedback_type, hidden.recipients) == (None, [])
    assert delivery_report(parse_mail(mail)) is None
    assert complaint(parse_mail(a_bounce(STATUS))) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("From: ann@x.test\nSubject: Re: Out of office chairs", "human"),
        ("Auto-Submitted: no", "human"),
        ("X-Auto-Response-Suppress: All", "human"),
        ("Precedence: first-class", "human"),
        ("Auto-Submitted: auto-replied", "auto_reply"),
        ("Auto-Submitted: auto-replied; owner-email=a@x.test", "auto_reply"),
        ("Auto-Submitted: auto-generated", "auto_reply"),
        ("Auto-Submitted: auto-replied (Zimbra; Vacation)", "out_of_office"),
        ("Auto-Submitted: auto-generated\nX-MS-Exchange-Inbox-Rules-Loop: a", "out_of_office"),
        ("Subject: Automatic reply: Your order", "out_of_office"),
        ("Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A?= x", "out_of_office"),
        ("Subject: Abwesenheitsnotiz: x", "out_of_office"),
        ("X-Autoreply: yes", "auto_reply"),
        ("X-Autorespond: Re: s", "auto_reply"),
        ("X-Autoresponder: x", "auto_reply"),
        ("Precedence: auto_reply", "auto_reply"),
        ("X-Loop: a@x.test", "auto_reply"),
        ("From: No Reply <no-reply@x.test>", "auto_reply"),
        ("From: DoNotReply+1@x.test", "auto_reply"),
        ("From: noreply@x.test\nReply-To: no-reply@x.test", "auto_reply"),
        ("From: Form <noreply@x.test>\nReply-To: Ann <ann@y.test>", "human"),
        ("From: ann@y.test\nReply-To: noreply@x.test", "human"),
        ("From: postmaster@x.test", "auto_reply"),
        ("Return-Path: <>", "auto_reply"),
        ("Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@x.test>", "bounce"),
        ("X-Failed-Recipients: a@x.test", "bounce"),
        ("Precedence: Bulk", "bulk"),
        ("Precedence: list", "list"),
        ("List-Id: <l.x.test>", "bulk"),
        ("List-Unsubscribe: <mailto:a@x.test>\nFrom: noreply@x.test", "bulk"),
        ("Feedback-ID: 1:2:3\nAuto-Submitted: auto-generated", "auto_reply"),
        ("Feedback-ID: 1.eu-west-1.x=:x=:AmazonSES", "human"),
        ("List-Id: <l.x.test>\nList-Post: <mailto:l@x.test>", "list"),
        ("List-Post: <mailto:l@x.test>\nList-Unsubscribe: <mailto:u@x.test>", "list"),
        ("List-Id: <l.x.test>\nList-Post: NO (announcements only)", "bulk"),
        ("List-Post: NO", "human"),
        ("Precedence: bulk\nList-Post: <mailto:l@x.test>", "bulk"),
        ("List-Id: <l.x.test>\nX-Autoreply: yes", "auto_reply"),
        ("Message-ID: <1@inlet.test>", "own_echo"),
        ("References: <1@inlet.test>", "human"),
        ("From: help@inlet.test", "human"),
        ("", "human"),
    ],
)  # fmt: skip
def test_the_kind_of_a_mail(fields: str, expected: MailClass) -> None:
    mail = parse_mail(fields.encode() + b"\n\nhello")
    assert mail_class(mail, own_message_ids={"1@inlet.test"}) == expected


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        (a_bounce(STATUS), "bounce"),
        (a_bounce(""), "bounce"),
        (a_bounce("Final-Recipient: rfc822;a@x\nAction: delivered"), "auto_reply"),
        (a_bounce("Final-Recipient: rfc822;a@x\nAction: delayed"), "auto_reply"),
        (a_bounce(STATUS, "Auto-Submitted: auto-replied", "Subject: Automatic reply: x"), "bounce"),
        (a_report("feedback-report", b"\n", b"\n", "Auto-Submitted: auto-generated"), "complaint"),
        (a_report("disposition-notification", b"\n", b"\n"), "auto_reply"),
        (a_multipart("mixed", [a_mail("message/rfc822", a_bounce(STATUS))], boundary="o"), "human"),
    ],
)
def test_reports_are_told_apart(mail: bytes, expected: MailClass) -> None:
    assert mail_class(parse_mail(mail)) == expected
