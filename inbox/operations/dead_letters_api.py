"""Dead letters over HTTP: what waits for somebody."""

import msgspec
from starlette.routing import BaseRoute

from domain.recovery import Chosen
from inbox.conversations.present import Listing, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.operations.events_api import EventChannel
from inbox.operations.queries import parse_dead_letter_query
from store.database import Connection
from store.dead_letters import DeadLetter, list_dead_letters
from store.position import Position


class DeadLetterItem(msgspec.Struct, frozen=True):
    event_id: str
    channel: EventChannel
    provider: str
    kind: str
    provider_message_id: str | None
    error_class: str
    detail: str
    attempts: int
    received_at: str
    failed_at: str


def dead_letter_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the dead letters."""
    listing = Endpoint(
        name="list_ops_dead_letters", scope="operator", handler=_list, takes_query=True
    )
    return [resource(shared, "/ops/dead-letters", {"GET": listing})]


async def _list(conn: Connection, call: Call) -> Answer:
    query = parse_dead_letter_query(call.query_pairs())
    belongs_to = _fingerprint(call.key.customer_id, query.wanted)
    rows = await list_dead_letters(
        conn,
        call.key.customer_id,
        query.wanted,
        limit=query.limit + 1,
        before=id_after(query.cursor, belongs_to),
    )
    items = [_present(row) for row in rows[: query.limit]]
    page = page_by_id(
        rows, query.limit, lambda row: Position(row.received_at, row.event_id), belongs_to
    )
    headers = next_link(call, page.next_cursor)
    return Answer(value=Listing[DeadLetterItem](items, page), headers=headers)


def _present(row: DeadLetter) -> DeadLetterItem:
    return DeadLetterItem(
        event_id=row.event_id,
        channel=EventChannel(id=row.channel_id, name=row.channel_name),
        provider=row.provider,
        kind=row.kind,
        provider_message_id=row.provider_message_id,
        error_class=row.error_class,
        detail=row.detail,
        attempts=row.attempts,
        received_at=present_time(row.received_at),
        failed_at=present_time(row.failed_at),
    )


def _fingerprint(customer_id: int, wanted: Chosen) -> bytes:
    return fingerprint(
        "ops_dead_letters",
        customer_id,
        wanted.error_class,
        wanted.provider,
        wanted.channel_id,
        wanted.since and wanted.since.isoformat(),
        wanted.until and wanted.until.isoformat(),
    )
