"""One action on many conversations over HTTP, and the job that does it."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from domain import bulk
from domain.actor import Actor
from domain.bulk import MOST_COUNTED, MOST_NAMED, BulkStatus, JobStatus
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.errors import invalid_field
from inbox.conversations.bulk import ask_for_bulk, check_bulk, count_affected
from inbox.http.address_readings import address_readings
from inbox.http.body import given_or_none
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, resource
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import Assignee, BodyTime, Id, SoughtAddress, TagName
from inbox.operations.jobs import get_job, stop_job
from inbox.settings.agents import own_agent
from store.conversation_filter import ConversationFilter
from store.database import Connection
from store.jobs import BulkRequest, StoredJob


class BulkAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be so; what is left out stays as it is."""

    status: BulkStatus | UnsetType = UNSET
    assignee_id: Id | UnsetType | None = UNSET
    add_tag: TagName | UnsetType = UNSET
    remove_tag: TagName | UnsetType = UNSET
    read: Literal[True] | UnsetType = UNSET


class BulkFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filters of the conversation list, but for search."""

    status: list[ConversationStatus] = []
    channel_kind: ChannelKind | None = None
    channel_id: Id | None = None
    assignee: Assignee | None = None
    unread: bool | None = None
    needs_reply: bool | None = None
    may_opt_out: bool | None = None
    tag: list[TagName] = []
    contact_id: Id | None = None
    address: SoughtAddress | None = None
    active_after: BodyTime | None = None
    active_before: BodyTime | None = None


class BulkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `filter` or `ids` says which conversations are meant."""

    action: BulkAction
    filter: BulkFilter | UnsetType = UNSET
    ids: list[Id] | UnsetType = UNSET
    dry_run: bool = False


class Affected(msgspec.Struct, frozen=True):
    """How many conversations match; `capped` says that there may be more."""

    count: int
    capped: bool


class Job(msgspec.Struct, frozen=True):
    """How far a job is. `total` is what matched when it was asked for."""

    id: str
    kind: Literal["bulk"]
    status: JobStatus
    agent_id: str | None
    total: int
    total_capped: bool
    changed: int
    unchanged: int
    failed: int
    error_class: str | None
    created_at: str
    started_at: str | None
    ended_at: str | None


def bulk_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of bulk actions and of jobs."""
    ask = Endpoint(
        "change_many",
        "inbox:manage",
        _ask,
        body=BulkBody,
        response=Job | Affected,
        takes_idempotency_key=True,
    )
    get = Endpoint("get_job", "inbox:manage", _get, noun="job", response=Job)
    cancel = Endpoint(
        "cancel_job", "inbox:manage", _cancel, noun="job", response=Job, takes_idempotency_key=True
    )
    return [
        resource(shared, "/bulk", {"POST": ask}),
        resource(shared, "/jobs/{id}", {"GET": get}),
        resource(shared, "/jobs/{id}/cancel", {"POST": cancel}),
    ]


async def _ask(conn: Connection, call: BodyCall[BulkBody]) -> Answer:
    request = _request(call.body, call.actor)
    if call.body.dry_run:
        await check_bulk(conn, call.actor, request)
        count = await count_affected(conn, call.actor.customer_id, request)
        return Answer(value=Affected(count=count, capped=_is_capped(count)))
    new_id = call.shared.new_id
    job = await ask_for_bulk(conn, call.actor, request, job_id=new_id(), entry_id=new_id())
    return Answer(value=present_job(job), status=202, headers={"Location": f"/api/jobs/{job.id}"})


async def _get(conn: Connection, call: PlainCall) -> Answer:
    job = await get_job(conn, call.key.customer_id, call.id, kind="bulk")
    return Answer(value=present_job(job))


async def _cancel(conn: Connection, call: PlainCall) -> Answer:
    entry_id = call.shared.new_id()
    job = await stop_job(conn, call.actor, call.id, entry_id=entry_id, kind="bulk")
    return Answer(value=present_job(job))


def present_job(job: StoredJob) -> Job:
    """Shape a job as the API shows it."""
    return Job(
        id=job.id,
        kind="bulk",
        status=job.status,
        agent_id=job.agent_id,
        total=job.total,
        total_capped=_is_capped(job.total),
        changed=job.changed,
        unchanged=job.unchanged,
        failed=job.failed,
        error_class=job.error_class,
        created_at=present_time(job.created_at),
        started_at=present_optional_time(job.started_at),
        ended_at=present_optional_time(job.ended_at),
    )


def _is_capped(count: int) -> bool:
    return count >= MOST_COUNTED


def _request(body: BulkBody, actor: Actor) -> BulkRequest:
    action = _action(body.action)
    if isinstance(body.ids, UnsetType) == isinstance(body.filter, UnsetType):
        raise invalid_field("filter", "one_of", "given, or ids instead of it")
    if not isinstance(body.ids, UnsetType):
        if not 1 <= len(body.ids) <= MOST_NAMED:
            raise invalid_field("ids", "out_of_range", f"a list of 1 to {MOST_NAMED} ids")
        return BulkRequest(action=action, ids=tuple(sorted(set(body.ids))))
    wanted = BulkFilter() if isinstance(body.filter, UnsetType) else body.filter
    return BulkRequest(action=action, wanted=_filter(wanted, actor))


def _action(wanted: BulkAction) -> bulk.BulkAction:
    action = bulk.BulkAction(
        status=given_or_none(wanted.status),
        assigns=wanted.assignee_id is not UNSET,
        assignee_id=given_or_none(wanted.assignee_id),
        add_tag=given_or_none(wanted.add_tag),
        remove_tag=given_or_none(wanted.remove_tag),
        reads=wanted.read is True,
    )
    if action.is_empty:
        raise invalid_field("action", "empty", "at least one thing to change")
    if action.add_tag is not None and action.add_tag == action.remove_tag:
        raise invalid_field("action.remove_tag", "contradiction", "another tag than add_tag")
    return action


def _filter(wanted: BulkFilter, actor: Actor) -> ConversationFilter:
    return ConversationFilter(
        channel_id=wanted.channel_id,
        channel_kind=wanted.channel_kind,
        statuses=tuple(sorted(set(wanted.status))),
        assignee_id=own_agent(actor) if wanted.assignee == "me" else wanted.assignee,
        viewer_id=own_agent(actor) if wanted.unread is not None else None,
        unread=wanted.unread,
        needs_reply=wanted.needs_reply,
        may_opt_out=wanted.may_opt_out,
        tags=tuple(sorted(set(wanted.tag))),
        contact_id=wanted.contact_id,
        addresses=address_readings(wanted.address or ""),
        active_after=wanted.active_after,
        active_before=wanted.active_before,
    )
