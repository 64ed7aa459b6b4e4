"""How many connections each address has here, and how patient we are with them. Knows no HTTP."""

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import prometheus_client as prometheus

_ENDED = prometheus.Counter("web_connections_ended", "Connections that we ended.", ["why"])
TOO_MANY = _ENDED.labels("too_many")
SLOW_HEAD = _ENDED.labels("slow_head")
SLOW_BODY = _ENDED.labels("slow_body")
TAKES_NOTHING = _ENDED.labels("takes_nothing")

_IPV6_HOST_BITS = 64  # whoever has one address of IPv6 has that many


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTimeouts:
    """How long a client may take. A body that comes at `body_bytes_per_second` is never cut."""

    head_seconds: float = 10.0
    body_seconds: float = 20.0
    body_bytes_per_second: float = 32 * 1024
    takes_nothing_seconds: float = 30.0
    linger_seconds: float = 2.0
    stopping_linger_seconds: float = 0.3
    stopping_idle_seconds: float = 1.0


class ConnectionLimits:
    """Lets each address have so many connections; 0 means any number, and so does loopback."""

    def __init__(
        self,
        most_per_address: int,
        timeouts: ClientTimeouts | None = None,
        *,
        counts_loopback: bool = False,
    ) -> None:
        self.timeouts = timeouts or ClientTimeouts()
        self.stopping_since: float | None = None
        self._most = most_per_address
        self._counts_loopback = counts_loopback
        self._open: Counter[int] = Counter()

    def admit(self, address: str | None) -> int | None:
        """Count a connection; return what `leave` wants, None where it is not counted.

        Raises: ConnectionRefusedError where the address has enough.
        """
        client = self._client_of(address) if self._most and address else None
        if client is None:
            return None
        if self._open[client] >= self._most:
            raise ConnectionRefusedError
        self._open[client] += 1
        return client

    def leave(self, client: int | None) -> None:
        """Count a connection no more."""
        if client is None:
            return
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]

    def _client_of(self, address: str) -> int | None:
        """Return a number for all addresses that are likely one client; None where not counted."""
        try:
            ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if ip.is_loopback and not self._counts_loopback:
            return None
        return int(ip) >> _IPV6_HOST_BITS if isinstance(ip, IPv6Address) else int(ip)
