"""Follows a job at the terminal until it ends."""

import asyncio
from dataclasses import asdict

import typer

from app.operator_session import OperatorSession
from app.shown_progress import shown_progress
from app.terminal_output import show_facts, show_json
from domain.errors import OperatorError
from store.jobs import StoredJob, find_job, is_anybody_working

_POLL_SECONDS = 0.25
_ENDED = frozenset({"done", "canceled", "failed"})


async def get_stored_job(session: OperatorSession, job_id: str) -> StoredJob:
    """Find a job.

    Raises: OperatorError.
    """
    job = await find_job(session.conn, session.customer_id, job_id)
    if job is None:
        raise OperatorError("no job has this id: see `inlet jobs list`")
    return job


async def warn_without_worker(session: OperatorSession) -> None:
    """Say so where nobody is there to do a job."""
    if not await is_anybody_working(session.conn):
        typer.echo(
            "No worker is running: jobs begin when one does (`inlet up` or `inlet work`).", err=True
        )


async def follow_job(session: OperatorSession, job: StoredJob) -> StoredJob:
    """Show how far a job is until it ends.

    Raises: OperatorError where it failed or was canceled.
    """
    with shown_progress(job.kind) as progress:
        progress(0, job.total)
        while job.status not in _ENDED:
            await asyncio.sleep(_POLL_SECONDS)
            job = await get_stored_job(session, job.id)
            progress(job.changed + job.unchanged + job.failed, job.total)
    if job.status != "done":
        why = f": {job.error_class}" if job.error_class else ""
        raise OperatorError(f"the job was not finished, it is {job.status}{why}")
    return job


def show_job(job: StoredJob, as_json: bool) -> None:
    """Write how far a job is."""
    if as_json:
        show_json(asdict(job))
        return
    show_facts(
        {
            "job": job.id,
            "kind": job.kind,
            "status": job.status,
            "total": job.total,
            "changed": job.changed,
            "unchanged": job.unchanged,
            "failed": job.failed or None,
            "events per second": job.events_per_second,
            "asked by": job.agent_name,
            "reason": job.reason,
            "error": job.error_class,
            "created": job.created_at,
            "started": job.started_at,
            "ended": job.ended_at,
        }
    )
