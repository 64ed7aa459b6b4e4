"""The worker's loops: batch after batch while there is work, then wait to be woken.

One takes what is live and what is repeated, two others help while much waits, and one takes, one by
one, what once stopped or stalled its reader. Whatever breaks, they go on after a pause. Polling
alone is correct; notifications make it sooner.
"""

import asyncio
from contextlib import suppress

from domain.backoff import Backoff
from store.database import connect
from store.polling import keep_listening, repeat, wake_at
from store.wake import listen
from worker.background.repeating import log_failure
from worker.config import WorkerConfig
from worker.isolated_worker import IsolatedWorker
from worker.reading.reader import NoReader
from worker.step import BacklogWorker, Worker, backlog_workers

# What a stop may take: that long a batch may go on, then its connection is cut and it rolls back.
_FINISH_SECONDS = 3.5
_ROLL_BACK_SECONDS = 0.5
_NO_TIME = 0.05

AnyWorker = Worker | BacklogWorker | IsolatedWorker


async def run_worker(config: WorkerConfig, stop: asyncio.Event) -> None:
    """Work until told to stop; the batch in hand is finished first, or rolled back after 4 s."""
    worker = Worker(config)
    others = backlog_workers(worker)
    isolated = IsolatedWorker(worker)
    woken, woken_others, woken_isolated = asyncio.Event(), asyncio.Event(), asyncio.Event()
    worker.on_backlog, worker.on_dangerous = woken_others.set, woken_isolated.set
    background = [
        asyncio.create_task(_listen(config, woken)),
        asyncio.create_task(wake_at(stop, woken, woken_others, woken_isolated)),
    ]
    workers: list[tuple[AnyWorker, asyncio.Event]] = [
        (worker, woken),
        *((member, woken_others) for member in others),
        (isolated, woken_isolated),
    ]
    with suppress(NoReader):
        await worker.start()
    working = [
        asyncio.create_task(_keep_working(member, config, stop, by)) for member, by in workers
    ]
    try:
        await stop.wait()
        # What is read alone may take long and is lost by nobody: it is read again.
        await asyncio.gather(
            *(
                _end(task, member, _NO_TIME if member is isolated else _FINISH_SECONDS)
                for (member, _), task in zip(workers, working, strict=True)
            )
        )
    finally:
        for task in (*background, *working):
            task.cancel()
        await asyncio.gather(*background, *working, return_exceptions=True)
        for member, _ in reversed(workers):
            await member.close()


async def drain(config: WorkerConfig) -> int:
    """Process whatever is due now; return how many events were claimed."""
    worker = Worker(config)
    isolated = IsolatedWorker(worker)
    claimed = 0
    try:
        while True:
            result = await worker.step()
            if not result.claimed:
                result = await isolated.step()
            if not result.claimed:
                return claimed
            claimed += len(result.claimed)
    finally:
        await isolated.close()
        await worker.close()


async def _keep_working(
    worker: AnyWorker, config: WorkerConfig, stop: asyncio.Event, woken: asyncio.Event
) -> None:
    async def step() -> float:
        result = await worker.step()
        if isinstance(worker, Worker):  # it counts what those beside it do
            await worker.report_when_due()
        if not result.claimed:
            return config.poll_seconds
        config.on_commit()
        if isinstance(worker, IsolatedWorker):
            await worker.rest(stop)
        return 0.0

    async def on_failure(error: Exception) -> None:
        if not stop.is_set():  # else its connection was cut on purpose
            log_failure(error)

    await repeat(step, stop, Backoff(config.random), on_failure, woken)


async def _end(task: asyncio.Task[None], worker: AnyWorker, seconds: float) -> None:
    """Let the step in hand end in time; else cut its connection, so that it rolls back."""
    await asyncio.wait([task], timeout=seconds)
    if not task.done():
        worker.cut()
        await asyncio.wait([task], timeout=_ROLL_BACK_SECONDS)
        task.cancel()


async def _listen(config: WorkerConfig, woken: asyncio.Event) -> None:
    await keep_listening(
        lambda: connect(config.database_url, "inlet listen"),
        [listen],
        lambda _notification: woken.set(),
        Backoff(config.random),
    )
