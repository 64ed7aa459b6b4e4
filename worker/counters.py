"""What a worker process has done since it started, ready to be reported. Knows no database."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from store.workers import WorkerReport
from worker.batch import BatchResult

LATENCY_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class WorkerCounters:
    """Counts batches."""

    def __init__(
        self, worker_id: str, host: str, pid: int, started_at: datetime, version: str = ""
    ) -> None:
        self._worker_id = worker_id
        self._host = host
        self._pid = pid
        self._started_at = started_at
        self._version = version
        self._claimed = 0
        self._error = 0
        self._dead_letter = 0
        self._processed = 0
        self._latency_counts = [0] * (len(LATENCY_BOUNDS) + 1)
        self._latency_sum = 0.0

    def add(self, result: BatchResult, now: datetime) -> None:
        """Count one committed batch."""
        processed = result.processed
        given_up = sum(failure.wait_seconds is None for failure in result.failures)
        self._claimed += len(result.claimed)
        self._processed += len(processed)
        self._dead_letter += given_up
        self._error += len(result.failures) - given_up
        self._add_latencies([(now - event.received_at).total_seconds() for event in processed])

    def report(self) -> WorkerReport:
        """Return all counts so far."""
        return WorkerReport(
            id=self._worker_id,
            host=self._host,
            pid=self._pid,
            started_at=self._started_at,
            claimed=self._claimed,
            processed=self._processed,
            error=self._error,
            dead_letter=self._dead_letter,
            latency_bounds=list(LATENCY_BOUNDS),
            latency_counts=list(self._latency_counts),
            latency_sum=self._latency_sum,
            version=self._version,
        )

    def _add_latencies(self, seconds: Sequence[float]) -> None:
        for latency in seconds:
            self._latency_counts[bisect_left(LATENCY_BOUNDS, latency)] += 1
            self._latency_sum += max(0.0, latency)  # another machine's clock may be ahead
