"""The metrics page: this process's own figures, and those that all processes share.

Workers are other processes, perhaps on other machines; what they did, and what state everything
is in, comes from the database.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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

from domain.silence import judge_silence
from store.chores import ChoreRun, list_chores
from store.comparisons import WrongRows, count_wrong
from store.database import Connection
from store.derived_rows import DifferingRows, count_differing
from store.hook_deliveries import HookCounts, count_hooks
from store.installation_status import (
    InstallationStatus,
    QuietChannel,
    list_quiet_channels,
    read_installation_status,
)
from store.media import MediaCounts, count_media
from store.ops_now import OutboxLag, read_outbox_lags
from store.queue import LANE_NAMES
from store.workers import WorkerTotals, worker_totals

disable_created_metrics()  # one more series for each, which the text format has no use for

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the page shows of all processes together."""

    totals: WorkerTotals
    status: InstallationStatus
    chores: Sequence[ChoreRun]
    silent_channels: int
    media: MediaCounts
    hooks: HookCounts
    followers: Sequence[OutboxLag]
    differing: Sequence[DifferingRows] = ()
    wrong: Sequence[WrongRows] = ()
    at: datetime


async def metrics_page(conn: Connection, now: datetime) -> bytes:
    """Write the page in Prometheus' text format."""
    shared = Shared(
        totals=await worker_totals(conn),
        status=await read_installation_status(conn),
        chores=await list_chores(conn),
        silent_channels=len(silent(await list_quiet_channels(conn), now)),
        media=await count_media(conn),
        hooks=await count_hooks(conn),
        followers=await read_outbox_lags(conn),
        differing=await count_differing(conn),
        wrong=await count_wrong(conn),
        at=now,
    )
    return own_metrics() + shared_metrics(shared)


def own_metrics() -> bytes:
    """Write what this process counts."""
    return generate_latest(REGISTRY)


def shared_metrics(shared: Shared) -> bytes:
    """Write what the workers have done, what waits for them, and what waits for people."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(shared))
    return generate_latest(registry)


def silent(channels: Sequence[QuietChannel], now: datetime) -> list[QuietChannel]:
    """Return the channels whose silence is an alarm."""
    return [
        channel
        for channel in channels
        if judge_silence(
            now=now,
            last_event_at=channel.last_accepted_at,
            events_in_week=channel.events_in_week,
            silence_minutes=channel.silence_minutes,
        ).is_alarm
    ]


class _Snapshot(Collector):
    """Figures read a moment ago, in the shape that prometheus_client asks for."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def collect(self) -> Iterable[Metric]:
        yield from _work(self._shared.totals)
        yield from _queue(self._shared.status)
        yield from _attention(self._shared)
        yield from _hooks(self._shared.hooks, self._shared.at)
        yield from _followers(self._shared.followers, self._shared.at)
        yield _gauge(
            "derived_rows_differing",
            "Derived rows that disagree with what they are derived from.",
            sum(rows.rows for rows in self._shared.differing),
        )
        yield _gauge(
            "derived_rows_mended",
            "Derived rows that were wrong within a day and were mended.",
            sum(rows.mended for rows in self._shared.wrong),
        )
        yield from _chores(self._shared.chores)


def _work(totals: WorkerTotals) -> Iterable[Metric]:
    yield _counter("worker_claimed", "Events claimed.", totals.claimed)
    yield _counter("worker_processed", "Events settled.", totals.processed)
    yield _counter("worker_error", "Attempts that failed and are tried again.", totals.error)
    yield _counter("worker_dead_letter", "Events given up.", totals.dead_letter)
    latency = HistogramMetricFamily(
        "worker_latency_seconds", "From receipt to commit of the message."
    )
    latency.add_metric([], list(_cumulative(totals.latencies)), totals.latency_sum)
    yield latency


