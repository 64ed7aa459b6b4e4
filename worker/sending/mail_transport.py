"""Hands one mail to a mail server and says what came of it. Knows no queue and no message.

The server has it once it has the final dot. What goes wrong before that can be tried again; after
it, without an answer, nobody knows. Source: RFC 5321, RFC 3207.
"""

import asyncio
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from ssl import SSLContext, SSLError
from typing import cast

import httpx
import structlog
from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPConnectResponseError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from domain.mail_handover import MailHandover
from domain.outbound import Failed, Retry, SendOutcome, Unknown
from domain.sending_provider import SendingProvider

_LOG = structlog.get_logger(__name__)

# Servers look at a mail before they answer for it: RFC 5321 section 4.5.3.2 has ten minutes.
_LONGER_FOR_THE_LAST = 6
_MOST_SECONDS = 600.0
_LOOK_AGAIN_SECONDS = 0.01
_GO_AHEAD = 354
_LINE_BEGINS_WITH_DOT = re.compile(rb"(?m)^\.")
_NO_ANSWER = "no answer came after the message was handed over: it may or may not have been sent"


class _CannotHandOver(Exception):
    """What keeps a mail from being handed over, beside what a server answers."""

    def __init__(self, outcome: SendOutcome | Unknown) -> None:
        super().__init__()
        self.outcome = outcome


@dataclass(slots=True)
class _Progress:
    has_final_dot: bool = False


async def give_mail(
    provider: SendingProvider,
    handover: MailHandover,
    answer_seconds: float,
    authorities: SSLContext | None = None,
) -> SendOutcome | Unknown:
    """Hand a mail over, once, to all of its recipients or to none of them."""
    client = _client(handover, answer_seconds, authorities or _authorities())
    progress = _Progress()
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            reply = await _transact(client, provider, handover, progress, answer_seconds)
        return _read(provider, reply.code, reply.message)
    except _CannotHandOver as refusal:
        return refusal.outcome
    except SMTPConnectResponseError as refusal:
        # It speaks with nobody, or not with us: that says nothing of this mail.
        return _not_now(f"smtp_{refusal.code}", f"the mail server greeted with {refusal.code}")
    except SMTPResponseException as refusal:
        return _read(
            provider, refusal.code, refusal.message, is_answer_to_mail=progress.has_final_dot
        )
    except (SMTPException, OSError, ValueError) as error:
        if progress.has_final_dot:
            _LOG.warning("send_outcome_unknown", error_class=type(error).__name__)
            return Unknown(code="no_answer", reason=_NO_ANSWER)
        return _unreached(error)
    finally:
        _leave(client)


def _client(handover: MailHandover, answer_seconds: float, authorities: SSLContext) -> SMTP:
    return SMTP(
        hostname=handover.server.host,
        port=handover.server.port,
        local_hostname=_own_name(handover.sender),
        timeout=answer_seconds,
        use_tls=handover.server.security == "tls",
        start_tls=False,
        tls_context=authorities,
    )


@cache
def _authorities() -> SSLContext:
    """Read whom to trust once: those that everybody trusts, and those of this machine."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _own_name(sender: str) -> str:
    """Say who we are: a name with a dot, which the machine's need not have."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else sender.rpartition("@")[2] or "localhost"


async def _transact(
    client: SMTP,
    provider: SendingProvider,
    handover: MailHandover,
    progress: _Progress,
    answer_seconds: float,
) -> SMTPResponse:
    await client.connect()
    await _begin(client, handover)
    await _say_envelope(client, provider, handover)
    return await _give(client, handover.body, progress, answer_seconds)


async def _begin(client: SMTP, handover: MailHandover) -> None:
    """Say hello, begin to encrypt, and log in."""
    await _say_hello(client)
    if handover.server.security == "starttls":
        if not client.supports_extension("starttls"):
            detail = "the mail server does not offer to encrypt (STARTTLS)"
            raise _CannotHandOver(_not_now("no_starttls", detail))
        await client.starttls()
        await _say_hello(client)
    if handover.login is None:
        return
    if not handover.server.hides_passwords:
        reason = "the password would be shown to whoever listens"
        raise _CannotHandOver(Failed(code="plain_login", reason=reason))
    await _log_in(client, *handover.login)


