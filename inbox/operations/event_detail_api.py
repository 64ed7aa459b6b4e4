"""One event whole, over HTTP: masked, unless somebody asks to see it, which the audit keeps."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import msgspec
from starlette.routing import BaseRoute

from domain.errors import MissingScope
from domain.masking import mask_body, printable_text
from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.operations.events_api import OpsEventItem, present_event
from inbox.operations.received import look_at_event, shown_headers
from store.database import Connection
from store.event_listing import FailedAttempt
from store.ops_event import Derived, EventDetail, Standing
from store.queue import LANE_NAMES


class ReceivedBody(msgspec.Struct, frozen=True):
    """What was received. Masked: `masked` is its form; else it is there as `base64` and `text`."""

    content_type: str
    size_bytes: int
    masked: str | None
    base64: str | None
    text: str | None


class Attempt(msgspec.Struct, frozen=True):
    attempt: int
    error_class: str
    detail: str
    failed_at: str


class Waiting(msgspec.Struct, frozen=True):
    """Its place in the queue; `part_number` and `part_total` are those of a part of a text."""

    lane: str
    failed_attempts: int
    next_attempt_at: str
    part_number: int | None
    part_total: int | None


class DeadLetterState(msgspec.Struct, frozen=True):
    error_class: str
    detail: str
    attempts: int
    failed_at: str
    resolution: str | None
    resolved_at: str | None


class DerivedMessage(msgspec.Struct, frozen=True):
    id: str
    conversation_id: str
    seq: int
    status: str


class DerivedReceipt(msgspec.Struct, frozen=True):
    """`message_id` is null where no message of ours has the provider's id."""

    status: str
    provider_status: str
    error_code: str | None
    occurred_at: str
    message_id: str | None
    conversation_id: str | None


class OpsEvent(msgspec.Struct, frozen=True):
    event: OpsEventItem
    dedup_key: str
    headers: Mapping[str, str]
    body: ReceivedBody
    attempts: list[Attempt]
    waiting: Waiting | None
    dead_letter: DeadLetterState | None
    message: DerivedMessage | None
    receipt: DerivedReceipt | None


class DetailQuery(Query, frozen=True, kw_only=True):
    """`unmask` asks for what was received as it is."""

    unmask: bool = False


def event_detail_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of one event."""
    detail = Endpoint(
        "get_ops_event", "events:read", _get, noun="event", query=DetailQuery, response=OpsEvent
    )
    return [resource(shared, "/ops/events/{id}", {"GET": detail})]


def present_body(body: bytes, content_type: str, *, is_unmasked: bool) -> ReceivedBody:
    """Shape bytes that were received."""
    return ReceivedBody(
        content_type=content_type,
        size_bytes=len(body),
        masked=None if is_unmasked else mask_body(body, content_type),
        base64=b64encode(body).decode() if is_unmasked else None,
        text=printable_text(body) if is_unmasked else None,
    )


async def _get(conn: Connection, call: QueryCall[DetailQuery]) -> Answer:
    is_unmasked = call.query.unmask
    if is_unmasked and not call.key.allows("operator"):
        raise MissingScope("to see what was received as it is, the scope operator is needed")
    found = await look_at_event(
        conn, call.actor, call.id, is_unmasked=is_unmasked, new_id=call.shared.new_id
    )
    return Answer(value=_present(found, is_unmasked=is_unmasked))


def _present(found: EventDetail, *, is_unmasked: bool) -> OpsEvent:
    whole = found.whole
    return OpsEvent(
        event=present_event(whole.event),
        dedup_key=whole.dedup_key,
        headers=shown_headers(whole.headers, is_unmasked=is_unmasked),
        body=present_body(whole.body, whole.content_type, is_unmasked=is_unmasked),
        attempts=_attempts(whole.failures),
        waiting=_waiting(found.standing),
        dead_letter=_dead_letter(found.standing),
        message=_message(found.derived),
        receipt=_receipt(found.derived),
    )


def _attempts(failures: Sequence[FailedAttempt]) -> list[Attempt]:
    return [
        Attempt(
            attempt=failure.attempt,
            error_class=failure.error_class,
            detail=failure.detail,
            failed_at=present_time(failure.failed_at),
        )
        for failure in failures
    ]


def _waiting(standing: Standing) -> Waiting | None:
    if standing.lane is None or standing.next_attempt_at is None:
        return None
    return Waiting(
        lane=LANE_NAMES[standing.lane],
        failed_attempts=standing.attempt_count or 0,
        next_attempt_at=present_time(standing.next_attempt_at),
        part_number=standing.waiting_part,
        part_total=standing.waiting_total,
    )


def _dead_letter(standing: Standing) -> DeadLetterState | None:
    if standing.error_class is None or standing.failed_at is None:
        return None
    return DeadLetterState(
        error_class=standing.error_class,
        detail=standing.detail or "",
        attempts=standing.attempts or 0,
        failed_at=present_time(standing.failed_at),
        resolution=standing.resolution,
        resolved_at=present_optional_time(standing.resolved_at),
    )


def _message(derived: Derived) -> DerivedMessage | None:
    if derived.message_id is None or derived.conversation_id is None:
        return None
    return DerivedMessage(
        id=derived.message_id,
        conversation_id=derived.conversation_id,
        seq=derived.seq or 0,
        status=derived.message_status or "",
    )


def _receipt(derived: Derived) -> DerivedReceipt | None:
    if derived.receipt_status is None or derived.occurred_at is None:
        return None
    return DerivedReceipt(
        status=derived.receipt_status,
        provider_status=derived.provider_status or "",
        error_code=derived.error_code,
        occurred_at=present_time(derived.occurred_at),
        message_id=derived.about_message_id,
        conversation_id=derived.about_conversation_id,
    )
