"""One worker process of a peer over its own queue of empty jobs, stopping when it is empty.

Settings are those the peer's documentation gives for speed: see `sections/peers.py`.
"""

from collections.abc import Callable
from time import monotonic
from typing import Literal

import msgspec

from bench.databases import run
from bench.helper import serve_one

Peer = Literal["procrastinate", "pgqueuer"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`at_once` is procrastinate's concurrency and pgqueuer's batch size."""

    peer: Peer
    database_url: str
    jobs: int
    at_once: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    processed: int
    seconds: float


def main() -> None:
    """Do the job on stdin."""
    serve_one(Job, _prepare)


def _prepare(job: Job) -> Callable[[], Result]:
    work = _procrastinate if job.peer == "procrastinate" else _pgqueuer
    return lambda: run(work(job))


async def _procrastinate(job: Job) -> Result:
    import procrastinate
    from procrastinate.types import JSONDict

    connector = procrastinate.PsycopgConnector(conninfo=job.database_url, max_size=job.at_once + 2)
    app = procrastinate.App(connector=connector)
    processed = 0

    @app.task(name="empty")
    async def empty() -> None:
        nonlocal processed
        processed += 1

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        no_arguments: list[JSONDict] = [{} for _ in range(job.jobs)]
        await empty.batch_defer_async(*no_arguments)
        began = monotonic()
        await app.run_worker_async(
            concurrency=job.at_once,
            wait=False,
            listen_notify=False,
            delete_jobs="successful",
            install_signal_handlers=False,
        )
        return Result(processed=processed, seconds=monotonic() - began)


async def _pgqueuer(job: Job) -> Result:
    import psycopg
    from pgqueuer import QueueManager
    from pgqueuer.db import PsycopgDriver
    from pgqueuer.queries import Queries

    connection = await psycopg.AsyncConnection.connect(job.database_url, autocommit=True)
    queries = Queries(PsycopgDriver(connection))
    await queries.install()
    await queries.enqueue(["empty"] * job.jobs, [None] * job.jobs, [0] * job.jobs)
    manager = QueueManager(queries)
    processed = 0

    @manager.entrypoint("empty")
    async def empty(_job: object) -> None:
        nonlocal processed
        processed += 1
        if processed == job.jobs:
            # What is buffered is still written; its own drain mode may wait seconds to end.
            manager.shutdown.set()

    began = monotonic()
    await manager.run(batch_size=job.at_once)
    return Result(processed=processed, seconds=monotonic() - began)


if __name__ == "__main__":
    main()
