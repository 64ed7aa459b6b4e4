"""Events under any filters, newest first, over HTTP."""

from datetime import datetime

import msgspec
from starlette.routing import BaseRoute

from domain.event import EventKind, SignatureResult
from inbox.http.address_readings import address_readings
from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_items, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import Id, ProviderMessageId, SoughtAddress, Word
from providers import receipt_words
from store.database import Connection
from store.event_listing import EventStatus, ListedEvent
from store.ops_events import OpsEventFilter, list_ops_events


class ChannelName(msgspec.Struct, frozen=True):
    id: str
    name: str


class OpsEventItem(msgspec.Struct, frozen=True):
    """An event and what became of it; `next_attempt_at` is null once it is settled."""

    id: str
    channel: ChannelName
    provider: str
    kind: str
    provider_message_id: str | None
    status: str
    error_class: str | None
    failed_attempts: int | None
    next_attempt_at: str | None
    signature: str
    received_at: str


class EventQuery(ListQuery, frozen=True, kw_only=True):
    channel_id: Id | None = None
    kind: EventKind | None = None
    status: EventStatus | None = None
    error_class: Word | None = None
    provider_message_id: ProviderMessageId | None = None
    address: SoughtAddress | None = None
    signature: SignatureResult | None = None
    since: datetime | None = None
    until: datetime | None = None


def event_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the list of events."""
    listing = Endpoint(
        "list_ops_events", "events:read", _list, query=EventQuery, response=Listing[OpsEventItem]
    )
    return [resource(shared, "/ops/events", {"GET": listing})]


def present_event(row: ListedEvent) -> OpsEventItem:
    """Shape an event as a list shows it."""
    return OpsEventItem(
        id=row.event_id,
        channel=ChannelName(id=row.channel_id, name=row.channel_name),
        provider=row.provider,
        kind=row.kind,
        provider_message_id=row.provider_message_id,
        status=row.status,
        error_class=row.error_class,
        failed_attempts=row.failed_attempts,
        next_attempt_at=present_optional_time(row.next_attempt_at),
        signature=row.signature,
        received_at=present_time(row.received_at),
    )


async def _list(conn: Connection, call: QueryCall[EventQuery]) -> Answer:
    query = call.query
    found = await list_ops_events(
        conn,
        call.key.customer_id,
        OpsEventFilter(
            channel_id=query.channel_id,
            kind=query.kind,
            status=query.status,
            error_class=query.error_class,
            provider_message_id=query.provider_message_id,
            receipt_words=receipt_words(),
            addresses=address_readings(query.address or ""),
            signature=query.signature,
            since=query.since,
            until=query.until,
        ),
        before=id_after(call),
        limit=query.limit,
    )
    items = [present_event(row) for row in found.events]
    if found.next_before is None:
        return answer_items(call, items, None)
    partial = True if found.is_partial else msgspec.UNSET
    return answer_items(call, items, IdPlace(found.next_before), partial=partial)
