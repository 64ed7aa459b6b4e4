"""A worker counts what a batch was, not what it was meant to be."""

from datetime import timedelta

import pytest
from flows import NOW

from domain.event import ClaimedEvent
from store.queue import Failure
from worker.batch import BatchResult
from worker.counters import LATENCY_BOUNDS, WorkerCounters


def _event(name: str, waited_seconds: float = 0.0) -> ClaimedEvent:
    return ClaimedEvent(
        customer_id=1,
        id=name,
        channel_id="c",
        provider="generic",
        kind="message",
        dedup_key=name,
        body=b"",
        content_type="",
        received_at=NOW - timedelta(seconds=waited_seconds),
        attempt=1,
        is_settled=False,
    )


def _failed(event: ClaimedEvent, wait_seconds: float | None) -> Failure:
    return Failure(event=event, error_class="odd", detail="", wait_seconds=wait_seconds)


def test_every_event_is_counted_once_in_all() -> None:
    events = [_event(name) for name in "abcde"]
    failures = [_failed(events[0], 1.0), _failed(events[1], None), _failed(events[2], 0.0)]
    counters = WorkerCounters("id", "host", 1, NOW)
    counters.add(BatchResult(claimed=events, failures=failures), NOW)
    counters.add(BatchResult(), NOW)
    report = counters.report()
    assert (report.claimed, report.processed) == (5, 2)
    assert (report.error, report.dead_letter) == (2, 1)
    assert sum(report.latency_counts) == report.processed
    assert len(report.latency_counts) == len(report.latency_bounds) + 1


@pytest.mark.parametrize(
    ("waited", "bound"),
    [(0.0, 0.005), (0.005, 0.005), (0.0051, 0.01), (60.0, 60.0), (60.1, None), (1e9, None)],
)
def test_a_latency_counts_under_the_least_bound_that_holds_it(
    waited: float, bound: float | None
) -> None:
    counters = WorkerCounters("id", "host", 1, NOW)
    counters.add(BatchResult(claimed=[_event("a", waited)]), NOW)
    report = counters.report()
    place = LATENCY_BOUNDS.index(bound) if bound else len(LATENCY_BOUNDS)
    assert report.latency_counts == [int(n == place) for n in range(len(LATENCY_BOUNDS) + 1)]
    assert report.latency_sum == pytest.approx(waited)


def test_a_clock_that_is_behind_does_not_count_backwards() -> None:
    counters = WorkerCounters("id", "host", 1, NOW)
    counters.add(BatchResult(claimed=[_event("a", -5.0)]), NOW)
    report = counters.report()
    assert (report.latency_sum, report.latency_counts[0]) == (0.0, 1)


def test_a_report_stays_as_it_was() -> None:
    counters = WorkerCounters("id", "host", 1, NOW)
    before = counters.report()
    counters.add(BatchResult(claimed=[_event("a")]), NOW)
    assert sum(before.latency_counts) == 0
