"""The metrics page: what Prometheus reads of the workers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.metrics import Shared, shared_metrics, silent
from store.chores import ChoreRun
from store.hook_deliveries import HookCounts
from store.installation_status import InstallationStatus, LaneDepth, QuietChannel
from store.media import MediaCounts
from store.ops_now import OutboxLag
from store.workers import WorkerTotals

_NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
_NOTHING = Shared(
    totals=WorkerTotals(
        claimed=0,
        processed=0,
        error=0,
        dead_letter=0,
        latency_sum=0.0,
        latencies=(),
        last_seen_at=None,
    ),
    status=InstallationStatus(
        lanes=(),
        dead_rows={},
        dead_letters=0,
        quarantined=0,
        oldest_transaction_seconds=0.0,
        workers_seen=0,
        web_processes_seen=0,
        spooled=0,
        spool_oldest_seconds=0.0,
    ),
    chores=(),
    silent_channels=0,
    media=MediaCounts(waiting=3, waiting_since=None, failed=2),
    hooks=HookCounts(disabled=1, failing=2, waiting=3, waiting_since=_NOW - timedelta(seconds=9)),
    followers=(
        OutboxLag(
            consumer="hooks", waiting_since=None, off_since=_NOW - timedelta(60), has_missed=True
        ),
        OutboxLag(
            consumer="search",
            waiting_since=_NOW - timedelta(seconds=2),
            off_since=None,
            has_missed=False,
        ),
    ),
    at=_NOW,
)


def _lines(shared: Shared) -> list[str]:
    page = shared_metrics(shared).decode()
    return [line for line in page.splitlines() if not line.startswith("#")]


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

    lines = _lines(replace(_NOTHING, totals=totals))

    assert [line for line in lines if line.startswith("worker_")] == [
        "worker_claimed_total 9.0",
        "worker_processed_total 7.0",
        "worker_error_total 1.0",
        "worker_dead_letter_total 1.0",
        'worker_latency_seconds_bucket{le="0.1"} 4.0',
        'worker_latency_seconds_bucket{le="1.0"} 6.0',
        'worker_latency_seconds_bucket{le="+Inf"} 7.0',
        "worker_latency_seconds_count 7.0",
        "worker_latency_seconds_sum 2.5",
        "worker_queued 0.0",
        "worker_oldest_queued_seconds 0.0",
    ]


def test_hooks_say_what_waits_and_for_how_long() -> None:
    assert [line for line in _lines(_NOTHING) if line.startswith("hook")] == [
        "hooks_disabled 1.0",
        "hooks_failing 2.0",
        "hook_deliveries_waiting 3.0",
        "hook_deliveries_oldest_seconds 9.0",
    ]


def test_lanes_and_chores_are_told_apart_by_a_label() -> None:
    lanes = (
        LaneDepth(lane=0, queued=3, oldest_seconds=1.5),
        LaneDepth(lane=1, queued=40, oldest_seconds=9.0),
    )
    status = replace(_NOTHING.status, lanes=lanes, dead_rows={"outbox": 7})
    chore = ChoreRun(name="tidy_queue", age_seconds=4.0, seconds=0.5, rows=6)

    lines = _lines(replace(_NOTHING, status=status, chores=[chore]))

    for line in (
        "worker_queued 43.0",
        "worker_oldest_queued_seconds 9.0",
        'queue_lane_events{lane="live"} 3.0',
        'queue_lane_oldest_seconds{lane="repeated"} 9.0',
        'database_dead_rows{table="outbox"} 7.0',
        'chore_age_seconds{chore="tidy_queue"} 4.0',
        'chore_rows{chore="tidy_queue"} 6.0',
    ):
        assert line in lines


def test_silence_is_judged_channel_by_channel() -> None:
    quiet = QuietChannel(
        customer_id=1,
        id="a",
        name="a",
        last_accepted_at=_NOW - timedelta(hours=3),
        silence_minutes=None,
        events_in_week=10_080,
    )
    rare = replace(quiet, id="rare", events_in_week=20)
    strict = replace(rare, id="strict", silence_minutes=170)

    assert [channel.id for channel in silent([quiet, rare, strict], _NOW)] == ["a", "strict"]


def test_before_any_worker_everything_is_zero() -> None:
    lines = _lines(_NOTHING)

    assert "worker_claimed_total 0.0" in lines
    assert 'worker_latency_seconds_bucket{le="+Inf"} 0.0' in lines


def test_media_that_wait_and_that_were_given_up_are_counted() -> None:
    assert {"media_waiting 3.0", "media_failed 2.0"} <= set(_lines(_NOTHING))


def test_followers_say_how_old_what_they_derive_is() -> None:
    assert [line for line in _lines(_NOTHING) if line.startswith("consumer_")] == [
        'consumer_stale_seconds{consumer="search"} 2.0',
        'consumer_off{consumer="hooks"} 1.0',
        'consumer_off{consumer="search"} 0.0',
    ]
