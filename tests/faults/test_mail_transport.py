"""What comes of a mail that is handed to a mail server, whatever that does, at every stage.

Source: RFC 5321 section 4.2 (replies), RFC 3463 (status codes in them), RFC 3207 (STARTTLS).
"""

import re
import select
import ssl
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from aiosmtplib.protocol import SMTPProtocol
from mail_world import mail_world
from scripted_mail_server import HANGS_UP, SAYS_NOTHING, scripted_mail_server
from self_made_certificate import make_certificate

from domain.mail_handover import MailHandover, MailServer, Security
from domain.outbound import Failed, Retry, SendOutcome, Sent, Unknown
from providers import smtp
from worker.sending.mail_transport import give_mail

if TYPE_CHECKING:
    import asyncio

_BODY = b"Subject: Hi\r\n\r\n.begins with a dot\r\n..two\r\nend\r\n"
_EHLO_TLS = "250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN"


def handover(port: int, **changes: object) -> MailHandover:
    made = MailHandover(
        server=MailServer(host="127.0.0.1", port=port, security="none"),
        login=None,
        sender="help@example.com",
        recipients=("ann@example.org",),
        body=_BODY,
    )
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def at(port: int, security: Security, host: str = "localhost") -> MailServer:
    return MailServer(host=host, port=port, security=security)


async def give(
    mail: MailHandover, trusted: ssl.SSLContext | None = None, seconds: float = 20.0
) -> SendOutcome | Unknown:
    return await give_mail(smtp, mail, seconds, trusted)


async def test_a_mail_is_taken_as_it_is_with_its_envelope() -> None:
    async with scripted_mail_server() as server:
        mail = handover(server.port, recipients=("ann@example.org", "ben@example.org"))
        assert await give(mail) == Sent(provider_message_id=None)
    [taken] = server.mails
    assert taken == _BODY.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    assert server.commands[1:] == [
        f"MAIL FROM:<help@example.com> SIZE={len(_BODY)}",
        "RCPT TO:<ann@example.org>",
        "RCPT TO:<ben@example.org>",
        "DATA",
    ]
    assert re.fullmatch(r"EHLO [^\s.]+\.\S+", server.commands[0])


