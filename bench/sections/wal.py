"""WAL bytes per message, for keeping the event and for processing it.

Just after a checkpoint the first change of every page logs the whole page; the steady state is
what follows once most pages in use were logged so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bench import queue_worker
from bench.backlog import Traffic, events_of, record
from bench.databases import add_channel, execute, fresh_database, read_one, run
from bench.figures import Figure, figure
from bench.plan import Plan
from bench.processes import call
from store.database import Connection, connect
from store.events import NewEvent

SECTION = "wal"

_POSITION = b"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Halves:
    """Units: bytes per message."""

    after_checkpoint: float
    steady: float


def measure(plan: Plan) -> list[Figure]:
    """Measure on one database, where as many messages have gone before."""
    batch = plan.sizes.wal_batch
    with fresh_database(plan.server_url) as url:
        kept = run(_keep(url, plan))
        processed = _process(url, plan)
    names = (f"keep, {batch} in a commit", "process")
    figures: list[Figure] = []
    for name, halves in zip(names, (kept, processed), strict=True):
        figures.append(_line(f"{name}, steady", halves.steady))
        figures.append(_line(f"{name}, after a checkpoint", halves.after_checkpoint))
    return figures


def _line(name: str, value: float) -> Figure:
    return figure(SECTION, name, value, " B")


async def _keep(url: str, plan: Plan) -> _Halves:
    count = plan.sizes.wal_messages
    async with await connect(url, "bench") as conn:
        traffic = Traffic(
            sms_channel=await add_channel(conn, "sms", "sms"), contacts=plan.sizes.worker_contacts
        )
        events = events_of(traffic, 4 * count)
        await _record(conn, plan, events, 2 * count)
        await conn.execute(b"CHECKPOINT")
        after = await _record(conn, plan, events, count)
        steady = await _record(conn, plan, events, count)
    return _Halves(after_checkpoint=after, steady=steady)


async def _record(conn: Connection, plan: Plan, events: Iterator[NewEvent], count: int) -> float:
    before = await read_one(conn, _POSITION)
    await record(conn, islice(events, count), plan.sizes.wal_batch)
    return float(await read_one(conn, _POSITION) - before) / count


def _process(url: str, plan: Plan) -> _Halves:
    count = plan.sizes.wal_messages
    _work(url, 2 * count)
    run(execute(url, b"CHECKPOINT"))
    return _Halves(after_checkpoint=_work(url, count), steady=_work(url, count))


def _work(url: str, count: int) -> float:
    before = run(_position(url))
    job = queue_worker.Job(database_url=url, most_events=count)
    result = call("bench.queue_worker", job, queue_worker.Result)
    return (run(_position(url)) - before) / result.events


async def _position(url: str) -> float:
    async with await connect(url, "bench") as conn:
        return float(await read_one(conn, _POSITION))
