"""Follows long work of any kind, and stops it. Asking for it is done elsewhere."""

from domain.actor import Actor
from domain.errors import Conflict, NotFound
from domain.recovery import JobKind
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.jobs import StoredJob, cancel_job, find_job


async def get_job(
    conn: Connection, customer_id: int, job_id: str, *, kind: JobKind | None = None
) -> StoredJob:
    """Find a job, of one kind or any.

    Raises: NotFound.
    """
    job = await find_job(conn, customer_id, job_id)
    if job is None or (kind is not None and job.kind != kind):
        raise NotFound("there is no such job")
    return job


async def stop_job(
    conn: Connection, actor: Actor, job_id: str, *, entry_id: str, kind: JobKind | None = None
) -> StoredJob:
    """Stop a job; what it has changed stays so. One that was stopped stays stopped.

    Raises: NotFound, Conflict where it has ended.
    """
    await get_job(conn, actor.customer_id, job_id, kind=kind)
    if await cancel_job(conn, actor.customer_id, job_id):
        entry = AuditEntry(id=entry_id, action="job.canceled", object_id=job_id)
        await record_audit(conn, actor, [entry])
    job = await get_job(conn, actor.customer_id, job_id)
    if job.status != "canceled":
        raise Conflict("the job has ended already")
    return job
