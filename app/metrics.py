"""The metrics page: this process's own figures, and what all workers have reported.

Workers are other processes, perhaps on other machines; their totals come from the database.
"""

from collections.abc import Generator, Iterable
from math import isinf

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from store.database import Connection
from store.queue import QueueDepth, queue_depth
from store.workers import WorkerTotals, worker_totals

disable_created_metrics()  # one more series for each, which the text format has no use for

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def metrics_page(conn: Connection) -> bytes:
    """Write the page in Prometheus' text format."""
    return own_metrics() + worker_metrics(await worker_totals(conn), await queue_depth(conn))


def own_metrics() -> bytes:
    """Write what this process counts."""
    return generate_latest(REGISTRY)


def worker_metrics(totals: WorkerTotals, depth: QueueDepth) -> bytes:
    """Write what the workers have done and what waits for them."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(totals, depth))
    return generate_latest(registry)


class _Snapshot(Collector):
    """Figures read a moment ago, in the shape that prometheus_client asks for."""

    def __init__(self, totals: WorkerTotals, depth: QueueDepth) -> None:
        self._totals = totals
        self._depth = depth

    def collect(self) -> Iterable[Metric]:
        totals, depth = self._totals, self._depth
        yield _gauge("worker_queued", "Events waiting for a worker.", depth.queued)
        yield _gauge(
            "worker_oldest_queued_seconds", "How long the oldest has waited.", depth.oldest_seconds
        )
        yield _counter("worker_claimed", "Events claimed.", totals.claimed)
        yield _counter("worker_processed", "Events settled.", totals.processed)
        yield _counter("worker_error", "Attempts that failed and are tried again.", totals.error)
        yield _counter("worker_dead_letter", "Events given up.", totals.dead_letter)
        latency = HistogramMetricFamily(
            "worker_latency_seconds", "From receipt to commit of the message."
        )
        latency.add_metric([], list(_cumulative(totals.latencies)), totals.latency_sum)
        yield latency


def _cumulative(latencies: Iterable[tuple[float, int]]) -> Generator[tuple[str, float]]:
    """Prometheus counts every bucket's events in all larger buckets too; the last is +Inf."""
    running = 0
    bound = 0.0
    for bound, count in latencies:
        running += count
        yield ("+Inf" if isinf(bound) else str(bound)), running
    if not isinf(bound):
        yield "+Inf", running


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)
