"""Minutes at four fifths of the measured capacity: memory and dead tuples must stay flat."""

import asyncio
from array import array
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

from app.embedded_postgres import embedded_postgres
from bench.databases import add_channel, fresh_database, read_one, run
from bench.faults.count import count, wait_until_processed
from bench.faults.installation import HOST, Installation, installation
from bench.faults.plan import FaultPlan
from bench.faults.sender import Sender
from bench.faults.traffic import message_ids, writer_of
from bench.figures import Figure, Target, figure
from domain.channel import Channel
from store.database import Connection, connect

SECTION = "soak"

_CONNECTIONS = 64
_SHARE = 0.8
_SAMPLES = 120
_SETTLE_SECONDS = 300.0
_MOST_GROWTH = Target(most=1.1)
_DEAD_TUPLES = b"SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'inbound_queue'"
_QUEUE_BYTES = b"SELECT pg_total_relation_size('inbound_queue')"
_MESSAGES = b"SELECT count(*) FROM messages"
_DEPTH = b"SELECT count(*) FROM inbound_queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """Units: MiB for processes, rows, bytes."""

    web: float
    worker: float
    dead_tuples: int
    queue_bytes: int
    depth: int


def break_it(plan: FaultPlan) -> list[Figure]:
    """Measure the capacity, then load four fifths of it for a long time."""
    with (
        embedded_postgres(plan.folder / "soak_database") as server_url,
        fresh_database(server_url) as url,
        installation(plan.folder / "soak", url) as running,
    ):
        channel = run(_channel(url))
        sender = Sender(
            HOST,
            running.port,
            connections=_CONNECTIONS,
            write=writer_of(channel, HOST, running.port),
        )
        capacity, samples = run(_soak(plan, running, sender, url))
        running.wait_until_spool_is_empty(_SETTLE_SECONDS)
        took = wait_until_processed(url, _SETTLE_SECONDS)
        counted = count(url, message_ids(sender.outcome.accepted))
    return [
        figure(SECTION, "capacity, webhook to conversation", capacity, "/s"),
        figure(SECTION, "deliveries", sender.sent, ""),
        Figure(section=SECTION, name="first try to success", latency=sender.outcome.latency),
        *_growth("web", [sample.web for sample in samples]),
        *_growth("worker", [sample.worker for sample in samples]),
        figure(SECTION, "most dead tuples in the queue", max(s.dead_tuples for s in samples), ""),
        figure(
            SECTION, "largest queue on disk", max(s.queue_bytes for s in samples) / 2**20, " MiB"
        ),
        figure(SECTION, "deepest queue", max(sample.depth for sample in samples), ""),
        figure(SECTION, "at rest after", took, " s"),
        *counted.figures(SECTION),
    ]


def _growth(name: str, memory: list[float]) -> list[Figure]:
    """Compare the last quarter with the second one: the first is for warming up."""
    quarter = max(1, len(memory) // 4)
    early, late = median(memory[quarter : 2 * quarter]), median(memory[-quarter:])
    return [
        figure(SECTION, f"memory of {name}, second quarter", early, " MiB"),
        figure(SECTION, f"memory of {name}, last quarter", late, " MiB"),
        figure(SECTION, f"growth of {name}", late / early, "x", _MOST_GROWTH),
    ]


async def _channel(url: str) -> Channel:
    async with await connect(url, "bench") as conn:
        return await add_channel(conn, "sms", "soaked")


async def _soak(
    plan: FaultPlan, running: Installation, sender: Sender, url: str
) -> tuple[float, list[_Sample]]:
    async with await connect(url, "bench") as conn:
        capacity = await _capacity(sender, conn, url, plan.lengths.probe_seconds)
        plan.say(f"capacity {capacity:,.0f}/s; soaking at {_SHARE * capacity:,.0f}/s")
        sender.outcome.seconds = array("d")
        load = asyncio.create_task(sender.send(_SHARE * capacity, plan.lengths.soak_seconds))
        samples: list[_Sample] = []
        while not load.done():
            samples.append(await _sample(running, conn))
            await asyncio.sleep(plan.lengths.soak_seconds / _SAMPLES)
        await load
    await sender.settle(_SETTLE_SECONDS)
    sender.close()
    return capacity, samples


async def _capacity(sender: Sender, conn: Connection, url: str, probe_seconds: float) -> float:
    """Raise the rate until messages no longer keep up; return what was processed then."""
    rate = 500.0
    best = await _warm_up(sender, conn, url, rate, probe_seconds)
    while True:
        before, began = await read_one(conn, _MESSAGES), monotonic()
        await sender.send(rate, probe_seconds)
        done = (await read_one(conn, _MESSAGES) - before) / (monotonic() - began)
        best = max(best, done)
        if done < 0.8 * rate:
            break
        rate *= 1.5
    await _settle(sender, url)
    return best


async def _warm_up(
    sender: Sender, conn: Connection, url: str, rate: float, probe_seconds: float
) -> float:
    """Return the rate at which all of a first load became messages: what is possible at least.

    A short probe alone could end before the first message is there, on a busy machine.
    """
    began = monotonic()
    await sender.send(rate, probe_seconds)
    await _settle(sender, url)
    return await read_one(conn, _MESSAGES) / (monotonic() - began)


async def _settle(sender: Sender, url: str) -> None:
    await sender.settle(_SETTLE_SECONDS)
    await asyncio.to_thread(wait_until_processed, url, _SETTLE_SECONDS)


async def _sample(running: Installation, conn: Connection) -> _Sample:
    return _Sample(
        web=_memory(running.pid_of("web")),
        worker=_memory(running.pid_of("worker")),
        dead_tuples=await read_one(conn, _DEAD_TUPLES),
        queue_bytes=await read_one(conn, _QUEUE_BYTES),
        depth=await read_one(conn, _DEPTH),
    )


def _memory(pid: int | None) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
