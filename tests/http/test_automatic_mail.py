"""Mail that programs write: it is kept and shown, and asks nobody for anything.

Source: RFC 3834 (automatic replies), RFC 3464 (what became of a mail), RFC 5965 (complaints).
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import raw_mail_provider
from field_house import FieldHouse, open_field_house, others
from whole_house import ChannelPlan, url_of

from tests.mails import a_mail, a_multipart

_RAW = ChannelPlan(name="raw", provider="raw_mail", kind="email", own_address="desk@example.com")
_ANN = "From: Ann <ann@corp.com>"
_HEAD = ("To: desk@example.com", "Date: Fri, 01 Nov 2024 14:00:00 +0000", "Subject: Order")
_PEOPLE = b"SELECT value FROM addresses WHERE contact_id IS NOT NULL ORDER BY value"
_RECEIPTS = b"""
    SELECT status, provider_status, error_code, message_id IS NOT NULL FROM message_receipts
    ORDER BY event_id
"""

_SUPPRESSED = b"""
    SELECT a.value || ' ' || s.reason FROM standing_suppressions AS s
    JOIN addresses AS a ON a.customer_id = s.customer_id AND a.hash = s.address_hash
"""


@asynccontextmanager
async def house_of(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[FieldHouse]:
    raw_mail_provider.register(monkeypatch)
    async with open_field_house(database_url, _RAW) as house:
        yield house


def a_text(*fields: str) -> bytes:
    return a_mail("text/plain", "some text", *_HEAD, *fields)


def a_report(kind: str, status: str, message_id: str) -> bytes:
    """Write what a mail system sends to whoever wrote the mail of that Message-ID."""
    returned = a_mail("text/plain", "hello", f"Message-ID: <{message_id}>")
    parts = [
        a_mail("text/plain", "It was not delivered."),
        a_mail(f"message/{kind}", status),
        a_mail("message/rfc822", returned),
    ]
    fields = ("From: MAILER-DAEMON@mx.test", "Return-Path: <>", *_HEAD)
    return a_multipart(f"report; report-type={kind}", parts, *fields)


async def receive(house: FieldHouse, *mails: bytes) -> None:
    for mail in mails:
        channel = house.house.channels["raw"]
        response = await house.house.client.post(url_of(channel), content=mail)
        assert response.status_code == 200, response.text
        await house.house.work()


async def is_quiet(house: FieldHouse) -> bool:
    """Say whether nothing waits and nothing is unread, in what is stored and in what is counted."""
    shown = await house.conversations()
    return not any(
        item["needs_reply"] or item["waiting_since"] or item["unread"] or item["unread_count"]
        for item in shown
    )


@pytest.mark.parametrize(
    ("fields", "mail_class", "is_automatic"),
    [
        ((_ANN,), "human", False),
        ((_ANN, "List-Id: <help.example.com>", "Precedence: list"), "list", False),
        ((_ANN, "List-Id: <news.example.com>", "Precedence: bulk"), "bulk", True),
        ((_ANN, "Auto-Submitted: auto-replied"), "auto_reply", True),
        ((_ANN, "Auto-Submitted: auto-replied (vacation)"), "out_of_office", True),
        (("From: no-reply@corp.com",), "auto_reply", True),
        (("From: MAILER-DAEMON@mx.test", "Return-Path: <>"), "bounce", True),
    ],
)
async def test_a_mail_says_who_waits_behind_it(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    fields: tuple[str, ...],
    mail_class: str,
    is_automatic: bool,
) -> None:
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_text(*fields))
        (conversation,) = await house.conversations("raw")
        (message,) = await house.messages(conversation)
        assert (message["mail_class"], message["is_automatic"]) == (mail_class, is_automatic)
        assert conversation["needs_reply"] is not is_automatic
        assert conversation["unread"] is not is_automatic
        assert (conversation["message_count"], conversation["inbound_count"]) == (1, 1)
        assert await house.rebuild_agrees()


async def test_a_text_has_no_mail_class(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house_of(database_url, monkeypatch) as house:
        await house.receive("sms", {"from": "+14155550142", "to": "+14155550199"})
        (conversation,) = await house.conversations("sms")
        (message,) = await house.messages(conversation)
        assert (message["mail_class"], message["is_automatic"]) == (None, False)


async def test_an_automatic_reply_neither_answers_nor_opens_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is away says so to our answer: what is closed stays closed, and who waits waits."""
    away = (_ANN, "In-Reply-To: <1@corp.com>", "Auto-Submitted: auto-replied")
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_text(_ANN, "Message-ID: <1@corp.com>"))
        (asked,) = await house.conversations("raw")
        await receive(house, a_text(*away, "Message-ID: <2@corp.com>"))
        (waiting,) = await house.conversations("raw")
        assert (waiting["waiting_since"], waiting["unread_count"]) == (asked["waiting_since"], 1)
        await house.reply(waiting)
        (answered,) = await house.conversations("raw")
        assert not answered["unread"]
        await house.change(answered, {"status": "closed"})
        await receive(house, a_text(*away, "Message-ID: <3@corp.com>"))
        (closed,) = await house.conversations("raw")
        assert (closed["status"], closed["message_count"]) == ("closed", 4)
        assert await is_quiet(house)
        assert await house.rebuild_agrees()
        await receive(house, a_text(_ANN, "In-Reply-To: <1@corp.com>", "Message-ID: <4@corp.com>"))
        (again,) = await house.conversations("raw")
        assert (again["status"], again["needs_reply"], again["unread_count"]) == ("open", True, 1)
        assert await house.rebuild_agrees()


