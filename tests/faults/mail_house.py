"""A server of SMTP in this process, as `inlet smtp` runs it, and somebody who speaks to it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flows import a_channel

from app.clock import utc_now
from app.intake_services import IntakeServices, build_intake_services
from app.listener import listening_socket
from app.settings import Settings
from domain.channel import Channel
from domain.sealing import Sealer
from ingest.mail_intake import MailIntake
from ingest.mail_server import MailReceiver, MailServerLimits
from ingest.mail_session import SessionLimits
from ingest.room import Room
from store.channels import StoredChannel, insert_channel
from store.database import Connection, open_pool

MAIL = (
    "From: Ann <ann@example.org>\r\nTo: help@example.com\r\nSubject: Order\r\n"
    "Message-ID: <1@example.org>\r\n\r\nWhere is it?\r\n"
)
MOST_BYTES = 100_000
_SEALER = Sealer("a secret key of the tests")


@dataclass(slots=True)
class Dialogue:
    """A client that says what it is told to, byte for byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, line: str | bytes) -> str:
        """Say a line and return the whole answer."""
        raw = line.encode() if isinstance(line, str) else line
        self.writer.write(raw + b"\r\n")
        return await self.hear()

    async def hear(self) -> str:
        """Return the next answer; empty once the server has hung up."""
        lines: list[str] = []
        while True:
            line = (await self.reader.readline()).decode()
            lines.append(line.rstrip())
            if line[3:4] != "-":
                return "\n".join(lines)

    async def begin(self, *recipients: str, sender: str = "ann@example.org") -> list[str]:
        """Say everything up to DATA; return the answers to the recipients."""
        assert (await self.say("EHLO mail.example.org")).startswith("250")
        assert (await self.say(f"MAIL FROM:<{sender}>")).startswith("250")
        return [await self.say(f"RCPT TO:<{each}>") for each in recipients]

    async def give(self, mail: str | bytes = MAIL) -> str:
        """Give a mail to whom was named before; return what it is answered."""
        assert (await self.say("DATA")).startswith("354")
        raw = mail.encode() if isinstance(mail, str) else mail
        return await self.say(raw + b".")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHouse:
    """The server, and what keeps its mails."""

    services: IntakeServices
    receiver: MailReceiver
    port: int

    @asynccontextmanager
    async def speak(self) -> AsyncGenerator[Dialogue]:
        """Connect, and hear the greeting."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        dialogue = Dialogue(reader, writer)
        assert (await dialogue.hear()).startswith("220 mail.test ESMTP")
        try:
            async with asyncio.timeout(120):
                yield dialogue
        finally:
            writer.close()


async def mail_channel(
    conn: Connection, name: str, address: str, *further: str, provider: str = "smtp"
) -> Channel:
    channel = replace(
        a_channel(name, "email", own_address=address),
        provider=provider,
        signature_mode="enforce",
        further_addresses=further,
    )
    sealed = _SEALER.seal(("a password",), channel.secrets_place)
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
    return channel


@asynccontextmanager
async def open_mail_house(
    database_url: str,
    folder: Path,
    *,
    tls: ssl.SSLContext | None = None,
    most_connections: int = 100,
    most_per_peer: int = 0,
    idle_seconds: float = 300.0,
    bytes_per_second: float = 1024.0,
    most_unfinished_bytes: int = 1 << 24,
    is_database_there: bool = True,
) -> AsyncGenerator[MailHouse]:
    settings = Settings(data_dir=folder)
    pool = open_pool(database_url, "inlet smtp", 2)
    services = build_intake_services(settings, database_url, pool, _SEALER)
    receiver = MailReceiver(
        MailIntake(services.intake, services.directory, utc_now),
        Room(most_unfinished_bytes),
        MailServerLimits(
            session=SessionLimits(
                most_mail_bytes=MOST_BYTES,
                idle_seconds=idle_seconds,
                bytes_per_second=bytes_per_second,
            ),
            most_connections=most_connections,
            most_per_peer=most_per_peer,
        ),
        "mail.test",
        tls,
    )
    async with services.running():
        with listening_socket("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            if is_database_there:
                await services.directory.refresh()
            await receiver.start(listener)
            try:
                yield MailHouse(services=services, receiver=receiver, port=port)
            finally:
                await receiver.stop(1.0)


async def kept(conn: Connection) -> Sequence[tuple[str, bytes, dict[str, str]]]:
    """Return all mails that were kept, with their channel and envelope."""
    cursor = await conn.execute(
        "SELECT c.name, e.body, e.headers FROM inbound_events AS e"
        " JOIN channels AS c ON c.customer_id = e.customer_id AND c.id = e.channel_id"
        " ORDER BY c.name, e.received_at, e.id"
    )
    return [(row[0], bytes(row[1]), row[2]) for row in await cursor.fetchall()]
