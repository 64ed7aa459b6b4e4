"""Does bulk jobs, a set of conversations per transaction, oldest job first.

The job's row is held for a step, so any number of workers may do this; whoever comes next goes on
from where the last step ended.
"""

import asyncio
from collections.abc import Sequence

import structlog

from domain.actor import Actor
from store.bulk import change_set
from store.database import Connection, DatabaseError, fault_of
from store.jobs import BulkRequest, ClaimedJob, advance_job, claim_job, fail_job, read_request
from store.lists import ConversationFilter, Position, list_keys
from worker.beside import BesideConfig, keep_doing

_LOG = structlog.get_logger(__name__)

_AT_ONCE = 200
_POLL_SECONDS = 0.5


async def run_jobs(config: BesideConfig, stop: asyncio.Event) -> None:
    """Do jobs until told to stop; the step in hand is finished first."""

    async def step(conn: Connection) -> float:
        return 0.0 if await step_job(conn, config) else _POLL_SECONDS

    await keep_doing(step, config.connect, stop)


async def step_job(conn: Connection, config: BesideConfig) -> bool:
    """Do one step of the oldest job; False where there is nothing to do."""
    job: ClaimedJob | None = None
    try:
        async with conn.transaction():
            job = await claim_job(conn)
            if job is None:
                return False
            await _do(conn, job, config)
    except DatabaseError as error:
        if job is None or fault_of(error) != "data":
            raise
        _LOG.warning("job_failed", job_id=job.id, error_class=type(error).__name__)
        await fail_job(conn, job, type(error).__name__)
    config.on_commit()
    return True


async def _do(conn: Connection, job: ClaimedJob, config: BesideConfig) -> None:
    request = read_request(job.request)
    ids, after = await _next(conn, job, request)
    now = config.clock()
    outcome = await change_set(
        conn,
        Actor(customer_id=job.customer_id, agent_id=job.agent_id, key_id=job.key_id),
        ids,
        request.action,
        now=now,
        new_id=config.new_id,
        job_id=job.id,
    )
    if request.ids is not None and ids and ids[-1] < max(request.ids):
        after = Position(now, ids[-1])
    await advance_job(conn, job, outcome, after)


async def _next(
    conn: Connection, job: ClaimedJob, request: BulkRequest
) -> tuple[Sequence[str], Position | None]:
    """Return the conversations of a step, and where the next one begins."""
    if request.ids is not None:
        rest = sorted(one for one in set(request.ids) if not job.after or one > job.after.id)
        return rest[:_AT_ONCE], None
    page = await list_keys(
        conn,
        job.customer_id,
        request.wanted or ConversationFilter(),
        after=job.after,
        limit=_AT_ONCE,
    )
    return [key.id for key in page.keys], page.next
