"""What a mail that came by SMTP is, and how a mail is handed to a server.

Source: RFC 5321 (envelope, replies, Return-Path), RFC 3463 (status codes), RFC 3464 (reports).
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from samples import NOW, channel, claimed, outbound_mail, posted

from domain.errors import Unreadable
from domain.mail_handover import MailHandover, MailServer
from domain.message import InboundMessage, Recipient
from domain.outbound import Failed, Retry, SendOutcome, Sent
from domain.provider import ReadingContext
from providers import smtp
from simulation.smtp import take_mail

RAW = (
    b"Received: from mail.example.org\r\nFrom: Ann <ann@example.org>\r\nTo: help@example.com\r\n"
    b"Subject: Order\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n"
)
ENVELOPE = {"x-envelope-from": "ann@example.org", "x-envelope-to": "help@example.com"}
CHANNEL = replace(
    channel("smtp", "email", ("a password",), "user:pass:word"),
    send_url="smtp://mail.example.com:587",
)


def key(body: bytes = RAW, **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    (event,) = smtp.split(posted(body, ENVELOPE | named), "email")
    return event.dedup_key


def read(body: bytes = RAW, headers: Mapping[str, str] = ENVELOPE) -> InboundMessage:
    delivery = posted(body, {"content-type": "message/rfc822", **headers})
    (event,) = smtp.split(delivery, "email")
    written = "{" + ", ".join(f'"{name}": "{value}"' for name, value in headers.items()) + "}"
    event = replace(claimed(event, "smtp", "message/rfc822"), headers_json=written)
    own = ("help@example.com", "sales@example.com")
    reading = smtp.read(event, ReadingContext(kind="email", own_address=own[0], own_addresses=own))
    assert isinstance(reading, InboundMessage)
    assert event.dedup_key == f"message:{reading.provider_message_id}"
    return reading


def test_a_mail_is_known_by_its_envelope_and_its_bytes() -> None:
    assert key() == key(x_envelope_peer="192.0.2.1") == key(x_envelope_helo="mail")
    assert key() == key(x_envelope_to=" HELP@example.com,help@example.com")
    others = {
        key(RAW + b"."),
        key(x_envelope_from=""),
        key(x_envelope_to="sales@example.com"),
        key(x_envelope_to="help@example.com, sales@example.com"),
    }
    assert len(others | {key()}) == 5


def test_those_of_the_envelope_who_are_ours_had_a_copy() -> None:
    both = "help@example.com, sales+x@example.com, Sales@Example.com, eve@example.net"
    message = read(headers=ENVELOPE | {"x-envelope-to": both})
    assert message.sender == "Ann <ann@example.org>"
    assert [*message.recipients] == [
        Recipient(role="to", address="help@example.com"),
        Recipient(role="bcc", address="Sales@Example.com"),
    ]


def test_who_sends_from_nobody_is_a_mail_system() -> None:
    bounce = RAW.replace(b"Ann <ann@example.org>", b"MAILER-DAEMON@example.org")
    assert read(bounce, ENVELOPE | {"x-envelope-from": ""}).mail_class == "bounce"
    forged = b"Return-Path: <>\r\n" + bounce
    assert read(forged).mail_class != "bounce"


def test_a_mail_that_was_posted_without_an_envelope_is_read_as_it_is() -> None:
    assert read(headers={}).body == "Where is it?"


@pytest.mark.parametrize(
    "body", [b"", b"no header at all", b"\r\n\r\nbody", b"\0\1\2", b'{"type": "telegram"}']
)
def test_what_is_no_mail_is_a_dead_letter(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_a_mail_is_handed_over_with_its_envelope() -> None:
    message = replace(outbound_mail("smtp"), cc=("ben@example.org", "ann@example.org"))
    handover = smtp.compose_send(message, CHANNEL, NOW)
    assert replace(handover, body=b"") == MailHandover(
        server=MailServer(host="mail.example.com", port=587, security="starttls"),
        login=("user", "pass:word"),
        sender="help@example.com",
        recipients=("ann@example.org", "cat@example.org", "ben@example.org"),
        body=b"",
    )
    assert "pass:word" not in repr(handover)
    assert smtp.compose_send(message, replace(CHANNEL, credential=None), NOW).login is None


def test_a_mail_that_is_handed_over_is_taken_with_its_thread() -> None:
    message = replace(outbound_mail("smtp"), reply_to="help+t@example.com")
    handover = smtp.compose_send(message, CHANNEL, NOW)
    taken = take_mail(handover.body, handover.recipients, handover.sender, [CHANNEL])
    assert taken is not None
    assert taken.references == ("1@mail", "2@mail", "aaaa@example.com")
    assert (taken.subject, taken.reply_to) == ("Re: Order", "help+t@example.com")
    assert take_mail(handover.body, handover.recipients, "eve@example.net", [CHANNEL]) is None


@pytest.mark.parametrize(
    ("changes", "recipients", "says"),
    [
        ({}, 1, None),
        ({"credential": None}, 1, None),
        ({"send_url": None}, 1, "send URL"),
        ({"send_url": "https://mail.example.com"}, 1, "like smtp://"),
        ({"send_url": "smtp://mail.example.com?starttls=off"}, 1, "password"),
        ({"send_url": "smtp://mail.example.com?starttls=off", "credential": None}, 1, None),
        ({"credential": "only a password"}, 1, "USER:PASSWORD"),
        ({}, 101, "100 addresses"),
    ],
)
def test_what_keeps_a_channel_from_sending(
    changes: dict[str, str | None], recipients: int, says: str | None
) -> None:
    sends = replace(CHANNEL, **changes)  # pyright: ignore[reportArgumentType]
    found = smtp.obstacle(sends, has_credential=sends.credential is not None, recipients=recipients)
    assert (says is None and found is None) or (says or "none") in (found or "")


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (250, b"2.0.0 queued as 1", Sent(provider_message_id=None)),
        (451, b"4.7.1 greylisted", Retry(after_seconds=None, code="4.7.1",
            detail="the mail server answered 451")),
        (421, b"busy", Retry(after_seconds=None, code="smtp_421",
            detail="the mail server answered 421")),
        (550, b"5.1.1 <ann@example.org> unknown", Failed(code="5.1.1",
            reason="the address does not exist")),
        (550, b"ann@example.org unknown", Failed(code="smtp_550",
            reason="the mail server refused it (error 550)")),
        (535, b"5.7.8 wrong", Failed(code="5.7.8",
            reason="the mail server does not accept the channel's user and password")),
        (535, b"wrong", Failed(code="smtp_535",
            reason="the mail server does not accept the channel's user and password")),
        (554, b"5.99.99 odd", Failed(code="5.99.99",
            reason="the mail server refused it (error 5.99.99)")),
        (554, b"5.1.1234 odd", Failed(code="smtp_554",
            reason="the mail server refused it (error 554)")),
        (550, b"\xff\xfe", Failed(code="smtp_550",
            reason="the mail server refused it (error 550)")),
    ],
)  # fmt: skip
def test_replies_of_mail_servers(code: int, text: bytes, outcome: SendOutcome) -> None:
    assert smtp.read_answer(code, {}, text) == outcome
