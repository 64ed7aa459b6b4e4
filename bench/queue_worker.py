"""A worker process as `inlet work` runs it, which stops at an empty queue and says how it went."""

from collections.abc import Callable
from time import monotonic, process_time

import msgspec

from app.work import worker_config
from bench.child import serve_one
from bench.databases import run
from bench.processes import settings_for
from worker.loop import Worker


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`most_events` ends the work early; zero works until the queue is empty."""

    database_url: str
    most_events: int = 0


class Result(msgspec.Struct, kw_only=True):
    """Units: seconds; `began` and `ended` on the clock that all processes share."""

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
    return lambda: run(_work(worker, job.most_events))


async def _work(worker: Worker, most_events: int) -> Result:
    cpu_before = process_time()
    result = Result(began=monotonic(), ended=monotonic())
    while not most_events or result.events < most_events:
        batch = await worker.step()
        if not batch.claimed:
            break
        result.events += len(batch.claimed)
        result.failures += len(batch.failures)
        result.claim_seconds += batch.claim_seconds
        result.read_seconds += batch.read_seconds
        result.write_seconds += batch.write_seconds
        await worker.report_when_due()
        result.ended = monotonic()
    result.cpu_seconds = process_time() - cpu_before
    await worker.close()
    return result


if __name__ == "__main__":
    main()
