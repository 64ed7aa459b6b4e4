"""One worker process of a peer over its own queue of empty jobs, stopping when it is empty.

Settings are those the peer's documentation gives for speed: see `sections/peers.py`.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Literal

import msgspec

from bench.child import serve_one
from bench.databases import run

Peer = Literal["procrastinate", "pgqueuer"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`at_once` is procrastinate's concurrency and pgqueuer's batch size."""

    peer: Peer
    database_url: str
    jobs: int
    at_once: int


class Result(msgspec.Struct, kw_only=True):
    """`seconds` from the start to the last job's run: how long a peer takes to stop is its own."""

    began: float
    processed: int = 0
    seconds: float = 0.0

    def count(self) -> int:
        self.processed += 1
        self.seconds = monotonic() - self.began
        return self.processed


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
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    app = procrastinate.App(connector=connector)
    result = Result(began=0.0)

    @app.task(name="empty")
    async def empty() -> None:
        result.count()

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        no_arguments: list[JSONDict] = [{} for _ in range(job.jobs)]
        await empty.batch_defer_async(*no_arguments)
        result.began = monotonic()
        await app.run_worker_async(
            concurrency=job.at_once,
            wait=False,
            listen_notify=False,
            delete_jobs="successful",
            install_signal_handlers=False,
        )
    return result


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
    result = Result(began=monotonic())

    @manager.entrypoint("empty")
    async def empty(_job: object) -> None:
        if result.count() == job.jobs:
            manager.shutdown.set()

    await manager.run(batch_size=job.at_once)
    return result


if __name__ == "__main__":
    main()
