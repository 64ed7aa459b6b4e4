"""Looks for what is wrong with an installation. Each finding is one line; nothing is changed."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.migrations import one_line_of, schema_is_current
from store.database import Connection, DatabaseError, connect
from store.queue import queue_depth
from store.schema import get_server_version
from store.workers import worker_totals

_OLDEST_MAJOR, _NEWEST_MAJOR = 15, 18
_WORKER_SEEN_WITHIN = timedelta(seconds=60)
_LONGEST_WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, and what to know or do about it."""

    subject: str
    is_fine: bool
    detail: str


async def examine(database_url: str, now: datetime) -> AsyncGenerator[Finding]:
    """Examine the database and what works on it."""
    try:
        conn = await connect(database_url, "inlet doctor", prepare=False)
    except DatabaseError as error:
        yield Finding(subject="database", is_fine=False, detail=one_line_of(error))
        return
    async with conn:
        yield await _database(conn)
        schema = await _schema(conn)
        yield schema
        if schema.is_fine:
            yield await _workers(conn, now)
            yield await _queue(conn)


async def _database(conn: Connection) -> Finding:
    version = await get_server_version(conn)
    major = version // 10_000
    is_known = _OLDEST_MAJOR <= major <= _NEWEST_MAJOR
    wanted = "" if is_known else f"; {_OLDEST_MAJOR} to {_NEWEST_MAJOR} are supported"
    detail = f"Postgres {major}.{version % 10_000}{wanted}"
    return Finding(subject="database", is_fine=is_known, detail=detail)


async def _schema(conn: Connection) -> Finding:
    is_current = await schema_is_current(conn)
    detail = "current" if is_current else "behind: run `inlet migrate apply`"
    return Finding(subject="schema", is_fine=is_current, detail=detail)


async def _workers(conn: Connection, now: datetime) -> Finding:
    seen_at = (await worker_totals(conn)).last_seen_at
    if seen_at is None:
        detail = "none was ever seen: run `inlet work`"
        return Finding(subject="workers", is_fine=False, detail=detail)
    seconds = max(0, int((now - seen_at).total_seconds()))
    is_recent = now - seen_at <= _WORKER_SEEN_WITHIN
    advice = "" if is_recent else ": run `inlet work`"
    detail = f"last seen {seconds} s ago{advice}"
    return Finding(subject="workers", is_fine=is_recent, detail=detail)


async def _queue(conn: Connection) -> Finding:
    depth = await queue_depth(conn)
    is_moving = depth.oldest_seconds <= _LONGEST_WAIT_SECONDS
    detail = f"{depth.queued} waiting, the oldest for {depth.oldest_seconds:.0f} s"
    return Finding(subject="queue", is_fine=is_moving, detail=detail)
