"""Dead letters tried again or given up and events replayed, over HTTP: counted first, then done."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from domain.recovery import EVENTS_PER_SECOND, MOST_CHOSEN, Chosen, Order, RecoveryKind
from inbox.http.call import Answer, Call, Endpoint, Handler, resource
from inbox.http.ids import id_in_body, invalid_field
from inbox.http.parameters import NotAcceptable
from inbox.http.shared import Shared
from inbox.operations.jobs_api import OpsJob, present_job
from inbox.operations.queries import read_word
from inbox.operations.recovery import count_chosen, recover
from store.database import Connection

_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class DeadLetterChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filters of the list of dead letters."""

    error_class: str | None = None
    provider: str | None = None
    channel_id: str | None = None
    since: _Time | None = None
    until: _Time | None = None


class EventChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which settled events to replay."""

    provider: str | None = None
    channel_id: str | None = None
    since: _Time | None = None
    until: _Time | None = None


class DeadLetterOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `filter` or `ids` says which are meant."""

    filter: DeadLetterChoice | UnsetType = UNSET
    ids: list[str] | UnsetType = UNSET
    dry_run: bool = False
    reason: str | None = None
    events_per_second: int = EVENTS_PER_SECOND


class ReplayOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `filter` or `ids` says which are meant."""

    filter: EventChoice | UnsetType = UNSET
    ids: list[str] | UnsetType = UNSET
    dry_run: bool = False
    reason: str | None = None
    events_per_second: int = EVENTS_PER_SECOND


class Recovered(msgspec.Struct, frozen=True):
    """How many are meant, or were changed at once; `job` does it where it takes a while."""

    count: int
    capped: bool
    job: OpsJob | None


def recovery_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of retry, drop and replay."""
    return [
        resource(shared, path, {"POST": Endpoint(name=name, scope="operator", handler=handler)})
        for path, name, handler in (
            ("/ops/dead-letters/retry", "retry_dead_letters", _asking("retry", DeadLetterOrder)),
            ("/ops/dead-letters/drop", "drop_dead_letters", _asking("drop", DeadLetterOrder)),
            ("/ops/events/replay", "replay_events", _asking("replay", ReplayOrder)),
        )
    ]


def _asking(kind: RecoveryKind, shape: type[DeadLetterOrder] | type[ReplayOrder]) -> Handler:
    async def ask(conn: Connection, call: Call) -> Answer:
        asked = call.body(shape)
        chosen = _chosen(asked)
        if asked.dry_run:
            counted = await count_chosen(conn, call.actor.customer_id, kind, chosen)
            value = Recovered(count=counted.count, capped=counted.is_capped, job=None)
            return Answer(value=value)
        order = Order(reason=asked.reason, events_per_second=asked.events_per_second)
        done = await recover(conn, call.actor, kind, chosen, order, new_id=call.shared.new_id)
        job = present_job(done.job) if done.job else None
        return Answer(
            value=Recovered(count=done.count, capped=False, job=job),
            status=202 if job else 200,
            headers={"Location": f"/api/ops/jobs/{job.id}"} if job else {},
        )

    return ask


def _chosen(asked: DeadLetterOrder | ReplayOrder) -> Chosen:
    if isinstance(asked.ids, UnsetType) == isinstance(asked.filter, UnsetType):
        raise invalid_field("filter", "one_of", "given, or ids instead of it")
    if not isinstance(asked.ids, UnsetType):
        if not 1 <= len(asked.ids) <= MOST_CHOSEN:
            raise invalid_field("ids", "out_of_range", f"a list of 1 to {MOST_CHOSEN} ids")
        return Chosen(ids=tuple(sorted({id_in_body(one, "ids") for one in asked.ids})))
    if isinstance(asked.filter, UnsetType):
        return Chosen()
    wanted = asked.filter
    return Chosen(
        error_class=_word(wanted.error_class, "filter.error_class")
        if isinstance(wanted, DeadLetterChoice)
        else None,
        provider=_word(wanted.provider, "filter.provider"),
        channel_id=_id(wanted.channel_id, "filter.channel_id"),
        since=_time(wanted.since, "filter.since"),
        until=_time(wanted.until, "filter.until"),
    )


def _id(text: str | None, field: str) -> str | None:
    return None if text is None else id_in_body(text, field)


def _word(text: str | None, field: str) -> str | None:
    try:
        return None if text is None else read_word(text)
    except NotAcceptable as refused:
        raise invalid_field(field, refused.code, refused.detail) from None


def _time(at: datetime | None, field: str) -> datetime | None:
    try:
        return at and at.astimezone(UTC)
    except OverflowError:
        raise invalid_field(field, "out_of_range", "a time between the years 1 and 9999") from None
