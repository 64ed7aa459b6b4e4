"""What hooks were told, over HTTP: the log, a test, and having it sent once more. For admins."""

from functools import partial

import msgspec
from starlette.routing import BaseRoute

from domain.hook import DeliveryStatus
from domain.outbound import OutboundStatus
from inbox.hooks.hooks import (
    MOST_REPLAYED,
    HookKit,
    get_delivery,
    get_hook,
    ping_hook,
    replay_delivery,
    replay_span,
)
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import NumberPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, place_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import BodyTime
from store.database import Connection
from store.hook_deliveries import (
    ListedDelivery,
    NumberedAttempt,
    list_attempts,
    list_deliveries,
)

_MOST_ATTEMPTS = 200
_LAST_POSITION = (1 << 63) - 1


class HookDelivery(msgspec.Struct, frozen=True):
    """`id` is the `webhook-id` that is posted; `error_class` is that of the latest failure."""

    id: str
    hook_id: str
    type: str
    conversation_id: str | None
    message_id: str | None
    message_status: OutboundStatus | None
    object_id: str | None
    happened_at: str
    status: DeliveryStatus
    attempt_count: int
    next_attempt_at: str | None
    settled_at: str | None
    error_class: str | None


class HookAttempt(msgspec.Struct, frozen=True):
    """`answer` is the beginning of what was answered; `http_status` is null where nothing was."""

    attempt: int
    began_at: str
    duration_ms: int
    http_status: int | None
    answer: str
    error_class: str | None


class HookDeliveryDetail(msgspec.Struct, frozen=True):
    """A delivery with its latest attempts."""

    delivery: HookDelivery
    attempts: list[HookAttempt]


class HookDeliveryQuery(ListQuery, frozen=True, kw_only=True):
    status: DeliveryStatus | None = None


class HookReplayBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which events: those that happened from `after` on and before `before`, of this status."""

    after: BodyTime
    before: BodyTime
    status: DeliveryStatus | None = None


class HookReplay(msgspec.Struct, frozen=True):
    """`has_more` says that there may be more than are replayed at once."""

    queued: int
    has_more: bool


def delivery_resources(shared: Shared, kit: HookKit) -> list[BaseRoute]:
    """Make the routes of what hooks were told."""
    listing = Endpoint(
        "list_hook_deliveries",
        "admin",
        _list,
        noun="hook",
        query=HookDeliveryQuery,
        response=Listing[HookDelivery],
    )
    testing = Endpoint(
        "test_hook",
        "admin",
        partial(_test, kit),
        noun="hook",
        response=HookDelivery,
        takes_idempotency_key=True,
    )
    replaying_span = Endpoint(
        "replay_hook",
        "admin",
        partial(_replay_span, kit),
        noun="hook",
        body=HookReplayBody,
        response=HookReplay,
        takes_idempotency_key=True,
    )
    getting = Endpoint(
        "get_hook_delivery", "admin", _get, noun="hook delivery", response=HookDeliveryDetail
    )
    replaying = Endpoint(
        "replay_hook_delivery",
        "admin",
        partial(_replay, kit),
        noun="hook delivery",
        response=HookDelivery,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/hooks/{id}/deliveries", {"GET": listing}),
        resource(shared, "/hooks/{id}/test", {"POST": testing}),
        resource(shared, "/hooks/{id}/replay", {"POST": replaying_span}),
        resource(shared, "/hook-deliveries/{id}", {"GET": getting}),
        resource(shared, "/hook-deliveries/{id}/replay", {"POST": replaying}),
    ]


async def _list(conn: Connection, call: QueryCall[HookDeliveryQuery]) -> Answer:
    place = place_after(call, NumberPlace)
    hook = await get_hook(conn, call.key.customer_id, call.id)
    rows = await list_deliveries(
        conn,
        hook.customer_id,
        hook.id,
        status=call.query.status,
        before=place.number if place else _LAST_POSITION,
        row_count=call.query.limit + 1,
    )
    return answer_rows(call, rows, _delivery, lambda row: NumberPlace(row.position))


async def _test(kit: HookKit, conn: Connection, call: PlainCall) -> Answer:
    queued = await ping_hook(conn, call.actor, kit, call.id, call.shared.clock())
    return Answer(value=_delivery(queued), status=202)


async def _replay_span(kit: HookKit, conn: Connection, call: BodyCall[HookReplayBody]) -> Answer:
    body = call.body
    count = await replay_span(
        conn,
        call.actor,
        kit,
        call.id,
        after=body.after,
        before=body.before,
        status=body.status,
        now=call.shared.clock(),
    )
    return Answer(value=HookReplay(count, count == MOST_REPLAYED), status=202)


async def _get(conn: Connection, call: PlainCall) -> Answer:
    customer_id = call.key.customer_id
    delivery = await get_delivery(conn, customer_id, call.id)
    rows = await list_attempts(conn, customer_id, delivery.id, _MOST_ATTEMPTS)
    attempts = [_attempt(row) for row in rows]
    return Answer(value=HookDeliveryDetail(_delivery(delivery), attempts))


async def _replay(kit: HookKit, conn: Connection, call: PlainCall) -> Answer:
    queued = await replay_delivery(conn, call.actor, kit, call.id, call.shared.clock())
    return Answer(value=_delivery(queued), status=202)


def _delivery(row: ListedDelivery) -> HookDelivery:
    return HookDelivery(
        id=row.id,
        hook_id=row.hook_id,
        type=row.type,
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        message_status=row.message_status,
        object_id=row.object_id,
        happened_at=present_time(row.happened_at),
        status=row.status,
        attempt_count=row.attempt_count,
        next_attempt_at=present_optional_time(row.next_attempt_at),
        settled_at=present_optional_time(row.settled_at),
        error_class=row.error_class,
    )


def _attempt(row: NumberedAttempt) -> HookAttempt:
    return HookAttempt(
        attempt=row.attempt,
        began_at=present_time(row.began_at),
        duration_ms=row.duration_ms,
        http_status=row.http_status,
        answer=row.answer,
        error_class=row.error_class,
    )
