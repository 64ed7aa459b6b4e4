"""Does jobs, a step per transaction, oldest job first.

The job's row is held for a step, so any number of workers may do this; whoever comes next goes on
from where the last step ended. Knows no kind of job but by name.
"""

import asyncio

import structlog

from store.database import Connection
from store.faults import fault_of
from store.jobs import ClaimedJob, claim_job, fail_job
from worker.background.bulk import step_bulk
from worker.background.recovery import step_recovery
from worker.background.repeating import BackgroundConfig, repeat_connected

_LOG = structlog.get_logger(__name__)

_POLL_SECONDS = 0.25


async def run_jobs(config: BackgroundConfig, stop: asyncio.Event) -> None:
    """Do jobs until told to stop; the step in hand is finished first."""

    async def step(conn: Connection) -> float:
        return 0.0 if await step_job(conn, config) else _POLL_SECONDS

    await repeat_connected(step, config.connect, stop, random=config.random)


async def step_job(conn: Connection, config: BackgroundConfig) -> bool:
    """Do one step of the oldest job that is ready for one; False where there is none.

    A job that cannot go on is given up, so that it does not keep the others waiting.
    """
    job: ClaimedJob | None = None
    try:
        async with conn.transaction():
            job = await claim_job(conn)
            if job is None:
                return False
            if job.kind == "bulk":
                await step_bulk(conn, job, config)
            else:
                await step_recovery(conn, job, job.kind)
    except Exception as error:
        if job is None or fault_of(error) != "data":
            raise
        _LOG.warning("job_failed", job_id=job.id, error_class=type(error).__name__)
        await fail_job(conn, job, type(error).__name__)
    config.on_commit()
    return True
