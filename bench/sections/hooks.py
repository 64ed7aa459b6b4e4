"""Hooks: how soon a healthy receiver hears of a message, alone and beside two that are ill.

One hangs, the other answers 500; both are told the same events. A web process and a worker run as
they do in production. The two cases take turns in the same run, so that the machine is the same.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter

import httpx

from app.clock import utc_now
from app.ids import new_id
from bench.databases import CUSTOMER_ID, SECRET_KEY, add_channel, fresh_database, run
from bench.figures import Figure, Latency, Target, figure, latency_of
from bench.messages import sms
from bench.plan import Plan
from bench.processes import HOST, web_server, worker_process
from domain.channel import Channel
from domain.hook import secrets_place
from domain.sealing import Sealer
from domain.webhook_url import webhook_url
from store.database import connect
from store.hooks import NewHook, insert_hook

SECTION = "hooks"

_RATE = 20.0
_PEOPLE = 200
_ROUNDS = 4
_LOOKS, _LOOK_SECONDS = 600, 0.05
_SECRET = "whsec_c2VjcmV0IG9mIHRoZSBiZW5jaA=="  # noqa: S105  # thrown away
_NUMBER = re.compile(rb'"body":"[^"]* ([0-9]{9})\.')
_NONE = Target(most=0.0)
_UNCHANGED = Target(most=1.25)
_ILL_ON = b"UPDATE hooks SET disabled_at = NULL, disabled_reason = NULL, enabled_at = now()"
_ILL_OFF = b"""
    UPDATE hooks SET disabled_at = now(), disabled_reason = 'by_hand' WHERE url NOT LIKE '%/well'
"""


@dataclass(slots=True, kw_only=True)
class _Receiver:
    """`status` None lets every request hang. `heard` is when each message was told first."""

    status: int | None
    port: int = 0
    requests: int = 0
    heard: dict[int, float] = field(default_factory=dict[int, float])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        found = _NUMBER.search(await reader.readexactly(length))
        self.requests += 1
        if found:
            self.heard.setdefault(int(found[1]), perf_counter())
        if self.status is None:
            await reader.read()
        else:
            writer.write(b"HTTP/1.1 %d Whatever\r\ncontent-length: 0\r\n\r\n" % self.status)
        writer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Seconds from the webhook's request to the healthy receiver, and what it did not hear."""

    alone: list[float] = field(default_factory=list[float])
    beside: list[float] = field(default_factory=list[float])
    lost: int
    failed: int
    hung: int


def measure(plan: Plan) -> list[Figure]:
    """Let messages come in at a steady rate, alone and beside two ill hooks, in turns."""
    with fresh_database(plan.server_url) as url:
        seen = run(_measure(url, plan.sizes.hook_seconds))
    alone, beside = latency_of(seen.alone), latency_of(seen.beside)
    name = f"a healthy hook at {_RATE:.0f} messages/s"
    ratio = figure(
        SECTION, "its p99 beside them, by that alone", beside.p99_ms / alone.p99_ms, "", _UNCHANGED
    )
    return [
        _latency(f"{name}, alone", alone, len(seen.alone)),
        _latency(f"{name}, beside one that hangs and one that fails", beside, len(seen.beside)),
        ratio,
        figure(SECTION, "told to nobody", seen.lost, "messages", _NONE),
        figure(SECTION, "requests that failed", seen.failed, ""),
        figure(SECTION, "requests that hung", seen.hung, ""),
    ]


def _latency(name: str, latency: Latency, count: int) -> Figure:
    return Figure(section=SECTION, name=name, latency=latency, details={"messages": count})


async def _measure(url: str, seconds: float) -> _Seen:
    async with (
        _receiver(200) as well,
        _receiver(500) as failing,
        _receiver(None) as hanging,
        httpx.AsyncClient(timeout=30, trust_env=False) as client,
    ):
        channel = await _prepare(url, well=well, failing=failing, hanging=hanging)
        places = tuple(f"{HOST}:{receiver.port}" for receiver in (well, failing, hanging))
        with (
            web_server(url, ("-m", "app.cli", "serve")) as server,
            worker_process(url, hook_private_hosts=places),
        ):
            hook = webhook_url(f"http://{HOST}:{server.port}", channel)
            turns: dict[bool, list[float]] = {False: [], True: []}
            posted: dict[int, float] = {}
            await _post(client, hook, posted, seconds=2.0)
            await _until_heard(well, posted)
            for _ in range(_ROUNDS):
                for is_beside in (False, True):
                    async with await connect(url, "bench", prepare=False) as conn:
                        await conn.execute(_ILL_ON if is_beside else _ILL_OFF)
                    first = len(posted)
                    await _post(client, hook, posted, seconds)
                    await _until_heard(well, posted)
                    turns[is_beside] += [
                        well.heard[number] - posted[number]
                        for number in range(first, len(posted))
                        if number in well.heard
                    ]
        return _Seen(
            alone=turns[False],
            beside=turns[True],
            lost=len(posted.keys() - well.heard.keys()),
            failed=failing.requests,
            hung=hanging.requests,
        )


async def _post(
    client: httpx.AsyncClient, url: str, posted: dict[int, float], seconds: float
) -> None:
    """Post messages at a steady rate; note when each was posted."""
    began, first, sending = perf_counter(), len(posted), set[asyncio.Task[httpx.Response]]()
    for number in range(first, first + round(seconds * _RATE)):
        await asyncio.sleep(max(0.0, began + (number - first) / _RATE - perf_counter()))
        at = utc_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        content = sms(new_id(), number % _PEOPLE, number, at)
        posted[number] = perf_counter()
        headers = {"content-type": "application/json"}
        sending.add(asyncio.create_task(client.post(url, content=content, headers=headers)))
    for response in await asyncio.gather(*sending):
        response.raise_for_status()


async def _until_heard(well: _Receiver, posted: dict[int, float]) -> None:
    for _ in range(_LOOKS):
        if len(well.heard) == len(posted):
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _prepare(url: str, **receivers: _Receiver) -> Channel:
    async with await connect(url, "bench", prepare=False) as conn:
        for name, receiver in receivers.items():
            hook_id = new_id()
            place = secrets_place(CUSTOMER_ID, hook_id)
            new = NewHook(
                id=hook_id,
                url=f"http://{HOST}:{receiver.port}/{name}",
                types=["message.received.v1"],
                channel_id=None,
                secrets=Sealer(SECRET_KEY).seal([_SECRET], place),
                created_by=None,
            )
            await insert_hook(conn, CUSTOMER_ID, new, len(receivers))
        await conn.execute(_ILL_OFF)
        return await add_channel(conn, "sms", "desk")


@asynccontextmanager
async def _receiver(status: int | None) -> AsyncGenerator[_Receiver]:
    """Serve on a port of its own; what hangs ends with its client."""
    receiver = _Receiver(status=status)
    server = await asyncio.start_server(receiver.serve, HOST, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()
