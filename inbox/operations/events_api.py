"""Events under any filters, newest first, over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from starlette.routing import BaseRoute

from inbox.conversations.present import Listing, Page, present_optional_time, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import encode_cursor, fingerprint
from inbox.http.id_page import id_after
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.operations.queries import EventQuery, parse_event_query
from store.database import Connection
from store.event_listing import ListedEvent
from store.ops_events import EventPage, list_ops_events
from store.position import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


class EventChannel(msgspec.Struct, frozen=True):
    id: str
    name: str


class EventItem(msgspec.Struct, frozen=True):
    """An event and what became of it; `next_attempt_at` is null once it is settled."""

    id: str
    channel: EventChannel
    provider: str
    kind: str
    provider_message_id: str | None
    status: str
    error_class: str | None
    failed_attempts: int | None
    next_attempt_at: str | None
    signature: str
    received_at: str


def event_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the list of events."""
    listing = Endpoint(name="list_ops_events", scope="operator", handler=_list, takes_query=True)
    return [resource(shared, "/ops/events", {"GET": listing})]


def present_event(row: ListedEvent) -> EventItem:
    """Shape an event as a list shows it."""
    return EventItem(
        id=row.event_id,
        channel=EventChannel(id=row.channel_id, name=row.channel_name),
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


async def _list(conn: Connection, call: Call) -> Answer:
    query = parse_event_query(call.query_pairs())
    belongs_to = _fingerprint(call.key.customer_id, query)
    found = await list_ops_events(
        conn,
        call.key.customer_id,
        query.wanted,
        before=id_after(query.cursor, belongs_to),
        limit=query.limit,
    )
    page = _page(found, query.limit, belongs_to)
    items = [present_event(row) for row in found.events]
    return Answer(value=Listing[EventItem](items, page), headers=next_link(call, page.next_cursor))


def _page(found: EventPage, limit: int, belongs_to: bytes) -> Page:
    if found.next_before is None:
        return Page(limit=limit, has_more=False, next_cursor=None)
    cursor = encode_cursor(Position(_time_of(found.next_before), found.next_before), belongs_to)
    partial = True if found.is_partial else msgspec.UNSET
    return Page(limit=limit, has_more=True, next_cursor=cursor, partial=partial)


def _time_of(event_id: str) -> datetime:
    """Return the time in an id; one that somebody made by hand may have any."""
    return _EPOCH + timedelta(milliseconds=min(UUID(event_id).int >> 80, _LAST_MILLISECOND))


def _fingerprint(customer_id: int, query: EventQuery) -> bytes:
    wanted = query.wanted
    return fingerprint(
        "ops_events",
        customer_id,
        wanted.channel_id,
        wanted.kind,
        wanted.status,
        wanted.error_class,
        wanted.provider_message_id,
        wanted.addresses,
        wanted.signature,
        wanted.since and wanted.since.isoformat(),
        wanted.until and wanted.until.isoformat(),
    )
