"""Long work over HTTP: what there is, how far it is, and an end to it."""

import msgspec
from starlette.routing import BaseRoute

from domain.bulk import JobStatus
from domain.recovery import JobKind
from inbox.http.call import Answer, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.operations.jobs import get_job, stop_job
from inbox.settings.agent_name import Agent, agent_name
from store.database import Connection
from store.jobs import JobFilter, StoredJob, list_jobs


class OpsJob(msgspec.Struct, frozen=True):
    """How far a job is. `total` is what matched when it was asked for."""

    id: str
    kind: JobKind
    status: JobStatus
    agent: Agent | None
    reason: str | None
    events_per_second: int | None
    total: int
    changed: int
    unchanged: int
    failed: int
    error_class: str | None
    created_at: str
    started_at: str | None
    ended_at: str | None


class JobQuery(ListQuery, frozen=True, kw_only=True):
    kind: JobKind | None = None
    status: JobStatus | None = None


def job_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of jobs of every kind."""
    listing = Endpoint("list_ops_jobs", "operator", _list, query=JobQuery, response=Listing[OpsJob])
    get = Endpoint("get_ops_job", "operator", _get, noun="job", response=OpsJob)
    cancel = Endpoint(
        "cancel_ops_job",
        "operator",
        _cancel,
        noun="job",
        response=OpsJob,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/ops/jobs", {"GET": listing}),
        resource(shared, "/ops/jobs/{id}", {"GET": get}),
        resource(shared, "/ops/jobs/{id}/cancel", {"POST": cancel}),
    ]


def present_job(job: StoredJob) -> OpsJob:
    """Shape a job as operators see it."""
    return OpsJob(
        id=job.id,
        kind=job.kind,
        status=job.status,
        agent=agent_name(job.agent_id, job.agent_name),
        reason=job.reason,
        events_per_second=job.events_per_second,
        total=job.total,
        changed=job.changed,
        unchanged=job.unchanged,
        failed=job.failed,
        error_class=job.error_class,
        created_at=present_time(job.created_at),
        started_at=present_optional_time(job.started_at),
        ended_at=present_optional_time(job.ended_at),
    )


async def _list(conn: Connection, call: QueryCall[JobQuery]) -> Answer:
    query = call.query
    rows = await list_jobs(
        conn,
        call.key.customer_id,
        JobFilter(kind=query.kind, status=query.status),
        limit=query.limit + 1,
        before=id_after(call),
    )
    return answer_rows(call, rows, present_job, lambda row: IdPlace(row.id))


async def _get(conn: Connection, call: PlainCall) -> Answer:
    return Answer(value=present_job(await get_job(conn, call.key.customer_id, call.id)))


async def _cancel(conn: Connection, call: PlainCall) -> Answer:
    job = await stop_job(conn, call.actor, call.id, entry_id=call.shared.new_id())
    return Answer(value=present_job(job))
