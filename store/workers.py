"""What worker processes report of themselves, and the totals that the metrics page shows."""

from dataclasses import dataclass
from datetime import datetime

from store.database import Connection
from store.sql import statements

_SQL = statements("workers")
_REPORT_WORKER = _SQL["report_worker"]
_WORKER_TOTALS = _SQL["worker_totals"]
_WORKER_LATENCIES = _SQL["worker_latencies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """One process since its start. The last of `latency_counts` is for those above all bounds."""

    id: str
    host: str
    pid: int
    started_at: datetime
    claimed: int
    processed: int
    error: int
    dead_letter: int
    latency_bounds: list[float]
    latency_counts: list[int]
    latency_sum: float
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTotals:
    """All workers that ever reported. `latencies` pairs an upper bound in seconds with a count."""

    claimed: int
    processed: int
    error: int
    dead_letter: int
    latency_sum: float
    latencies: tuple[tuple[float, int], ...]
    last_seen_at: datetime | None


async def report_worker(conn: Connection, report: WorkerReport) -> None:
    """Store what a worker has done so far."""
    await conn.execute(
        _REPORT_WORKER,
        {
            "id": report.id,
            "host": report.host,
            "pid": report.pid,
            "started_at": report.started_at,
            "claimed": report.claimed,
            "processed": report.processed,
            "error": report.error,
            "dead_letter": report.dead_letter,
            "latency_bounds": report.latency_bounds,
            "latency_counts": report.latency_counts,
            "latency_sum": report.latency_sum,
            "version": report.version,
        },
    )


async def worker_totals(conn: Connection) -> WorkerTotals:
    """Add up what all workers reported."""
    totals = await (await conn.execute(_WORKER_TOTALS)).fetchone()
    claimed, processed, error, dead_letter, latency_sum, last_seen_at = totals or (
        0, 0, 0, 0, 0.0, None,
    )  # fmt: skip
    rows = await (await conn.execute(_WORKER_LATENCIES)).fetchall()
    return WorkerTotals(
        claimed=claimed,
        processed=processed,
        error=error,
        dead_letter=dead_letter,
        latency_sum=latency_sum,
        latencies=tuple(
            (float("inf") if bound is None else bound, count) for _, bound, count in rows
        ),
        last_seen_at=last_seen_at,
    )
