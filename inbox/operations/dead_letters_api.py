"""Dead letters over HTTP: what waits for somebody."""

from datetime import datetime

import msgspec
from starlette.routing import BaseRoute

from domain.recovery import EventSelection
from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import Id, Word
from inbox.operations.events_api import ChannelName
from store.database import Connection
from store.dead_letters import DeadLetter, list_dead_letters


class DeadLetterItem(msgspec.Struct, frozen=True):
    event_id: str
    channel: ChannelName
    provider: str
    kind: str
    provider_message_id: str | None
    error_class: str
    detail: str
    attempts: int
    received_at: str
    failed_at: str


class DeadLetterQuery(ListQuery, frozen=True, kw_only=True):
    error_class: Word | None = None
    provider: Word | None = None
    channel_id: Id | None = None
    since: datetime | None = None
    until: datetime | None = None


def dead_letter_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the dead letters."""
    listing = Endpoint(
        "list_ops_dead_letters",
        "events:read",
        _list,
        query=DeadLetterQuery,
        response=Listing[DeadLetterItem],
    )
    return [resource(shared, "/ops/dead-letters", {"GET": listing})]


async def _list(conn: Connection, call: QueryCall[DeadLetterQuery]) -> Answer:
    query = call.query
    rows = await list_dead_letters(
        conn,
        call.key.customer_id,
        EventSelection(
            error_class=query.error_class,
            provider=query.provider,
            channel_id=query.channel_id,
            since=query.since,
            until=query.until,
        ),
        limit=query.limit + 1,
        before=id_after(call),
    )
    return answer_rows(call, rows, _present, lambda row: IdPlace(row.event_id))


def _present(row: DeadLetter) -> DeadLetterItem:
    return DeadLetterItem(
        event_id=row.event_id,
        channel=ChannelName(id=row.channel_id, name=row.channel_name),
        provider=row.provider,
        kind=row.kind,
        provider_message_id=row.provider_message_id,
        error_class=row.error_class,
        detail=row.detail,
        attempts=row.attempts,
        received_at=present_time(row.received_at),
        failed_at=present_time(row.failed_at),
    )
