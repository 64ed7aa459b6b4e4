"""A worker process as `inlet work` runs it, which stops at an empty queue and says how it went."""

import asyncio
from collections.abc import Callable
from time import monotonic, process_time

import msgspec

from app.garbage_collection import collect_rarely
from app.work import worker_config
from bench.child import serve_one
from bench.databases import run
from bench.processes import settings_for
from store.database import connect
from store.polling import wait_for
from worker.background.consumers import run_consumers
from worker.background.rollups import rollup_consumer
from worker.batch import BatchResult
from worker.step import BacklogWorker, Worker, backlog_workers

_NEXT_LOOK_SECONDS = 0.002


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`most_events` ends the work early; zero works until the queue is empty.

    With `rolls_up` the roll-ups are kept beside it, as in a whole worker.
    """

    database_url: str
    most_events: int = 0
    rolls_up: bool = False


class Result(msgspec.Struct, kw_only=True):
    """Units: seconds; `began` and `ended` on the clock that all processes share.

    What a worker and its helpers take to claim, read and write overlaps.
    """

    began: float
    ended: float
    events: int = 0
    failures: int = 0
    claim_seconds: float = 0.0
    read_seconds: float = 0.0
    write_seconds: float = 0.0
    cpu_seconds: float = 0.0


def main() -> None:
    """Do the job on stdin."""
    serve_one(Job, _prepare)


def _prepare(job: Job) -> Callable[[], Result]:
    worker = Worker(worker_config(settings_for(job.database_url), job.database_url))
    collect_rarely()
    return lambda: run(_work_beside(worker, job))


async def _work_beside(worker: Worker, job: Job) -> Result:
    if not job.rolls_up:
        return await _work(worker, job.most_events)
    stop = asyncio.Event()
    following = asyncio.create_task(
        run_consumers(lambda: connect(job.database_url, "bench"), [rollup_consumer()], stop)
    )
    result = await _work(worker, job.most_events)
    stop.set()
    await following
    return result


async def _work(worker: Worker, most_events: int) -> Result:
    cpu_before = process_time()
    result = Result(began=monotonic(), ended=monotonic())
    done = asyncio.Event()
    others = backlog_workers(worker)
    await worker.start()

    async def use(member: Worker | BacklogWorker) -> None:
        while not done.is_set():
            batch = await member.step()
            if batch.claimed:
                _add(batch, result)
                if member is worker:
                    await worker.report_when_due()
            elif member is worker:
                done.set()
            else:
                await wait_for(done, _NEXT_LOOK_SECONDS)
            if most_events and result.events >= most_events:
                done.set()

    await asyncio.gather(use(worker), *map(use, others))
    result.cpu_seconds = process_time() - cpu_before
    for member in (*others, worker):
        await member.close()
    return result


def _add(batch: BatchResult, result: Result) -> None:
    result.events += len(batch.claimed)
    result.failures += len(batch.failures)
    result.claim_seconds += batch.claim_seconds
    result.read_seconds += batch.read_seconds
    result.write_seconds += batch.write_seconds
    result.ended = monotonic()


if __name__ == "__main__":
    main()
