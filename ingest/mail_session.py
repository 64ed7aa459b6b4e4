"""One connection of SMTP: aiosmtpd's, with what mail from strangers asks for.

Mails are read here as they are: lines of any length, bytes of any kind, ended by CR LF . CR LF
alone. Nobody logs in, nobody holds a connection by saying little, and what is in hand when the
process stops is finished. Source: RFC 5321, RFC 3207, RFC 2920 (PIPELINING).
"""

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.errors import Unavailable
from ingest import metrics
from ingest.mail_intake import (
    NOT_KEPT,
    TOO_LARGE,
    BroughtBy,
    MailEnvelope,
    MailIntake,
    is_stranger,
)
from ingest.room import Room

_LOG = structlog.get_logger(__name__)

_END = b".\r\n"
_READ_BYTES = 64 * 1024
_LONGEST_COMMAND = 2048  # with an address of other alphabets, RFC 6531 section 3.4
_MOST_STRANGERS = 20
_COMMANDS = {"*": 50, "MAIL": 1_000, "RCPT": 10_000, "DATA": 1_000, "RSET": 1_000, "NOOP": 1_000}
_PATH = re.compile(r'<(?:@[^:<>]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>')
_CLOSING = b"421 4.3.2 closing, come back later\r\n"
_IDLE = b"421 4.4.2 nothing was said for too long\r\n"
_STRANGERS = "421 4.7.0 too many recipients that are not here"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """What one connection may do. A mail that comes at `bytes_per_second` is never cut off."""

    most_mail_bytes: int
    idle_seconds: float = 300.0  # RFC 5321 section 4.5.3.2.7
    bytes_per_second: float = 1024.0


