"""The metrics page: what Prometheus reads of the workers."""

from app.metrics import worker_metrics
from store.queue import QueueDepth
from store.workers import WorkerTotals


def test_workers_are_shown_as_prometheus_counts() -> None:
    totals = WorkerTotals(
        claimed=9,
        processed=7,
        error=1,
        dead_letter=1,
        latency_sum=2.5,
        latencies=((0.1, 4), (1.0, 2), (float("inf"), 1)),
        last_seen_at=None,
    )

    page = worker_metrics(totals, QueueDepth(queued=3, oldest_seconds=1.5)).decode()

    assert [line for line in page.splitlines() if not line.startswith("#")] == [
        "worker_queued 3.0",
        "worker_oldest_queued_seconds 1.5",
        "worker_claimed_total 9.0",
        "worker_processed_total 7.0",
        "worker_error_total 1.0",
        "worker_dead_letter_total 1.0",
        'worker_latency_seconds_bucket{le="0.1"} 4.0',
        'worker_latency_seconds_bucket{le="1.0"} 6.0',
        'worker_latency_seconds_bucket{le="+Inf"} 7.0',
        "worker_latency_seconds_count 7.0",
        "worker_latency_seconds_sum 2.5",
    ]


def test_before_any_worker_everything_is_zero() -> None:
    totals = WorkerTotals(
        claimed=0,
        processed=0,
        error=0,
        dead_letter=0,
        latency_sum=0.0,
        latencies=(),
        last_seen_at=None,
    )

    page = worker_metrics(totals, QueueDepth(queued=0, oldest_seconds=0.0)).decode()

    assert "worker_claimed_total 0.0" in page
    assert 'worker_latency_seconds_bucket{le="+Inf"} 0.0' in page
