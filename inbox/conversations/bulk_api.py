"""One action on many conversations over HTTP, and the job that does it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from domain.bulk import MOST_COUNTED, MOST_NAMED, BulkAction, BulkStatus, JobStatus
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from domain.tag import LONGEST_TAG, read_tag
from inbox.conversations.bulk import ask_for_bulk, check_bulk, count_affected
from inbox.conversations.change import own_agent
from inbox.conversations.present import present_time
from inbox.http.address_readings import LONGEST_ADDRESS, address_readings
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.ids import id_in_body, id_in_path, invalid_field
from inbox.http.shared import Shared
from inbox.operations.jobs import get_job, stop_job
from store.conversation_filter import ConversationFilter
from store.database import Connection
from store.jobs import BulkRequest, StoredJob

_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be so; what is left out stays as it is."""

    status: BulkStatus | UnsetType = UNSET
    assignee_id: str | UnsetType | None = UNSET
    add_tag: str | UnsetType = UNSET
    remove_tag: str | UnsetType = UNSET
    read: Literal[True] | UnsetType = UNSET


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filters of the conversation list, but for search."""

    status: list[ConversationStatus] = []
    channel_kind: ChannelKind | None = None
    channel_id: str | None = None
    assignee: str | None = None
    unread: bool | None = None
    needs_reply: bool | None = None
    tag: list[str] = []
    contact_id: str | None = None
    address: str | None = None
    active_after: _Time | None = None
    active_before: _Time | None = None


class BulkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `filter` or `ids` says which conversations are meant."""

    action: Action
    filter: Filter | UnsetType = UNSET
    ids: list[str] | UnsetType = UNSET
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
    ask = Endpoint(name="change_many", scope="inbox:manage", handler=_ask)
    get = Endpoint(name="get_job", scope="inbox:manage", handler=_get)
    cancel = Endpoint(name="cancel_job", scope="inbox:manage", handler=_cancel)
    return [
        resource(shared, "/bulk", {"POST": ask}),
        resource(shared, "/jobs/{id}", {"GET": get}),
        resource(shared, "/jobs/{id}/cancel", {"POST": cancel}),
    ]


async def _ask(conn: Connection, call: Call) -> Answer:
    asked = call.body(BulkBody)
    request = _request(asked, call)
    if asked.dry_run:
        await check_bulk(conn, call.actor, request)
        count = await count_affected(conn, call.actor.customer_id, request)
        return Answer(value=Affected(count=count, capped=_is_capped(count)))
    new_id = call.shared.new_id
    job = await ask_for_bulk(conn, call.actor, request, job_id=new_id(), entry_id=new_id())
    return Answer(value=present_job(job), status=202, headers={"Location": f"/api/jobs/{job.id}"})


async def _get(conn: Connection, call: Call) -> Answer:
    job_id = id_in_path(call, "job")
    return Answer(value=present_job(await get_job(conn, call.key.customer_id, job_id, kind="bulk")))


async def _cancel(conn: Connection, call: Call) -> Answer:
    job_id = id_in_path(call, "job")
    entry_id = call.shared.new_id()
    job = await stop_job(conn, call.actor, job_id, entry_id=entry_id, kind="bulk")
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
        started_at=present_time(job.started_at) if job.started_at else None,
        ended_at=present_time(job.ended_at) if job.ended_at else None,
    )


def _is_capped(count: int) -> bool:
    return count >= MOST_COUNTED


def _request(asked: BulkBody, call: Call) -> BulkRequest:
    action = _action(asked.action)
    if isinstance(asked.ids, UnsetType) == isinstance(asked.filter, UnsetType):
        raise invalid_field("filter", "one_of", "given, or ids instead of it")
    if not isinstance(asked.ids, UnsetType):
        if not 1 <= len(asked.ids) <= MOST_NAMED:
            raise invalid_field("ids", "out_of_range", f"a list of 1 to {MOST_NAMED} ids")
        ids = sorted({id_in_body(one, "ids") for one in asked.ids})
        return BulkRequest(action=action, ids=tuple(ids))
    wanted = _wanted(Filter() if isinstance(asked.filter, UnsetType) else asked.filter, call)
    return BulkRequest(action=action, wanted=wanted)


def _action(asked: Action) -> BulkAction:
    assigns = not isinstance(asked.assignee_id, UnsetType)
    assignee_id = asked.assignee_id if isinstance(asked.assignee_id, str) else None
    action = BulkAction(
        status=None if isinstance(asked.status, UnsetType) else asked.status,
        assigns=assigns,
        assignee_id=_id(assignee_id, "action.assignee_id"),
        add_tag=_tag(asked.add_tag, "action.add_tag"),
        remove_tag=_tag(asked.remove_tag, "action.remove_tag"),
        reads=asked.read is True,
    )
    if action.is_empty:
        raise invalid_field("action", "empty", "at least one thing to change")
    if action.add_tag is not None and action.add_tag == action.remove_tag:
        raise invalid_field("action.remove_tag", "contradiction", "another tag than add_tag")
    return action


def _wanted(asked: Filter, call: Call) -> ConversationFilter:
    return ConversationFilter(
        channel_id=_id(asked.channel_id, "filter.channel_id"),
        channel_kind=asked.channel_kind,
        statuses=tuple(sorted(set(asked.status))),
        assignee_id=_assignee(asked.assignee, call),
        viewer_id=own_agent(call.actor) if asked.unread is not None else None,
        unread=asked.unread,
        needs_reply=asked.needs_reply,
        tags=tuple(sorted({_tag(one, "filter.tag") or "" for one in asked.tag})),
        contact_id=_id(asked.contact_id, "filter.contact_id"),
        addresses=address_readings(_address(asked.address)) if asked.address is not None else (),
        active_after=_time(asked.active_after, "filter.active_after"),
        active_before=_time(asked.active_before, "filter.active_before"),
    )


def _id(text: str | None, field: str) -> str | None:
    return None if text is None else id_in_body(text, field)


def _time(at: datetime | None, field: str) -> datetime | None:
    try:
        return at and at.astimezone(UTC)
    except OverflowError:
        raise invalid_field(field, "out_of_range", "a time between the years 1 and 9999") from None


def _assignee(asked: str | None, call: Call) -> str | None:
    if asked is None or asked == "none":
        return asked
    return own_agent(call.actor) if asked == "me" else id_in_body(asked, "filter.assignee")


def _address(text: str) -> str:
    if not address_readings(text):
        expected = f"of 1 to {LONGEST_ADDRESS} characters"
        raise invalid_field("filter.address", "not_an_address", expected)
    return text


def _tag(text: str | UnsetType, field: str) -> str | None:
    if isinstance(text, UnsetType):
        return None
    tag = read_tag(text)
    if tag is None:
        expected = f"1 to {LONGEST_TAG} characters without white space, comma or slash"
        raise invalid_field(field, "not_a_tag", expected)
    return tag
