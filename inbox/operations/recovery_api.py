"""Dead letters tried again or given up and events replayed, over HTTP: counted first, then done."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from domain.errors import invalid_field
from domain.recovery import (
    EVENTS_PER_SECOND,
    MOST_EVENTS_PER_SECOND,
    MOST_SELECTED,
    EventSelection,
    Order,
    RecoveryKind,
)
from inbox.http.call import Answer, BodyCall, Endpoint, resource
from inbox.http.shared import Shared
from inbox.http.values import BodyTime, Id, Word, described
from inbox.operations.jobs_api import OpsJob, present_job
from inbox.operations.reason import Reason
from inbox.operations.recovery import count_selected, recover
from store.database import Connection

EventsPerSecond = Annotated[int, described(minimum=1, maximum=MOST_EVENTS_PER_SECOND)]


class DeadLetterChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filters of the list of dead letters."""

    error_class: Word | None = None
    provider: Word | None = None
    channel_id: Id | None = None
    since: BodyTime | None = None
    until: BodyTime | None = None


class EventChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which settled events to replay."""

    provider: Word | None = None
    channel_id: Id | None = None
    since: BodyTime | None = None
    until: BodyTime | None = None


class DeadLetterOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `filter` or `ids` says which are meant."""

    filter: DeadLetterChoice | UnsetType = UNSET
    ids: list[Id] | UnsetType = UNSET
    dry_run: bool = False
    reason: Reason | None = None
    events_per_second: EventsPerSecond = EVENTS_PER_SECOND


class ReplayOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `filter` or `ids` says which are meant."""

    filter: EventChoice | UnsetType = UNSET
    ids: list[Id] | UnsetType = UNSET
    dry_run: bool = False
    reason: Reason | None = None
    events_per_second: EventsPerSecond = EVENTS_PER_SECOND


Selection = TypeVar("Selection", bound=DeadLetterOrder | ReplayOrder)


class Recovered(msgspec.Struct, frozen=True):
    """How many are meant, or were changed at once; `job` does it where it takes a while."""

    count: int
    capped: bool
    job: OpsJob | None


def recovery_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of retry, drop and replay."""
    retrying = Endpoint(
        "retry_dead_letters",
        "events:replay",
        _retry,
        body=DeadLetterOrder,
        response=Recovered,
        takes_idempotency_key=True,
    )
    dropping = Endpoint(
        "drop_dead_letters",
        "operator",
        _drop,
        body=DeadLetterOrder,
        response=Recovered,
        takes_idempotency_key=True,
    )
    replaying = Endpoint(
        "replay_events",
        "events:replay",
        _replay,
        body=ReplayOrder,
        response=Recovered,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/ops/dead-letters/retry", {"POST": retrying}),
        resource(shared, "/ops/dead-letters/drop", {"POST": dropping}),
        resource(shared, "/ops/events/replay", {"POST": replaying}),
    ]


async def _retry(conn: Connection, call: BodyCall[DeadLetterOrder]) -> Answer:
    return await _recover(conn, call, "retry")


async def _drop(conn: Connection, call: BodyCall[DeadLetterOrder]) -> Answer:
    return await _recover(conn, call, "drop")


async def _replay(conn: Connection, call: BodyCall[ReplayOrder]) -> Answer:
    return await _recover(conn, call, "replay")


async def _recover(conn: Connection, call: BodyCall[Selection], kind: RecoveryKind) -> Answer:
    body = call.body
    selection = _selection(body)
    if body.dry_run:
        counted = await count_selected(conn, call.actor.customer_id, kind, selection)
        return Answer(value=Recovered(count=counted.count, capped=counted.is_capped, job=None))
    order = Order(reason=body.reason, events_per_second=body.events_per_second)
    done = await recover(conn, call.actor, kind, selection, order, new_id=call.shared.new_id)
    job = present_job(done.job) if done.job else None
    return Answer(
        value=Recovered(count=done.count, capped=False, job=job),
        status=202 if job else 200,
        headers={"Location": f"/api/ops/jobs/{job.id}"} if job else {},
    )


def _selection(body: DeadLetterOrder | ReplayOrder) -> EventSelection:
    if isinstance(body.ids, UnsetType) == isinstance(body.filter, UnsetType):
        raise invalid_field("filter", "one_of", "given, or ids instead of it")
    if not isinstance(body.ids, UnsetType):
        if not 1 <= len(body.ids) <= MOST_SELECTED:
            raise invalid_field("ids", "out_of_range", f"a list of 1 to {MOST_SELECTED} ids")
        return EventSelection(ids=tuple(sorted(set(body.ids))))
    if isinstance(body.filter, UnsetType):
        return EventSelection()
    wanted = body.filter
    return EventSelection(
        error_class=wanted.error_class if isinstance(wanted, DeadLetterChoice) else None,
        provider=wanted.provider,
        channel_id=wanted.channel_id,
        since=wanted.since,
        until=wanted.until,
    )