def _queue(status: InstallationStatus) -> Iterable[Metric]:
    lanes = status.lanes
    queued = sum(lane.queued for lane in lanes)
    oldest = max((lane.oldest_seconds for lane in lanes), default=0.0)
    yield _gauge("worker_queued", "Events waiting for a worker.", queued)
    yield _gauge("worker_oldest_queued_seconds", "How long the oldest has waited.", oldest)
    yield _labelled(
        ("queue_lane_events", "Events waiting, by lane.", "lane"),
        [(LANE_NAMES[lane.lane], lane.queued) for lane in lanes],
    )
    yield _labelled(
        ("queue_lane_oldest_seconds", "How long the oldest due event has waited.", "lane"),
        [(LANE_NAMES[lane.lane], lane.oldest_seconds) for lane in lanes],
    )
    yield _labelled(
        ("database_dead_rows", "Rows that are dead and not yet cleared, by table.", "table"),
        list(status.dead_rows.items()),
    )
    yield _gauge(
        "database_oldest_transaction_seconds",
        "How long the longest transaction is open: it keeps dead rows and changes back.",
        status.oldest_transaction_seconds,
    )


def _attention(shared: Shared) -> Iterable[Metric]:
    status = shared.status
    yield _gauge(
        "dead_letters_waiting", "Dead letters that wait for somebody.", status.dead_letters
    )
    yield _gauge(
        "quarantine_waiting", "Refused deliveries that nobody released.", status.quarantined
    )
    yield _gauge(
        "channels_silent", "Channels silent for longer than usual.", shared.silent_channels
    )
    yield _gauge(
        "media_waiting", "Attachments to be fetched from their providers.", shared.media.waiting
    )
    yield _gauge(
        "media_failed", "Attachments that were given up within a day.", shared.media.failed
    )
    yield _gauge("workers_seen", "Workers seen in the last minute.", status.workers_seen)
    yield _gauge(
        "web_processes_seen", "Web processes seen in the last minute.", status.web_processes_seen
    )
    yield _gauge(
        "spool_events", "Events on the disks of all web processes, as reported.", status.spooled
    )
    yield _gauge(
        "spool_oldest_seconds", "How long the oldest of them has waited.",
        status.spool_oldest_seconds,
    )  # fmt: skip


def _hooks(hooks: HookCounts, now: datetime) -> Iterable[Metric]:
    yield _gauge("hooks_disabled", "Hooks that Inlet disabled.", hooks.disabled)
    yield _gauge("hooks_failing", "Hooks whose latest attempt failed.", hooks.failing)
    yield _gauge("hook_deliveries_waiting", "Events that wait for hooks.", hooks.waiting)
    yield _gauge(
        "hook_deliveries_oldest_seconds",
        "How long the first of them has waited.",
        _seconds(hooks.waiting_since, now),
    )


def _followers(followers: Sequence[OutboxLag], now: datetime) -> Iterable[Metric]:
    yield _labelled(
        ("consumer_stale_seconds", "How old what a follower of the outbox derives is.", "consumer"),
        [
            (each.consumer, _seconds(each.stale_since, now))
            for each in followers
            if each.off_since is None
        ],
    )
    yield _labelled(
        ("consumer_off", "Whether a follower of the outbox is switched off.", "consumer"),
        [(each.consumer, 0 if each.off_since is None else 1) for each in followers],
    )


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _chores(chores: Sequence[ChoreRun]) -> Iterable[Metric]:
    yield _labelled(
        ("chore_age_seconds", "How long ago each chore last began.", "chore"),
        [(run.name, run.age_seconds) for run in chores],
    )
    yield _labelled(
        ("chore_seconds", "How long each chore then took.", "chore"),
        [(run.name, run.seconds) for run in chores],
    )
    yield _labelled(
        ("chore_rows", "How many rows it then removed or changed.", "chore"),
        [(run.name, run.rows) for run in chores],
    )


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


def _labelled(about: tuple[str, str, str], values: Iterable[tuple[str, float]]) -> Metric:
    name, meaning, label = about
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for label, value in values:
        family.add_metric([label], value)
    return family


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)
