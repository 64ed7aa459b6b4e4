"""What web processes report of themselves."""

from dataclasses import dataclass
from datetime import datetime

from store.database import Connection
from store.sql import statements

_SQL = statements("web_processes")
_REPORT_WEB_PROCESS = _SQL["report_web_process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """Which process it is; `id` is made at its start."""

    id: str
    host: str
    pid: int
    version: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebReport:
    """One process: its counts since its start, and what waits in it now."""

    identity: WebIdentity
    accepted: int
    duplicates: int
    rejected: int
    unavailable: int
    spool_rows: int
    spool_bytes: int
    spool_oldest_at: datetime | None
    waiting_rows: int
    streams: int
    commit_ms: float


async def report_web_process(conn: Connection, report: WebReport) -> None:
    """Store what a web process has done so far."""
    await conn.execute(
        _REPORT_WEB_PROCESS,
        {
            "id": report.identity.id,
            "host": report.identity.host,
            "pid": report.identity.pid,
            "version": report.identity.version,
            "started_at": report.identity.started_at,
            "accepted": report.accepted,
            "duplicates": report.duplicates,
            "rejected": report.rejected,
            "unavailable": report.unavailable,
            "spool_rows": report.spool_rows,
            "spool_bytes": report.spool_bytes,
            "spool_oldest_at": report.spool_oldest_at,
            "waiting_rows": report.waiting_rows,
            "streams": report.streams,
            "commit_ms": report.commit_ms,
        },
    )
