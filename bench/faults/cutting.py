"""Connections to Postgres cut at every byte of the commit exchange: was it committed or not?

Each cut hits the connection of the group commit in the middle of one delivery. In a second round
the proxy refuses new connections for a moment, too, so that the delivery goes to the spool.
"""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Timer
from time import sleep
from urllib.parse import parse_qs, urlsplit

from app.embedded_postgres import embedded_postgres
from bench.databases import add_channel, fresh_database, run
from bench.faults.count import count, wait_until_processed
from bench.faults.installation import HOST, installation
from bench.faults.plan import FaultPlan
from bench.faults.proxy import Cut, Direction, Proxy
from bench.faults.traffic import message_ids, writer_of
from bench.figures import Figure, Target, figure
from bench.http_client import is_complete
from domain.channel import Channel
from store.database import connect

SECTION = "cut"

_NAME = b"inlet ingest"
_WARM_UP = 10
_REFUSED_SECONDS = 0.1
_SETTLE_SECONDS = 60.0
_MOST_TRIES = 50
_PAUSE_SECONDS = 0.05
_BETWEEN_SECONDS = 0.002
_SHORT_STEP = 10


def break_it(plan: FaultPlan) -> list[Figure]:
    """Cut at every offset and count."""
    with (
        embedded_postgres(plan.folder / "cut_database") as server_url,
        fresh_database(server_url) as url,
        Proxy(_socket_of(url), _NAME).running() as proxy,
        installation(plan.folder / "cut", _through(proxy, url)) as running,
    ):
        caller = _Caller(running.port, run(_channel(url)))
        accepted = _cut_everywhere(proxy, caller, plan)
        running.wait_until_spool_is_empty(_SETTLE_SECONDS)
        took = wait_until_processed(url, _SETTLE_SECONDS)
        counted = count(url, message_ids(accepted))
    return [
        figure(SECTION, "connections cut", proxy.cuts, "", Target(least=200)),
        figure(SECTION, "tries that had to be repeated", caller.repeated, ""),
        *counted.figures(SECTION),
        figure(SECTION, "at rest after", took, " s"),
    ]


class _Caller:
    """A provider with one delivery at a time, which it repeats until it is accepted."""

    def __init__(self, port: int, channel: Channel) -> None:
        self._address = (HOST, port)
        self._write: Callable[[int], bytes] = writer_of(channel, HOST, port)
        self._next = 0
        self.repeated = 0

    def deliver(self) -> int:
        number, self._next = self._next, self._next + 1
        for _ in range(_MOST_TRIES):
            with suppress(OSError):
                if self._status(self._write(number)) < 300:
                    return number
            self.repeated += 1
            sleep(_PAUSE_SECONDS)
        raise RuntimeError("a delivery is not accepted")

    def _status(self, request: bytes) -> int:
        with socket.create_connection(self._address, timeout=15) as connection:
            connection.sendall(request)
            reply = b""
            while not is_complete(reply):
                chunk = connection.recv(65536)
                if not chunk:
                    raise ConnectionError("no answer")
                reply += chunk
        return int(reply[9:12])


def _cut_everywhere(proxy: Proxy, caller: _Caller, plan: FaultPlan) -> list[int]:
    accepted = [caller.deliver() for _ in range(_WARM_UP)]
    before = dict(proxy.seen)
    accepted.append(caller.deliver())
    request, answer = (proxy.seen[way] - before[way] for way in ("request", "answer"))
    plan.say(f"a commit is {request} bytes there and {answer} back")
    is_whole = plan.lengths.cut_requests
    requests = range(0, request, 1 if is_whole else _SHORT_STEP)
    refused = range(0, answer + 1, 1 if is_whole else _SHORT_STEP)
    accepted += _cut_at(proxy, caller, "answer", range(answer + 1), refused=0.0)
    accepted += _cut_at(proxy, caller, "answer", refused, refused=_REFUSED_SECONDS)
    accepted += _cut_at(proxy, caller, "request", requests, refused=0.0)
    return accepted


def _cut_at(
    proxy: Proxy, caller: _Caller, direction: Direction, offsets: Iterable[int], *, refused: float
) -> list[int]:
    accepted: list[int] = []
    for offset in offsets:
        cut = proxy.cut = Cut(direction, offset)
        if refused:
            proxy.refuses = True
            Timer(refused, _take_again, (proxy,)).start()
        # What comes while the database counts as away goes to the spool, and cannot be cut.
        while not cut.is_done:
            accepted.append(caller.deliver())
            sleep(_BETWEEN_SECONDS)
    proxy.cut = None
    return accepted


def _take_again(proxy: Proxy) -> None:
    proxy.refuses = False


def _socket_of(url: str) -> str:
    fields = parse_qs(urlsplit(url).query)
    return f"{fields['host'][0]}/.s.PGSQL.{fields['port'][0]}"


def _through(proxy: Proxy, url: str) -> str:
    name = urlsplit(url).path
    return f"postgresql://postgres@127.0.0.1:{proxy.port}{name}?sslmode=disable&gssencmode=disable"


async def _channel(url: str) -> Channel:
    async with await connect(url, "bench") as conn:
        return await add_channel(conn, "sms", "cut")
