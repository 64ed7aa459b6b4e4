"""Long work that somebody asked for: put on the list, done in steps, followed, canceled.

A step holds its job's row, so of any number of workers one is at a job. A job that queues events
rests between its steps, as its rate wants. Knows no action.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from domain.actor import Actor
from domain.bulk import BulkAction, JobStatus
from domain.recovery import EventSelection, JobKind, RecoveryKind
from store.bulk import SetOutcome
from store.conversation_filter import ConversationFilter
from store.database import Connection
from store.position import Position
from store.sql import statements

_SQL = statements("jobs")
_INSERT = _SQL["insert_job"]
_LIST = _SQL["list_jobs"]
_FIND = _SQL["find_job"]
_CANCEL = _SQL["cancel_job"]
_CLAIM = _SQL["claim_job"]
_ADVANCE = _SQL["advance_job"]
_FAIL = _SQL["fail_job"]
_ADVANCE_RECOVERY = _SQL["advance_recovery"]
_LANE_DEPTH = _SQL["repeated_depth"]
_IS_ANYBODY_WORKING = _SQL["is_anybody_working"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """What a job was asked to do: to conversations by name, or to all that a filter matches."""

    action: BulkAction
    ids: tuple[str, ...] | None = None
    wanted: ConversationFilter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job as it is now. `request` is JSON, as it was put in."""

    id: str
    kind: JobKind
    request: str
    status: JobStatus
    agent_id: str | None
    agent_name: str | None
    events_per_second: int | None
    reason: str | None
    total: int
    changed: int
    unchanged: int
    failed: int
    error_class: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs to list; None filters nothing."""

    kind: JobKind | None = None
    status: JobStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job whose next step is ours; the cursor is the last conversation or event it came to.

    `rested_seconds` have passed since its last step; None before the first.
    """

    customer_id: int
    id: str
    kind: JobKind
    request: str
    agent_id: str | None
    key_id: str | None
    events_per_second: int | None
    cursor_at: datetime | None
    cursor_id: str | None
    rested_seconds: float | None
    created_at: datetime

    @property
    def after(self) -> Position | None:
        if self.cursor_at is None or self.cursor_id is None:
            return None
        return Position(self.cursor_at, self.cursor_id)


async def insert_job(
    conn: Connection, actor: Actor, job_id: str, request: BulkRequest, total: int
) -> None:
    """Put an action on conversations on the list."""
    await _insert(conn, actor, job_id, "bulk", request, total, None, None)


async def insert_recovery(
    conn: Connection,
    actor: Actor,
    job_id: str,
    kind: RecoveryKind,
    selection: EventSelection,
    *,
    total: int,
    events_per_second: int | None,
    reason: str | None,
) -> None:
    """Put what is to be done about events on the list."""
    await _insert(conn, actor, job_id, kind, selection, total, events_per_second, reason)


async def _insert(
    conn: Connection,
    actor: Actor,
    job_id: str,
    kind: JobKind,
    request: BulkRequest | EventSelection,
    total: int,
    events_per_second: int | None,
    reason: str | None,
) -> None:
    await conn.execute(
        _INSERT,
        {
            "customer_id": actor.customer_id,
            "id": job_id,
            "kind": kind,
            "request": msgspec.json.encode(request).decode(),
            "agent_id": actor.agent_id,
            "key_id": actor.key_id,
            "total": total,
            "events_per_second": events_per_second,
            "reason": reason,
        },
    )


def read_request(request: str) -> BulkRequest:
    """Read what a job was asked to do to conversations."""
    return msgspec.json.decode(request, type=BulkRequest)


def read_selection(request: str) -> EventSelection:
    """Read which events a job was asked to do something about."""
    return msgspec.json.decode(request, type=EventSelection)


async def list_jobs(
    conn: Connection,
    customer_id: int,
    wanted: JobFilter,
    *,
    limit: int,
    before: str | None = None,
) -> list[StoredJob]:
    """List jobs, latest first, those older than job `before`."""
    parameters = {
        "customer_id": customer_id,
        "kind": wanted.kind,
        "status": wanted.status,
        "before": before,
        "limit": limit,
    }
    async with conn.cursor(row_factory=class_row(StoredJob)) as cursor:
        await cursor.execute(_LIST, parameters)
        return await cursor.fetchall()


async def find_job(conn: Connection, customer_id: int, job_id: str) -> StoredJob | None:
    """Find a job."""
    async with conn.cursor(row_factory=class_row(StoredJob)) as cursor:
        await cursor.execute(_FIND, {"customer_id": customer_id, "id": job_id})
        return await cursor.fetchone()


async def cancel_job(conn: Connection, customer_id: int, job_id: str) -> bool:
    """Stop a job once its step in hand is finished; False where it had ended."""
    cursor = await conn.execute(_CANCEL, {"customer_id": customer_id, "id": job_id})
    return await cursor.fetchone() is not None


async def claim_job(conn: Connection) -> ClaimedJob | None:
    """Hold the oldest job that nobody is at and that has rested until the transaction ends."""
    async with conn.cursor(row_factory=class_row(ClaimedJob)) as cursor:
        await cursor.execute(_CLAIM)
        return await cursor.fetchone()


async def advance_job(
    conn: Connection, job: ClaimedJob, outcome: SetOutcome, after: Position | None
) -> None:
    """Note what a step did; with no place to go on from, the job is done."""
    await conn.execute(
        _ADVANCE,
        {
            "customer_id": job.customer_id,
            "id": job.id,
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "failed": outcome.failed,
            "cursor_at": after.at if after else None,
            "cursor_id": after.id if after else None,
        },
    )


async def advance_recovery(
    conn: Connection, job: ClaimedJob, outcome: SetOutcome, *, after: str | None, is_done: bool
) -> None:
    """Note what a step did to events, the last of which is `after`; it rests from now on."""
    await conn.execute(
        _ADVANCE_RECOVERY,
        {
            "customer_id": job.customer_id,
            "id": job.id,
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "cursor_id": after,
            "is_done": is_done,
        },
    )


async def repeated_depth(conn: Connection, most: int) -> int:
    """Count the repeated events, of all customers, that are due and wait; up to `most`."""
    row = await (await conn.execute(_LANE_DEPTH, {"most": most})).fetchone()
    return row[0] if row else 0


async def is_anybody_working(conn: Connection) -> bool:
    """Say whether a worker has reported within the last seconds."""
    row = await (await conn.execute(_IS_ANYBODY_WORKING)).fetchone()
    return bool(row and row[0])


async def fail_job(conn: Connection, job: ClaimedJob, error_class: str) -> None:
    """Give up a job that cannot go on."""
    await conn.execute(
        _FAIL, {"customer_id": job.customer_id, "id": job.id, "error_class": error_class}
    )
