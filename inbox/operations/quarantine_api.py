"""Refused deliveries over HTTP: why they were refused, and how to let them through after all."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, BodyCall, Endpoint, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import Id, Word
from inbox.operations.event_detail_api import DetailQuery, ReceivedBody, present_body
from inbox.operations.events_api import ChannelName
from inbox.operations.quarantine import Inspection, Inspector, release_quarantined
from inbox.operations.reason import Reason
from inbox.operations.received import look_at_quarantined, shown_headers, shown_text, without_token
from store.database import Connection
from store.quarantine import Quarantined, QuarantineFilter, list_quarantined


class RefusedDelivery(msgspec.Struct, frozen=True):
    """`kept_bytes` is less than `body_bytes` where the body was cut."""

    id: str
    channel: ChannelName
    provider: str
    reason: str
    method: str
    kept_bytes: int
    body_bytes: int
    received_at: str
    released_at: str | None


class SignatureCheck(msgspec.Struct, frozen=True):
    """The signature computed again with the channel's present secrets, beside what came."""

    reason: str
    matches: bool
    base: str
    expected: list[str]
    received: list[str]


class RefusedWhole(msgspec.Struct, frozen=True):
    """`check` is null where nothing can be computed; `obstacle` keeps it from a plain release."""

    delivery: RefusedDelivery
    url: str
    headers: Mapping[str, str]
    body: ReceivedBody
    check: SignatureCheck | None
    obstacle: str | None


class ReleaseOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason | None = None
    unverified: bool = False


class Released(msgspec.Struct, frozen=True):
    """The events of the delivery; those of `known_ids` had arrived otherwise."""

    event_ids: list[str]
    known_ids: list[str]
    signature: str


class QuarantineQuery(ListQuery, frozen=True, kw_only=True):
    channel_id: Id | None = None
    reason: Word | None = None
    released: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


def quarantine_routes(shared: Shared, inspector: Inspector) -> list[BaseRoute]:
    """Make the routes of refused deliveries."""

    async def get(conn: Connection, call: QueryCall[DetailQuery]) -> Answer:
        is_unmasked = call.query.unmask
        found = await look_at_quarantined(
            conn, call.actor, call.id, inspector, is_unmasked=is_unmasked, new_id=call.shared.new_id
        )
        return Answer(value=_present(found, is_unmasked=is_unmasked))

    async def release(conn: Connection, call: BodyCall[ReleaseOrder]) -> Answer:
        done = await release_quarantined(
            conn,
            call.actor,
            call.id,
            inspector,
            reason=call.body.reason,
            is_unverified=call.body.unverified,
            new_id=call.shared.new_id,
        )
        event_ids, known_ids = list(done.event_ids), list(done.known_ids)
        value = Released(event_ids=event_ids, known_ids=known_ids, signature=done.signature)
        return Answer(value=value)

    listing = Endpoint(
        "list_ops_quarantine",
        "operator",
        _list,
        query=QuarantineQuery,
        response=Listing[RefusedDelivery],
    )
    showing = Endpoint(
        "get_ops_quarantined",
        "operator",
        get,
        noun="refused delivery",
        query=DetailQuery,
        response=RefusedWhole,
    )
    releasing = Endpoint(
        "release_quarantined",
        "operator",
        release,
        noun="refused delivery",
        body=ReleaseOrder,
        response=Released,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/ops/quarantine", {"GET": listing}),
        resource(shared, "/ops/quarantine/{id}", {"GET": showing}),
        resource(shared, "/ops/quarantine/{id}/release", {"POST": releasing}),
    ]


async def _list(conn: Connection, call: QueryCall[QuarantineQuery]) -> Answer:
    query = call.query
    rows = await list_quarantined(
        conn,
        call.key.customer_id,
        QuarantineFilter(
            channel_id=query.channel_id,
            reason=query.reason,
            is_released=query.released,
            since=query.since,
            until=query.until,
        ),
        limit=query.limit + 1,
        before=id_after(call),
    )
    return answer_rows(call, rows, _delivery, lambda row: IdPlace(row.id))


def _delivery(row: Quarantined) -> RefusedDelivery:
    return RefusedDelivery(
        id=row.id,
        channel=ChannelName(id=row.channel_id, name=row.channel_name),
        provider=row.provider,
        reason=row.reason,
        method=row.method,
        kept_bytes=row.kept_bytes,
        body_bytes=row.body_bytes,
        received_at=present_time(row.received_at),
        released_at=present_optional_time(row.released_at),
    )


def _present(inspection: Inspection, *, is_unmasked: bool) -> RefusedWhole:
    found = inspection.found
    content_type = found.headers.get("content-type", "")
    return RefusedWhole(
        delivery=_delivery(found.listed),
        url=found.url if is_unmasked else f"{without_token(found.url)}/***",
        headers=shown_headers(found.headers, is_unmasked=is_unmasked),
        body=present_body(found.body, content_type, is_unmasked=is_unmasked),
        check=_check(inspection, is_unmasked=is_unmasked),
        obstacle=inspection.obstacle,
    )


def _check(inspection: Inspection, *, is_unmasked: bool) -> SignatureCheck | None:
    check = inspection.check
    if check is None:
        return None
    return SignatureCheck(
        reason=check.verdict.reason,
        matches=check.is_match,
        base=shown_text(check.base, is_unmasked=is_unmasked),
        expected=list(check.expected),
        received=list(check.received),
    )