async def test_a_report_on_a_mail_of_ours_is_its_receipt(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = "Final-Recipient: rfc822; ann@corp.com\nAction: failed\nStatus: 5.1.1\n"
    delayed = "Final-Recipient: rfc822; ann@corp.com\nAction: delayed\nStatus: 4.4.1\n"
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_text(_ANN, "Message-ID: <1@corp.com>"))
        (conversation,) = await house.conversations("raw")
        sent = await house.reply(conversation)
        message_id = sent["message_id"].strip("<>")
        await receive(house, a_report("delivery-status", delayed, message_id))
        assert await last_message(house, conversation) == ("sent", None)
        bounce = a_report("delivery-status", failed, message_id)
        await receive(house, bounce, bounce)
        reason = "the provider did not deliver it (error 5.1.1)"
        assert await last_message(house, conversation) == ("failed", reason)
        abuse = "Feedback-Type: abuse\nUser-Agent: a/1\nVersion: 1\n"
        await receive(house, a_report("feedback-report", abuse, message_id))
        assert await house.run(_RECEIPTS) == [
            ("unknown", "delayed", "4.4.1", True),
            ("bounced", "failed", "5.1.1", True),
            ("complained", "abuse", None, True),
        ]
        assert len(await house.conversations()) == 1
        assert await house.run(_PEOPLE) == [("ann@corp.com",)]
        assert await house.house.event_statuses() == ["processed"] * 4
        assert await house.rebuild_agrees()
        await house.run(b"DELETE FROM message_receipts")
        assert not await house.rebuild_agrees()
        await house.mend()
        assert len(await house.run(_RECEIPTS)) == 3
        assert await house.rebuild_agrees()


_FAILED = "Final-Recipient: rfc822; {}\nAction: failed\nStatus: {}\n"


@pytest.mark.parametrize(
    ("kind", "report", "suppressed"),
    [
        ("delivery-status", _FAILED.format("ANN@corp.com", "5.1.1"), ["ann@corp.com hard_bounce"]),
        ("delivery-status", _FAILED.format("ann@corp.com", "4.2.2"), []),
        ("delivery-status", _FAILED.format("boss@corp.com", "5.1.1"), []),
        ("feedback-report", "Feedback-Type: abuse\nVersion: 1\n", ["ann@corp.com complaint"]),
        ("feedback-report", "Feedback-Type: abuse\nOriginal-Rcpt-To: boss@corp.com\n", []),
        ("feedback-report", "Feedback-Type: not-spam\nVersion: 1\n", []),
    ],
)
async def test_a_report_suppresses_only_those_to_whom_its_mail_went(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    report: str,
    suppressed: list[str],
) -> None:
    """Anybody can write a report, so nobody can keep mail from somebody else by one."""
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_text(_ANN, "Message-ID: <1@corp.com>"))
        (conversation,) = await house.conversations("raw")
        sent = await house.reply(conversation)
        for message_id in ("elsewhere@example.com", sent["message_id"].strip("<>")):
            assert await house.run(_SUPPRESSED) == []
            await receive(house, a_report(kind, report, message_id))
        assert [row[0] for row in await house.run(_SUPPRESSED)] == suppressed
        assert await house.rebuild_agrees()


async def test_what_was_sent_once_more_stays_sent_when_all_is_derived_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = "Final-Recipient: rfc822; ann@corp.com\nAction: failed\nStatus: 4.2.2\n"
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_text(_ANN, "Message-ID: <1@corp.com>"))
        (conversation,) = await house.conversations("raw")
        sent = await house.reply(conversation)
        await receive(house, a_report("delivery-status", failed, sent["message_id"].strip("<>")))
        await house.run(
            b"UPDATE messages SET status = 'sent', failure = NULL, failure_code = NULL,"
            b" provider_message_id = 'out-2' WHERE direction = 'outbound'"
        )
        assert await house.rebuild_agrees()
        await house.mend()
        assert await last_message(house, conversation) == ("sent", None)


async def test_a_report_on_what_nobody_here_wrote_is_a_mail_from_nobody(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = "Final-Recipient: rfc822; ann@corp.com\nAction: failed\nStatus: 5.1.1\n"
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_report("delivery-status", failed, "elsewhere@example.com"))
        (conversation,) = await house.conversations("raw")
        assert others(conversation) == ["mailer-daemon@mx.test"]
        assert await house.run(_PEOPLE) == []
        assert await is_quiet(house)
        assert await house.rebuild_agrees()


async def test_an_image_keeps_what_its_mail_calls_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = a_mail("text/html", '<img src="cid:logo@x">')
    image = a_mail("image/png", "png", "Content-ID: <logo@x>", "Content-Disposition: inline")
    async with house_of(database_url, monkeypatch) as house:
        await receive(house, a_multipart("related", [html, image], _ANN, *_HEAD))
        (conversation,) = await house.conversations("raw")
        (message,) = await house.messages(conversation)
        assert [file["content_id"] for file in message["attachments"]] == ["logo@x"]
        assert await house.rebuild_agrees()
        await house.run(b"UPDATE attachments SET content_id = NULL")
        await house.mend()
        (message,) = await house.messages(conversation)
        assert [file["content_id"] for file in message["attachments"]] == ["logo@x"]


async def last_message(house: FieldHouse, conversation: dict[str, Any]) -> tuple[str, str | None]:
    """Say how the only message of ours is, and why."""
    messages = await house.messages(conversation)
    (ours,) = [message for message in messages if message["direction"] == "outbound"]
    return ours["status"], ours["failure"] and ours["failure"]["reason"]
