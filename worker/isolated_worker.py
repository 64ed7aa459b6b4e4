"""Takes, one by one, the events that stopped or stalled their reader; beside a worker.

Gives way to live events, and never holds a lock while one is read.
"""

import asyncio
from time import perf_counter

from store.polling import wait_for
from worker.batch import BatchFailed, BatchResult, process_isolated
from worker.config import batch_config
from worker.failed_batch import handle_failed_batch
from worker.reading.batch_reader import BatchReader
from worker.session import Session
from worker.step import Worker
from worker.writing.row_cache import RowCache

# While live events wait, this has a fiftieth of the time, but a turn every two minutes.
_TIMES_OTHERS = 50
_LONGEST_REST = 120.0
_REST_STEP = 0.1


class IsolatedWorker:
    """What a worker has beside it for dangerous events."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        readers = worker.config.readers
        self._reader = BatchReader(readers.registry, readers.isolated) if readers else None
        read = self._reader.read_twice if self._reader else None
        self._batch = batch_config(worker.config, read, worker.locks)
        self._row_cache = RowCache()
        self._session = Session(worker.config, "inlet work isolated")
        self._rest_seconds = 0.0

    async def step(self) -> BatchResult:
        """Process one event; an empty result means that none is due.

        Raises: as Worker.step does.
        """
        while True:
            conn = await self._session.connected(self._row_cache)
            began = perf_counter()
            try:
                result = await process_isolated(conn, self._row_cache, self._batch)
            except BatchFailed as failed:
                self._row_cache.clear()
                result = await handle_failed_batch(conn, failed, self._batch)
                if result is None:
                    continue
            self._worker.account(result)
            took = perf_counter() - began
            self._rest_seconds = min(took * _TIMES_OTHERS, _LONGEST_REST) if result.claimed else 0
            return result

    async def rest(self, stop: asyncio.Event) -> None:
        """Leave the machine to live work for most of the time, for as long as there is some."""
        end = perf_counter() + self._rest_seconds
        while self._worker.has_live_work and not stop.is_set() and perf_counter() < end:
            await wait_for(stop, min(_REST_STEP, self._rest_seconds))

    def cut(self) -> None:
        """Let whatever is under way at Postgres fail at once."""
        self._session.cut()

    async def close(self) -> None:
        """Hang up, and end the reader."""
        await self._session.close()
        if self._reader is not None:
            await self._reader.close()
