"""How the machinery is doing: the queue, the processes, the database, the followers of the outbox.

What belongs to the installation is read for all customers at once; it tells nothing of any of
them. Judges nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("ops_now")
_READ_LANES = _SQL["read_lanes"]
_LIST_WORKERS = _SQL["list_workers"]
_LIST_WEB_PROCESSES = _SQL["list_web_processes"]
_READ_DATABASE = _SQL["read_database"]
_READ_OUTBOX_LAGS = _SQL["read_outbox_lags"]
_COUNT_DEAD_LETTERS = _SQL["count_dead_letters"]
_COUNT_FAILED_ATTEMPTS = _SQL["count_failed_attempts"]
_COUNT_SET_ASIDE = _SQL["count_set_aside"]

MOST_COUNTED = 100_000
_SHOWN_SECONDS = 3600.0
_MOST_PROCESSES = 100
_MOST_ATTEMPTS = 1_000
_ATTEMPTS_SECONDS = 600.0
_SET_ASIDE_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What waits in one lane: 0 live, 1 repeated on purpose, 2 alone.

    `depth` stops at `MOST_COUNTED`. `due_at` is when its first is due; None when it is empty.
    """

    lane: int
    depth: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWorker:
    """A worker process and what it has done since it started."""

    id: str
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    claimed: int
    processed: int
    failed: int
    dead_letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWebProcess:
    """A web process, what it has done since it started, and what it holds now."""

    id: str
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What a database says of itself; `now` is its clock."""

    now: datetime
    version: str
    oldest_transaction_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLag:
    """A follower of the outbox; `waiting_since` is None when it has come to the end.

    `has_missed`: it lacks what the outbox no longer tells, and is catching up unless it is off.
    """

    consumer: str
    waiting_since: datetime | None
    off_since: datetime | None
    has_missed: bool

    @property
    def stale_since(self) -> datetime | None:
        """Since when what it derives is not what it should be; None where it is."""
        since = [at for at in (self.waiting_since, self.off_since) if at is not None]
        return min(since, default=None)


async def read_lanes(conn: Connection) -> list[Lane]:
    """Read how much waits, lane by lane, of the whole installation."""
    cursor = await conn.execute(_READ_LANES, {"most": MOST_COUNTED})
    rows = await cursor.fetchall()
    return [Lane(lane=lane, depth=depth, due_at=due_at) for lane, depth, due_at in rows]


async def list_workers(conn: Connection) -> list[SeenWorker]:
    """List the workers that reported within the hour, the latest first."""
    async with conn.cursor(row_factory=class_row(SeenWorker)) as cursor:
        await cursor.execute(
            _LIST_WORKERS, {"seconds": _SHOWN_SECONDS, "row_count": _MOST_PROCESSES}
        )
        return await cursor.fetchall()


async def list_web_processes(conn: Connection) -> list[SeenWebProcess]:
    """List the web processes that reported within the hour or still hold events on disk."""
    async with conn.cursor(row_factory=class_row(SeenWebProcess)) as cursor:
        await cursor.execute(
            _LIST_WEB_PROCESSES, {"seconds": _SHOWN_SECONDS, "row_count": _MOST_PROCESSES}
        )
        return await cursor.fetchall()


async def read_database(conn: Connection) -> DatabaseFacts:
    """Ask the database how it is."""
    [(now, version, seconds)] = await (await conn.execute(_READ_DATABASE)).fetchall()
    return DatabaseFacts(now=now, version=version, oldest_transaction_seconds=seconds)


async def read_outbox_lags(conn: Connection) -> list[OutboxLag]:
    """Say for every follower of the outbox since when something waits for it."""
    async with conn.cursor(row_factory=class_row(OutboxLag)) as cursor:
        await cursor.execute(_READ_OUTBOX_LAGS)
        return await cursor.fetchall()


async def count_dead_letters(conn: Connection, customer_id: int) -> int:
    """Count a customer's dead letters that wait for somebody, up to `MOST_COUNTED`."""
    wanted = {"customer_id": customer_id, "most": MOST_COUNTED}
    row = await (await conn.execute(_COUNT_DEAD_LETTERS, wanted)).fetchone()
    return row[0] if row else 0


async def count_failed_attempts(conn: Connection, customer_id: int) -> dict[str, int]:
    """Count by class how often a customer's latest 1,000 attempts failed within ten minutes."""
    wanted = {
        "customer_id": customer_id,
        "seconds": _ATTEMPTS_SECONDS,
        "most": _MOST_ATTEMPTS,
    }
    rows = await (await conn.execute(_COUNT_FAILED_ATTEMPTS, wanted)).fetchall()
    return dict(rows)


async def count_set_aside(conn: Connection) -> dict[tuple[str, str], int]:
    """Count by consumer and class which changes could not be done within a day."""
    wanted = {"seconds": _SET_ASIDE_SECONDS, "most": MOST_COUNTED}
    rows = await (await conn.execute(_COUNT_SET_ASIDE, wanted)).fetchall()
    return {(consumer, error_class): count for consumer, error_class, count in rows}
