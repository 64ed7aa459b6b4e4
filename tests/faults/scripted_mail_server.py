"""A mail server that answers what it is told to, on a socket of this machine.

It plays what servers out there do wrong; one that does all right is tests/faults/mail_server.py.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HANGS_UP = "hangs up"
SAYS_NOTHING = "says nothing"
_EHLO = "250-mail.test\r\n250-SIZE 1000000\r\n250 8BITMIME"
_ANSWERS = {
    "greeting": "220 mail.test ESMTP", "EHLO": _EHLO, "HELO": "250 mail.test",
    "STARTTLS": "220 go ahead", "AUTH": "235 welcome", "MAIL": "250 ok", "RCPT": "250 ok",
    "DATA": "354 go ahead", "end": "250 2.0.0 queued as 1", "QUIT": "221 bye",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class ScriptedMailServer:
    """Its answers by command, `greeting` and `end` (after the final dot); what it was told."""

    answers: Mapping[str, str]
    tls: ssl.SSLContext | None = None
    most_bytes: int | None = None
    port: int = 0
    commands: list[str] = field(default_factory=list[str])
    mails: list[bytes] = field(default_factory=list[bytes])

    def answer_to(self, line: str) -> str:
        """Find the answer to a line, or else to its command."""
        verb = line.partition(" ")[0].partition(":")[0].upper()
        for told in (line, verb):
            if told in self.answers:
                return self.answers[told]
        return _ANSWERS[verb]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = self.answers.get("greeting", _ANSWERS["greeting"])
        while True:
            if answer == HANGS_UP:
                return
            if answer != SAYS_NOTHING:
                writer.write(answer.encode() + b"\r\n")
                await writer.drain()
            if answer.startswith("354"):
                if self.most_bytes is None:
                    self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                else:
                    await reader.readexactly(self.most_bytes)
                answer = self.answers.get("end", _ANSWERS["end"])
                continue
            line = (await reader.readuntil(b"\r\n")).decode().strip()
            self.commands.append(line)
            answer = self.answer_to(line)
            if line == "STARTTLS" and self.tls is not None and answer.startswith("220"):
                writer.write(answer.encode() + b"\r\n")
                await writer.start_tls(self.tls)
                answer = SAYS_NOTHING


@asynccontextmanager
async def scripted_mail_server(
    answers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    *,
    is_tls_from_the_start: bool = False,
    most_bytes: int | None = None,
) -> AsyncGenerator[ScriptedMailServer]:
    """Run one until the end."""
    server = ScriptedMailServer(answers=answers or {}, tls=tls, most_bytes=most_bytes)
    at_once = tls if is_tls_from_the_start else None
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=at_once, limit=1 << 22)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
