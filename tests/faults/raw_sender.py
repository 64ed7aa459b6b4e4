"""A provider on raw sockets: sees every refusal and reset, which a client library may hide."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec
from inlet_up import a_text

_ANSWER_SECONDS = 20.0


@dataclass(slots=True, kw_only=True)
class SendCounts:
    """What became of the deliveries. Each is sent once: nothing is tried again."""

    accepted: list[str] = field(default_factory=list[str])
    refused: list[str] = field(default_factory=list[str])
    broken_off: list[str] = field(default_factory=list[str])
    other_statuses: list[bytes] = field(default_factory=list[bytes])
    slowest_seconds: float = 0.0


class RawSender:
    """Sends over connections that are kept, and over a new one for each delivery."""

    def __init__(self, sms_url: str) -> None:
        parts = urlsplit(sms_url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._path = parts.path.encode()
        self._number = 0
        self.counts = SendCounts()

    async def keep_sending(self, is_over: Callable[[], bool], pause: float) -> None:
        """Use one connection for as long as the server lets us."""
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not is_over():
            if connection is None or connection[0].at_eof():
                connection = await self._connect()
            if connection and not await self._send(*connection):
                connection[1].close()
                connection = None
            await asyncio.sleep(pause)
        if connection:
            connection[1].close()

    async def send_anew(self, is_over: Callable[[], bool], pause: float) -> None:
        """Use a new connection for each delivery."""
        while not is_over():
            connection = await self._connect()
            if connection:
                await self._send(*connection)
                connection[1].close()
            await asyncio.sleep(pause)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            return await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            self.counts.refused.append(type(error).__name__)
            return None

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Deliver one SMS; say whether the connection can be used again."""
        self._number += 1
        name = f"raw-{self._number}"
        body = msgspec.json.encode(a_text(name))
        head = b"POST %s HTTP/1.1\r\nHost: inlet\r\nContent-Type: application/json\r\n"
        began = asyncio.get_running_loop().time()
        try:
            writer.write(head % self._path + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await reader.readuntil(b"\r\n\r\n")
                fields = answer.lower()
                size = int(fields.split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(size)
        except (OSError, EOFError, TimeoutError) as error:
            self.counts.broken_off.append(type(error).__name__)
            return False
        seconds = asyncio.get_running_loop().time() - began
        self.counts.slowest_seconds = max(self.counts.slowest_seconds, seconds)
        if answer.startswith(b"HTTP/1.1 200 "):
            self.counts.accepted.append(name)
        else:
            self.counts.other_statuses.append(answer[9:12])
        return b"connection: close" not in fields
