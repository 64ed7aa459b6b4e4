"""Long work over HTTP: what there is, how far it is, and an end to it."""

import msgspec
from starlette.routing import BaseRoute

from domain.bulk import JobStatus
from domain.recovery import JobKind
from inbox.conversations.present import Agent, Listing, present_optional_time, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.ids import id_in_path
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.operations.jobs import get_job, stop_job
from inbox.operations.queries import parse_job_query
from inbox.settings.agent_name import agent_name
from store.database import Connection
from store.jobs import StoredJob, list_jobs
from store.position import Position


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


def job_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of jobs of every kind."""
    listing = Endpoint(name="list_ops_jobs", scope="operator", handler=_list, takes_query=True)
    get = Endpoint(name="get_ops_job", scope="operator", handler=_get)
    cancel = Endpoint(name="cancel_ops_job", scope="operator", handler=_cancel)
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


async def _list(conn: Connection, call: Call) -> Answer:
    query = parse_job_query(call.query_pairs())
    wanted = query.wanted
    belongs_to = fingerprint("ops_jobs", call.key.customer_id, wanted.kind, wanted.status)
    rows = await list_jobs(
        conn,
        call.key.customer_id,
        wanted,
        limit=query.limit + 1,
        before=id_after(query.cursor, belongs_to),
    )
    items = [present_job(row) for row in rows[: query.limit]]
    page = page_by_id(rows, query.limit, lambda row: Position(row.created_at, row.id), belongs_to)
    return Answer(value=Listing[OpsJob](items, page), headers=next_link(call, page.next_cursor))


async def _get(conn: Connection, call: Call) -> Answer:
    job = await get_job(conn, call.key.customer_id, id_in_path(call, "job"))
    return Answer(value=present_job(job))


async def _cancel(conn: Connection, call: Call) -> Answer:
    job_id = id_in_path(call, "job")
    job = await stop_job(conn, call.actor, job_id, entry_id=call.shared.new_id())
    return Answer(value=present_job(job))
