"""A transport that connects to public addresses alone, whatever name led there.

A name is resolved here, once, and the connection goes to the address that was looked at: a name
that says something else a moment later changes nothing. TLS still asks for the name
(https://www.python-httpx.org/advanced/extensions/, `sni_hostname`). Knows no message.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence

import httpx

from domain.public_address import is_public
from worker.sending.provider_request import CONNECT_SECONDS, authorities

_MOST_TRIED = 4
_PORTS = {"https": 443, "http": 80}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotPublic(httpx.ConnectError):
    """A name leads to no public address, or its port is no usual one."""


class GuardedTransport(httpx.AsyncBaseTransport):
    """`private_hosts` are those that may be anywhere and on any port, as `HOST:PORT`."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, private_hosts: Collection[str], resolve: Resolve
    ) -> None:
        self._inner = inner
        self._private_hosts = frozenset(private_hosts)
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make a request at the first address that takes it.

        Raises: NotPublic, or what the transport within raises.
        """
        usual = _PORTS.get(request.url.scheme, 0)
        host, port = request.url.raw_host.decode("ascii"), request.url.port or usual
        is_exempt = f"{host}:{port}" in self._private_hosts
        if port != usual and not is_exempt:
            raise NotPublic("a port that no web server has")
        found = await self._resolve(host, port)
        addresses = [address for address in found if is_exempt or is_public(address)]
        if not addresses:
            raise NotPublic("no public address")
        return await self._first(request, host, addresses[:_MOST_TRIED])

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _first(
        self, request: httpx.Request, host: str, addresses: Sequence[str]
    ) -> httpx.Response:
        *others, last = addresses
        for address in others:
            try:
                return await self._inner.handle_async_request(_at(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_at(request, host, last))


def open_guarded_client(
    most_connections: int, answer_seconds: float, private_hosts: Collection[str]
) -> httpx.AsyncClient:
    """Make a client that follows no redirect, heeds no proxy setting and keeps no connection.

    One that was kept would serve another name at the same address, for which TLS never vouched.
    """
    limits = httpx.Limits(max_connections=most_connections, max_keepalive_connections=0)
    inner = httpx.AsyncHTTPTransport(verify=authorities(), limits=limits, trust_env=False)
    return httpx.AsyncClient(
        transport=GuardedTransport(inner, private_hosts, resolve_host),
        timeout=httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS),
        headers={"user-agent": "Inlet", "accept-encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
    )


async def resolve_host(host: str, port: int) -> list[str]:
    """List the addresses of a host, in the order in which they are to be tried.

    Raises: httpx.ConnectError where it has none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError("the name is not known") from error
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _at(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """Write the same request for one address; its Host header is the name's already."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
