"""Rates follow from what the processes counted a minute ago and now."""

from datetime import UTC, datetime, timedelta

from domain.identity import derived_uuid
from inbox.rates import RateWatch
from store.ops_now import SeenWebProcess, SeenWorker

_START = datetime(2024, 11, 1, tzinfo=UTC)


def test_without_an_earlier_look_there_are_none() -> None:
    watch = RateWatch()
    assert watch.rates(_START, [_worker("a", 5)], [_web("b", 5)]) is None


def test_what_was_counted_since_is_divided_by_the_time() -> None:
    watch = RateWatch()
    watch.note(_START, [_worker("a", 100)], [_web("b", 200)])
    found = watch.rates(_at(10), [_worker("a", 150)], [_web("b", 260)])
    assert found is not None
    assert (found.seconds, found.in_per_second, found.out_per_second) == (10, 6, 5)


def test_no_more_than_the_last_minute_counts() -> None:
    watch = RateWatch()
    for seconds in range(0, 80, 10):
        watch.note(_at(seconds), [_worker("a", seconds)], [])
    found = watch.rates(_at(80), [_worker("a", 80)], [])
    assert found is not None
    assert (found.seconds, found.out_per_second) == (60, 1)


def test_processes_come_and_go() -> None:
    watch = RateWatch()
    watch.note(_START, [_worker("gone", 1000)], [])
    found = watch.rates(_at(10), [_worker("new", 20)], [])
    assert found is not None
    assert found.out_per_second == 2


def _at(seconds: int) -> datetime:
    return _START + timedelta(seconds=seconds)


def _worker(name: str, processed: int) -> SeenWorker:
    return SeenWorker(
        id=derived_uuid(name),
        host="tests",
        pid=1,
        version="",
        started_at=_START,
        seen_at=_START,
        claimed=processed,
        processed=processed,
        failed=0,
        dead_letters=0,
    )


def _web(name: str, accepted: int) -> SeenWebProcess:
    return SeenWebProcess(
        id=derived_uuid(name),
        host="tests",
        pid=1,
        version="",
        started_at=_START,
        seen_at=_START,
        accepted=accepted,
        duplicates=0,
        rejected=0,
        unavailable=0,
        spool_rows=0,
        spool_bytes=0,
        spool_oldest_at=None,
        waiting_rows=0,
        streams=0,
        commit_ms=0.0,
    )