async def _say_hello(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPResponseException:
        await client.helo()  # which is all that the oldest know


async def _log_in(client: SMTP, user: str, password: str) -> None:
    try:
        await client.login(user, password)
    except SMTPException as error:
        if isinstance(error, SMTPResponseException | OSError):
            raise
        reason = "the mail server takes no user and password in a way that we know"
        raise _CannotHandOver(Failed(code="no_login", reason=reason)) from None


async def _say_envelope(client: SMTP, provider: SendingProvider, handover: MailHandover) -> None:
    """Name the sender and the recipients; where one is refused, nobody is sent anything."""
    options: list[str] = []
    encoding = "ascii"
    if handover.needs_utf8:
        if not client.supports_extension("smtputf8"):
            reason = "the mail server does not take addresses of other alphabets"
            raise _CannotHandOver(Failed(code="no_smtputf8", reason=reason))
        options += ["SMTPUTF8", "BODY=8BITMIME"]
        encoding = "utf-8"
    if client.supports_extension("size"):
        options.append(f"SIZE={len(handover.body)}")
    await client.mail(handover.sender, options=options, encoding=encoding)
    refused: list[SMTPResponseException] = []
    for recipient in handover.recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
        except SMTPResponseException as refusal:
            refused.append(refusal)
            if not client.is_connected:
                break
    if refused:
        raise _CannotHandOver(_refusal(provider, refused, len(handover.recipients)))


def _refusal(
    provider: SendingProvider, refused: Sequence[SMTPResponseException], recipients: int
) -> SendOutcome | Unknown:
    """Say what comes of recipients that were refused: one for good decides."""
    worst = max(refused, key=lambda refusal: refusal.code)
    outcome = _read(provider, worst.code, worst.message, is_answer_to_mail=False)
    if isinstance(outcome, Failed) and recipients > 1:
        counted = f"{len(refused)} of {recipients} recipients refused, so nobody was sent it"
        return replace(outcome, reason=f"{counted}: {outcome.reason}")
    return outcome


async def _give(
    client: SMTP, body: bytes, progress: _Progress, answer_seconds: float
) -> SMTPResponse:
    """Write the mail, and the final dot once all before it is on its way."""
    begun = await client.execute_command(b"DATA")
    protocol, transport = client.protocol, cast("asyncio.WriteTransport", client.transport)
    if begun.code != _GO_AHEAD:
        raise SMTPResponseException(begun.code, begun.message)
    if protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    seconds = answer_seconds * _LONGER_FOR_THE_LAST
    answering = asyncio.create_task(protocol.read_response(timeout=seconds))
    # The library drops what comes before somebody reads, as nobody asked for it. On a busy machine
    # that is the answer to the final dot.
    await asyncio.sleep(0)
    try:
        protocol.write(_LINE_BEGINS_WITH_DOT.sub(b"..", body))
        await _until_written(protocol, transport, answering)
        if not answering.done():
            progress.has_final_dot = True
            protocol.write(b".\r\n")
        return await answering
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)


async def _until_written(
    protocol: SMTPProtocol,
    transport: asyncio.WriteTransport,
    answering: asyncio.Task[SMTPResponse],
) -> None:
    """Wait until nothing of the mail is left here, or the server answers before its end."""
    while protocol.is_connected and transport.get_write_buffer_size() and not answering.done():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)  # the transport tells nobody else
    if not protocol.is_connected and not answering.done():
        raise SMTPServerDisconnected("Connection lost")


def _read(
    provider: SendingProvider, code: int, text: str, *, is_answer_to_mail: bool = True
) -> SendOutcome | Unknown:
    """Read a reply; what is none says nothing, and of a mail that was given all is possible."""
    if 400 <= code < 600 or (is_answer_to_mail and 200 <= code < 300):
        return provider.read_answer(code, {}, text.encode("utf-8", "replace"))
    if is_answer_to_mail:
        return Unknown(code="no_answer", reason=_NO_ANSWER)
    return _not_now("odd_answer", "the mail server answered something else than it should")


def _unreached(error: Exception) -> Retry:
    if isinstance(error, SSLError) or isinstance(error.__cause__, SSLError):
        detail = "the mail server's certificate, or how it encrypts, is not what it must be"
        return _not_now("tls_failed", detail)
    name = type(error).__name__
    return _not_now("unreachable", f"the mail server could not be reached, or hung up ({name})")


def _not_now(code: str, detail: str) -> Retry:
    return Retry(after_seconds=None, code=code, detail=detail)


def _leave(client: SMTP) -> None:
    """Say goodbye and wait for nothing: what came of the mail is known."""
    if client.protocol is not None:
        with suppress(SMTPException, OSError, RuntimeError):
            client.protocol.write(b"QUIT\r\n")
    client.close()