async def test_an_answer_that_is_there_at_once_is_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a busy machine this process may have no turn from the final dot until it is answered."""
    write = SMTPProtocol.write

    def write_and_have_no_turn(protocol: SMTPProtocol, data: bytes) -> None:
        write(protocol, data)
        if data == b".\r\n":
            transport = cast("asyncio.WriteTransport", protocol.transport)
            select.select([transport.get_extra_info("socket")], [], [], 20.0)

    monkeypatch.setattr(SMTPProtocol, "write", write_and_have_no_turn)
    with mail_world(tmp_path / "world") as world:
        assert await give(handover(world.port), seconds=1.0) == Sent(provider_message_id=None)


_LATER = (Retry, Failed)


@pytest.mark.parametrize(
    ("stage", "answer", "kind", "code"),
    [
        ("greeting", "421 4.3.2 too busy", Retry, "smtp_421"),
        ("greeting", "554 no service for you", Retry, "smtp_554"),
        ("greeting", HANGS_UP, Retry, "unreachable"),
        ("MAIL", "451 4.7.1 greylisted", Retry, "4.7.1"),
        ("MAIL", "550 5.7.1 not you", Failed, "5.7.1"),
        ("MAIL", "552 5.3.4 too long", Failed, "5.3.4"),
        ("MAIL", HANGS_UP, Retry, "unreachable"),
        ("RCPT", "450 4.2.1 come again", Retry, "4.2.1"),
        ("RCPT", "550 5.1.1 no such user", Failed, "5.1.1"),
        ("RCPT", "550 no such user", Failed, "smtp_550"),
        ("RCPT", "421 4.3.0 closing", Retry, "4.3.0"),
        ("RCPT", HANGS_UP, Retry, "unreachable"),
        ("DATA", "451 4.3.0 disk", Retry, "4.3.0"),
        ("DATA", "554 5.7.0 no", Failed, "5.7.0"),
        ("DATA", "250 what?", Retry, "odd_answer"),
        ("DATA", HANGS_UP, Retry, "unreachable"),
        ("end", "451 4.7.0 looked at it for too long", Retry, "4.7.0"),
        ("end", "554 5.7.1 looks like spam", Failed, "5.7.1"),
        ("end", "251 will forward", Sent, None),
        ("end", HANGS_UP, Unknown, "no_answer"),
        ("end", "no number", Unknown, "no_answer"),
        ("end", "354 more?", Unknown, "no_answer"),
    ],
)
async def test_what_the_server_answers_decides(
    stage: str, answer: str, kind: type[object], code: str | None
) -> None:
    async with scripted_mail_server({stage: answer}) as server:
        outcome = await give(handover(server.port))
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "code", None) == code
    words = f"{getattr(outcome, 'reason', '')}{getattr(outcome, 'detail', '')}"
    assert "@" not in words
    assert "no such user" not in words


@pytest.mark.parametrize(
    ("stage", "kind"), [("greeting", Retry), ("EHLO", Retry), ("RCPT", Retry), ("end", Unknown)]
)
async def test_who_says_nothing_is_not_waited_for_without_end(stage: str, kind: type) -> None:
    async with scripted_mail_server({stage: SAYS_NOTHING}) as server:
        assert isinstance(await give(handover(server.port), seconds=0.05), kind)


async def test_who_cannot_be_reached_has_no_mail() -> None:
    async with scripted_mail_server() as server:
        pass
    outcome = await give(handover(server.port))
    assert isinstance(outcome, Retry)
    assert outcome.code == "unreachable"


@pytest.mark.parametrize(
    ("answers", "kind", "says"),
    [
        ({"RCPT TO:<ben@example.org>": "550 5.1.1 no"}, Failed, "1 of 3 recipients refused"),
        ({"RCPT TO:<ben@example.org>": "450 4.2.1 no"}, Retry, "answered 450"),
        ({"RCPT TO:<ben@example.org>": "450 4.2.1 no", "RCPT TO:<cat@example.org>": "550 no"},
            Failed, "2 of 3 recipients refused"),
    ],
)  # fmt: skip
async def test_where_one_recipient_is_refused_nobody_is_sent_anything(
    answers: dict[str, str], kind: type, says: str
) -> None:
    people = ("ann@example.org", "ben@example.org", "cat@example.org")
    async with scripted_mail_server(answers) as server:
        outcome = await give(handover(server.port, recipients=people))
    assert isinstance(outcome, kind)
    assert says in (outcome.reason if isinstance(outcome, Failed) else str(outcome))
    assert server.mails == []
    assert "DATA" not in server.commands


async def test_the_oldest_servers_are_greeted_as_they_know() -> None:
    async with scripted_mail_server({"EHLO": "502 what?"}) as server:
        assert isinstance(await give(handover(server.port)), Sent)
    assert server.commands[1].startswith("HELO ")


async def test_addresses_of_other_alphabets_need_a_server_that_takes_them() -> None:
    mail = {"recipients": ("ann@example.org", "jürgen@example.org"), "needs_utf8": True}
    async with scripted_mail_server() as server:
        outcome = await give(handover(server.port, **mail))
    assert isinstance(outcome, Failed)
    assert outcome.code == "no_smtputf8"
    async with scripted_mail_server({"EHLO": "250-mail.test\r\n250 SMTPUTF8"}) as server:
        assert isinstance(await give(handover(server.port, **mail)), Sent)
    assert "MAIL FROM:<help@example.com> SMTPUTF8 BODY=8BITMIME" in server.commands
    assert "RCPT TO:<jürgen@example.org>" in server.commands


async def test_starttls_is_required_and_the_certificate_checked(tmp_path: Path) -> None:
    own = make_certificate(tmp_path)
    async with scripted_mail_server({"EHLO": _EHLO_TLS}, own.of_server()) as server:
        login = ("user", "secret")
        mail = handover(server.port, server=at(server.port, "starttls"), login=login)
        assert isinstance(await give(mail, own.trusted()), Sent)
        told = server.commands
        assert [line.partition(" ")[0] for line in told[:4]] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
        stranger = await give(mail)
        elsewhere = replace(mail, server=at(server.port, "starttls", "127.0.0.1"))
        assert isinstance(await give(elsewhere, own.trusted()), Sent)
    assert isinstance(stranger, Retry)
    assert stranger.code == "tls_failed"
    assert len(server.mails) == 2


async def test_who_does_not_offer_starttls_gets_neither_mail_nor_password() -> None:
    async with scripted_mail_server({"EHLO": "250-mail.test\r\n250 AUTH PLAIN"}) as server:
        mail = handover(server.port, server=at(server.port, "starttls"), login=("user", "secret"))
        outcome = await give(mail)
    assert isinstance(outcome, Retry)
    assert outcome.code == "no_starttls"
    assert [line.partition(" ")[0] for line in server.commands] in (["EHLO"], ["EHLO", "QUIT"])


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    own = make_certificate(tmp_path)
    async with scripted_mail_server(
        {"EHLO": "250-mail.test\r\n250 AUTH LOGIN PLAIN"},
        own.of_server(),
        is_tls_from_the_start=True,
    ) as server:
        mail = handover(server.port, server=at(server.port, "tls"), login=("user", "secret"))
        assert isinstance(await give(mail, own.trusted()), Sent)
        stranger = await give(mail)
    assert isinstance(stranger, Retry)
    assert stranger.code == "tls_failed"


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ({"AUTH": "535 5.7.8 wrong"}, Failed, "5.7.8"),
        ({"AUTH": "454 4.7.0 later"}, Retry, "4.7.0"),
        ({"EHLO": "250 mail.test"}, Failed, "no_login"),
        ({"EHLO": "250-mail.test\r\n250 AUTH NTLM"}, Failed, "no_login"),
        ({"AUTH": HANGS_UP}, Retry, "unreachable"),
    ],
)
async def test_a_login_that_is_not_taken(answers: dict[str, str], kind: type, code: str) -> None:
    told = {"EHLO": "250-mail.test\r\n250 AUTH PLAIN"} | answers
    async with scripted_mail_server(told) as server:
        outcome = await give(handover(server.port, login=("user", "secret")))
    assert isinstance(outcome, kind), outcome
    assert getattr(outcome, "code", None) == code
    assert server.mails == []


async def test_a_password_is_never_shown_to_who_listens() -> None:
    """The obstacle of the channel says so before; this is the last door."""
    async with scripted_mail_server({"EHLO": "250-mail.test\r\n250 AUTH PLAIN"}) as server:
        out_there = MailServer(host="localhost.", port=server.port, security="none")
        outcome = await give(handover(server.port, server=out_there, login=("user", "secret")))
    assert isinstance(outcome, Failed | Retry)
    assert not any("AUTH" in line for line in server.commands)


@pytest.mark.parametrize(
    ("last", "code"), [(HANGS_UP, "unreachable"), ("452 4.3.1 disk full", "4.3.1")]
)
async def test_a_long_mail_that_breaks_off_is_tried_again(last: str, code: str) -> None:
    """Without the final dot the server has nothing, however much was written."""
    long = (b"x" * 70 + b"\r\n") * 200_000
    async with scripted_mail_server({"end": last}, most_bytes=1_000) as server:
        outcome = await give(handover(server.port, body=long))
    assert isinstance(outcome, Retry), outcome
    assert outcome.code == code
