"""Long work that somebody asked for: put on the list, done in steps, followed, canceled.

A step holds its job's row, so of any number of workers one is at a job. Knows no action.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from domain.actor import Actor
from domain.bulk import BulkAction, JobStatus
from store.bulk import SetOutcome
from store.database import Connection
from store.lists import ConversationFilter, Position
from store.sql import statements

_SQL = statements("jobs")
_INSERT = _SQL["insert_job"]
_FIND = _SQL["find_job"]
_CANCEL = _SQL["cancel_job"]
_CLAIM = _SQL["claim_job"]
_ADVANCE = _SQL["advance_job"]
_FAIL = _SQL["fail_job"]


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
    request: str
    status: JobStatus
    agent_id: str | None
    total: int
    changed: int
    unchanged: int
    failed: int
    error_class: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job whose next step is ours; the cursor is the last conversation it came to."""

    customer_id: int
    id: str
    request: str
    agent_id: str | None
    key_id: str | None
    cursor_at: datetime | None
    cursor_id: str | None

    @property
    def after(self) -> Position | None:
        if self.cursor_at is None or self.cursor_id is None:
            return None
        return Position(self.cursor_at, self.cursor_id)


async def insert_job(
    conn: Connection, actor: Actor, job_id: str, request: BulkRequest, total: int
) -> None:
    """Put work on the list."""
    await conn.execute(
        _INSERT,
        {
            "customer_id": actor.customer_id,
            "id": job_id,
            "request": msgspec.json.encode(request).decode(),
            "agent_id": actor.agent_id,
            "key_id": actor.key_id,
            "total": total,
        },
    )


def read_request(request: str) -> BulkRequest:
    """Read what a job was asked to do."""
    return msgspec.json.decode(request, type=BulkRequest)


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
    """Hold the oldest job that nobody is at until the transaction ends."""
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


async def fail_job(conn: Connection, job: ClaimedJob, error_class: str) -> None:
    """Give up a job that cannot go on."""
    await conn.execute(
        _FAIL, {"customer_id": job.customer_id, "id": job.id, "error_class": error_class}
    )
