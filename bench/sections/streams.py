"""Open streams: from the commit of a change to the client, and the memory of each stream.

Two spreads: many customers with a hundred streams each, and the worst case, one customer who has
them all, so that every change goes to every stream.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from app.ids import new_id, new_key
from bench import stream_clients
from bench.databases import fresh_database, run
from bench.figures import Figure, Latency, Target, figure, latency_of
from bench.http_client import Client, body_of
from bench.plan import Plan
from bench.processes import HOST, Server, call, web_server
from domain.api_key import hash_key
from store.api_keys import insert_key
from store.database import Connection, connect
from store.notifications import notify_changes
from store.outbox import Change, append_changes

SECTION = "streams"

_MOST_SAMPLES = 20_000
_P95 = Target(most=200.0)
_GAP_SECONDS = 0.02
_GAUGE = "live_streams "
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Units: bytes of memory for each stream, seconds of the server's processor."""

    p95_ms: float
    latency: Latency
    complete: int
    stream_bytes: float
    cpu_seconds: float
    events: int


def measure(plan: Plan) -> list[Figure]:
    """Hold the streams open twice, and let changes arrive."""
    figures: list[Figure] = []
    for customers in (plan.sizes.stream_customers, 1):
        owners = f"{customers} customers" if customers > 1 else "one customer"
        name = f"{plan.sizes.streams:,} streams of {owners}"
        plan.say(name)
        figures += _figures(name, _round(plan, customers), plan)
    return figures


def _figures(name: str, done: _Round, plan: Plan) -> list[Figure]:
    share = done.cpu_seconds / plan.sizes.stream_seconds
    delay = Figure(
        section=SECTION,
        name=f"{name}, commit to client, p95",
        value=done.p95_ms,
        unit="ms",
        latency=done.latency,
        target=_P95,
        is_met=_P95.is_met(done.p95_ms),
        details={"events_delivered": done.events, "server_cores": share},
    )
    return [
        delay,
        figure(
            SECTION,
            f"{name}, complete",
            done.complete,
            "streams",
            Target(least=plan.sizes.streams),
        ),
        figure(SECTION, f"{name}, memory", done.stream_bytes / 1024, "KiB each"),
        figure(SECTION, f"{name}, processor", 100 * share, "% of a core"),
    ]


def _round(plan: Plan, customers: int) -> _Round:
    sizes = plan.sizes
    keys = [new_key() for _ in range(customers)]
    changes = int(sizes.stream_rate * sizes.stream_seconds) // customers * customers
    with fresh_database(plan.server_url) as url:
        run(_prepare(url, keys))
        with web_server(url, ("-m", "app.cli", "serve")) as server:
            expected = changes // customers
            job = stream_clients.Job(
                host=HOST,
                port=server.port,
                keys=keys,
                streams=sizes.streams,
                expected=expected,
                # Odd, so that the sample has streams of every customer.
                sample_every=sizes.streams * expected // _MOST_SAMPLES | 1,
            )
            return run(_measure(url, server, job, changes, sizes.stream_rate))


async def _measure(
    url: str, server: Server, job: stream_clients.Job, changes: int, rate: float
) -> _Round:
    before = _resident_bytes(server)
    clients = asyncio.create_task(
        asyncio.to_thread(call, "bench.stream_clients", job, stream_clients.Result)
    )
    await _until_open(server, job)
    after, cpu = _resident_bytes(server), server.cpu_seconds()
    committed = await _write(url, len(job.keys), changes, rate)
    cpu = server.cpu_seconds() - cpu
    result = await clients
    seconds = [max(0.0, at - committed[seq]) for seq, at in result.samples]
    return _Round(
        p95_ms=1000 * sorted(seconds)[int(0.95 * len(seconds))],
        latency=latency_of(seconds),
        complete=result.complete,
        stream_bytes=(after - before) / job.streams,
        cpu_seconds=cpu,
        events=result.received,
    )


async def _prepare(url: str, keys: Sequence[str]) -> None:
    async with await connect(url, "bench", prepare=False) as conn:
        for customer_id, key in enumerate(keys, 1):
            await conn.execute(
                b"INSERT INTO customers (id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (customer_id, f"customer {customer_id}"),
            )
            await insert_key(
                conn,
                customer_id=customer_id,
                key_id=new_id(),
                name="bench",
                key_hash=hash_key(key),
                scopes=["conversations:read", *(["installation:read"] if customer_id == 1 else ())],
            )


async def _write(url: str, customers: int, changes: int, rate: float) -> list[float]:
    """Commit changes at a steady rate, as a worker does; return when each was committed."""
    committed: list[float] = []
    async with await connect(url, "bench") as conn, await connect(url, "bench") as ready_reporter:
        telling = asyncio.create_task(_tell(ready_reporter, committed))
        began = time()
        for seq in range(changes):
            await asyncio.sleep(max(0.0, began + seq / rate - time()))
            change = Change(
                type="message.received",
                conversation_id=new_id(),
                message_id=new_id(),
                version=1,
                message_seq=seq,
            )
            async with conn.transaction():
                await conn.execute(b"SET LOCAL synchronous_commit = off")
                await append_changes(conn, seq % customers + 1, [change])
            committed.append(time())
        await asyncio.sleep(_GAP_SECONDS)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return committed


async def _tell(conn: Connection, committed: list[float]) -> None:
    """Notify as often as the worker's own waker does."""
    told = 0
    while True:
        if told < len(committed):
            told = len(committed)
            await notify_changes(conn)
        await asyncio.sleep(_GAP_SECONDS)


async def _until_open(server: Server, job: stream_clients.Job) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await asyncio.to_thread(_open_streams, server, job.keys[0]) < job.streams:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _open_streams(server: Server, key: str) -> int:
    with Client(HOST, server.port, f"Bearer {key}") as client:
        lines = body_of(client.get("/metrics")).decode().splitlines()
    return int(float(next(line for line in lines if line.startswith(_GAUGE)).split()[1]))


def _resident_bytes(server: Server) -> int:
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])