class _Hooks:
    """What aiosmtpd asks; it finds the methods by their names."""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        offered = [line for line in answers if line[4:] != "HELP" and line[4:8] != "AUTH"]
        return [*offered, "250 PIPELINING"]

    async def handle_RCPT(
        self, server: "MailSession", session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        return await server.name_recipient(address)

    async def handle_exception(self, error: Exception) -> str:
        _LOG.warning("smtp_command_failed", error_class=type(error).__name__)
        return "451 4.3.0 that did not work, try again"


class MailSession(SMTP):
    """A connection. `on_end` hears of its end; `tls` is what it may be encrypted with."""

    line_length_limit = _READ_BYTES
    command_size_limit = _LONGEST_COMMAND

    def __init__(
        self,
        mail_intake: MailIntake,
        room: Room,
        limits: SessionLimits,
        hostname: str,
        tls: ssl.SSLContext | None,
        on_begin: Callable[["MailSession"], bool],
        on_end: Callable[["MailSession"], None],
    ) -> None:
        super().__init__(
            _Hooks(),
            data_size_limit=limits.most_mail_bytes,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="ESMTP Inlet",
            tls_context=tls,
            timeout=limits.idle_seconds,
            command_call_limit=_COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        # The library's table is of all connections together, and each clears it.
        self.command_size_limits = defaultdict(lambda: _LONGEST_COMMAND)
        for command in ("AUTH", "EXPN", "HELP"):
            self._smtp_methods.pop(command, None)
        self._mail_intake = mail_intake
        self._room = room
        self._limits = limits
        self._on_begin = on_begin
        self._on_end = on_end
        self._ours = MailEnvelope()
        self._has_begun = False
        self._peer: tuple[object, ...] = ()
        self._strangers = 0
        self._mail_begun_at: float | None = None
        self._mail_bytes = 0
        self._is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many; after STARTTLS, go on."""
        if not self._has_begun:
            self._peer = tuple(transport.get_extra_info("peername") or ())
            if not self._on_begin(self):
                metrics.SMTP_TOO_MANY.inc()
                self._write_last(transport, b"421 4.7.0 too many connections\r\n")
                return
            self._has_begun = True
        super().connection_made(transport)

    @property
    def peer_address(self) -> str:
        # A socket of IPv6 that takes IPv4 as well writes it so.
        return str(self._peer[0]).removeprefix("::ffff:") if self._peer else ""

    def connection_lost(self, error: Exception | None) -> None:
        if not self._has_begun:
            return
        self._has_begun = False
        self._on_end(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._mail_begun_at is not None:
            self._mail_bytes += len(data)
            self._reset_timeout(self._patience())

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._has_begun else None

    def end(self) -> None:
        """Say goodbye; a mail that is in hand is answered first."""
        self._is_closing = True
        if self._mail_begun_at is None and self.transport is not None:
            self._write_last(self.transport, _CLOSING)

    def abort(self) -> None:
        """End at once, whatever is in hand."""
        if self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def name_recipient(self, address: str) -> str:
        """Answer a RCPT; who goes on naming strangers is sent away."""
        answer = self._mail_intake.name_recipient(address, self._ours)
        if is_stranger(answer):
            self._strangers += 1
            if self._strangers > _MOST_STRANGERS:
                metrics.SMTP_STRANGERS.inc()
                self.loop.call_soon(self._hang_up)
                return _STRANGERS
        elif answer.startswith("250") and self.envelope is not None:
            self.envelope.rcpt_tos.append(address)
        return answer

    async def smtp_VRFY(self, arg: str) -> None:
        await self.push("252 2.5.0 nobody is told who is here; send the mail")

    async def smtp_DATA(self, arg: str) -> None:
        """Read a mail and answer for it."""
        if await self.check_helo_needed():
            return
        if not self._ours.recipients:
            await self.push("503 5.5.1 name a recipient first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes nothing")
            return
        self._mail_begun_at, self._mail_bytes = self.loop.time(), 0
        try:
            await self.push("354 end the mail with <CR><LF>.<CR><LF>")
            answer = await self._take_mail()
            self._set_post_data_state()
            await self.push(answer)
        finally:
            self._mail_begun_at = None
        if self._is_closing:
            self.end()

    async def _take_mail(self) -> str:
        content = bytearray()
        try:
            refusal = await self._read_mail(content)
            if refusal is not None:
                return refusal
            mail = _as_written(content)
            return await self._mail_intake.take(mail, self._ours, self._brought_by())
        finally:
            self._room.give_back(len(content))

    async def _read_mail(self, content: bytearray) -> str | None:
        """Read to the end of a mail; return why it is refused, once all of it was sent.

        What is refused is read, too, but not kept: only its last bytes tell where it ends.
        """
        refusal: str | None = None
        tail = b"\r\n"
        while not tail.endswith(b"\r\n" + _END):
            try:
                chunk = await self._reader.readuntil(_END)
            except asyncio.LimitOverrunError as overrun:
                chunk = await self._reader.read(overrun.consumed)
            tail = (tail + chunk)[-len(b"\r\n" + _END) :]
            if refusal is None:
                refusal = self._refusal(len(content), len(chunk))
                if refusal is None:
                    content += chunk
                else:
                    self._room.give_back(len(content))
                    content.clear()
        return refusal

    def _refusal(self, size_bytes: int, more_bytes: int) -> str | None:
        if size_bytes + more_bytes > self._limits.most_mail_bytes + len(_END):
            metrics.MAIL_TOO_LARGE.inc()
            return TOO_LARGE
        try:
            self._room.take(more_bytes)
        except Unavailable:
            return NOT_KEPT
        return None

    def _brought_by(self) -> BroughtBy:
        encrypted = self.transport.get_extra_info("ssl_object") if self.transport else None
        sender = (self.envelope and self.envelope.mail_from) or ""
        return BroughtBy(
            sender="" if sender == "<>" else sender,
            peer=self.peer_address,
            helo=(self.session and self.session.host_name) or "",
            tls=(encrypted.version() or "") if isinstance(encrypted, ssl.SSLObject) else "",
        )

    def _create_envelope(self) -> Envelope:
        """Begin a new mail."""
        self._ours = MailEnvelope()
        return Envelope()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Take a path apart; the library's way raises on some that strangers write."""
        found = _PATH.match(arg.strip())
        if found is None:
            return None, None
        return found[1] or "<>", arg.strip()[found.end() :]

    async def _handle_client(self) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await super()._handle_client()

    def _patience(self) -> float:
        """Say how long the rest of a mail may take: it must come at some speed."""
        begun = self._mail_begun_at or 0.0
        allowed = self._limits.idle_seconds + self._mail_bytes / self._limits.bytes_per_second
        left = begun + allowed - self.loop.time()
        return max(0.001, min(left, self._limits.idle_seconds))

    def _timeout_cb(self) -> None:
        if self.transport is not None:
            metrics.SMTP_IDLE.inc()
            self._write_last(self.transport, _IDLE)

    def _write_last(self, transport: asyncio.BaseTransport, line: bytes) -> None:
        if not transport.is_closing():
            cast("asyncio.WriteTransport", transport).write(line)
            transport.close()


def _as_written(content: bytearray) -> bytes:
    """Take away what SMTP adds to a mail: its end, and a dot before each dot that begins a line."""
    mail = bytes(content[: -len(_END)])
    if mail.startswith(b"."):
        mail = mail[1:]
    return mail.replace(b"\r\n.", b"\r\n")
