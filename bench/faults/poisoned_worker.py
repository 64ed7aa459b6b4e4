"""A worker as `inlet work` runs it, over a backlog with or without poison, timed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import msgspec

from app.garbage_collection import collect_rarely
from app.logging import configure_logging
from app.work import worker_config
from bench.child import serve_one
from bench.databases import read_one, run
from bench.faults.poisoned import POISONED
from bench.processes import settings_for
from domain.retry import RetryPolicy
from store.database import Connection, connect
from worker.config import WorkerConfig
from worker.loop import run_worker
from worker.reading.batch_reader import ReaderConfig

_NEW = b"SELECT EXISTS (SELECT FROM inbound_queue WHERE lane = 0 AND attempt_count = 0)"
_ANY = b"SELECT EXISTS (SELECT FROM inbound_queue)"
_READERS = ReaderConfig(registry="bench.faults.poisoned:POISONED")
_LOOK_EVERY_SECONDS = 0.25


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A backlog to work off; `most_seconds` is for what poison is left in the end; 0 leaves it."""

    database_url: str
    is_poisoned: bool
    most_seconds: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Units: seconds. `healthy` until every event was tried, `all` until the queue was empty."""

    healthy: float
    all: float


def main() -> None:
    """Do the job on stdin."""
    serve_one(Job, _prepare)


def _prepare(job: Job) -> Callable[[], Result]:
    collect_rarely()
    configure_logging("error", "json", "worker")  # stdout belongs to whoever gave us the job
    config = worker_config(settings_for(job.database_url), job.database_url)
    if job.is_poisoned:
        retry = RetryPolicy(max_retries=1, backoff_base_ms=1000)
        config = replace(config, providers=POISONED, readers=_READERS, retry=retry)
    return lambda: run(_work(config, job))


async def _work(config: WorkerConfig, job: Job) -> Result:
    stop = asyncio.Event()
    async with await connect(job.database_url, "bench") as conn:
        began = monotonic()
        working = asyncio.create_task(run_worker(config, stop))
        await _until_none(conn, _NEW, working, began + 3600)
        healthy = monotonic() - began
        if job.most_seconds:
            await _until_none(conn, _ANY, working, monotonic() + job.most_seconds)
        result = Result(healthy=healthy, all=monotonic() - began)
    stop.set()
    await working
    return result


async def _until_none(
    conn: Connection, query: bytes, working: asyncio.Task[None], deadline: float
) -> None:
    while await read_one(conn, query):
        if working.done():
            await working
        if monotonic() > deadline:
            raise RuntimeError("the queue does not empty")
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


if __name__ == "__main__":
    main()
