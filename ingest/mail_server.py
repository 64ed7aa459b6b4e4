"""All connections of SMTP of a process: how many there may be, and how they end. Knows no mail."""

import asyncio
import socket
import ssl
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from ingest import metrics
from ingest.mail_intake import MailIntake
from ingest.mail_session import MailSession, SessionLimits
from ingest.room import Room

_IPV6_HOST_BITS = 64  # whoever has one address of IPv6 has that many


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerLimits:
    """How many connections there may be; 0 of a peer means any number."""

    session: SessionLimits
    most_connections: int = 500
    most_per_peer: int = 50


class MailReceiver:
    """Answers SMTP on one listening socket. `hostname` is what it calls itself."""

    def __init__(
        self,
        mail_intake: MailIntake,
        room: Room,
        limits: MailServerLimits,
        hostname: str,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._mail_intake = mail_intake
        self._room = room
        self._limits = limits
        self._hostname = hostname
        self._tls = tls
        self._open: set[MailSession] = set()
        self._peers: Counter[int | str] = Counter()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._listening: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._session, sock=listener)

    async def stop(self, within_seconds: float) -> None:
        """Accept no more, finish the mails that are in hand, and end; what takes longer is cut."""
        if self._listening is not None:
            self._listening.close()
        for session in list(self._open):
            session.end()
        try:
            async with asyncio.timeout(within_seconds):
                await self._none_open.wait()
        except TimeoutError:
            for session in list(self._open):
                session.abort()

    def _session(self) -> MailSession:
        return MailSession(
            self._mail_intake,
            self._room,
            self._limits.session,
            self._hostname,
            self._tls,
            self._begin,
            self._end,
        )

    def _begin(self, session: MailSession) -> bool:
        peer = _client_of(session.peer_address)
        is_peer_full = 0 < self._limits.most_per_peer <= self._peers[peer]
        if is_peer_full or len(self._open) >= self._limits.most_connections:
            return False
        self._peers[peer] += 1
        self._open.add(session)
        self._none_open.clear()
        metrics.SMTP_CONNECTIONS.set(len(self._open))
        return True

    def _end(self, session: MailSession) -> None:
        self._open.discard(session)
        peer = _client_of(session.peer_address)
        self._peers[peer] -= 1
        if not self._peers[peer]:
            del self._peers[peer]
        if not self._open:
            self._none_open.set()
        metrics.SMTP_CONNECTIONS.set(len(self._open))


def _client_of(address: str) -> int | str:
    """Return one value for all addresses that are likely one peer."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return int(ip) >> _IPV6_HOST_BITS if isinstance(ip, IPv6Address) else int(ip)
