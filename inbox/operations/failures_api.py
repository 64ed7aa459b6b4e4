"""What fails, by class and channel, over HTTP."""

from datetime import datetime, timedelta

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.operations.events_api import ChannelName
from store.database import Connection
from store.ops_failures import FailureGroup, list_failure_groups

_LOOKED_BACK = timedelta(days=7)


class FailureItem(msgspec.Struct, frozen=True):
    """One class on one channel; `dead_letters` of the events wait for somebody."""

    error_class: str
    channel: ChannelName
    provider: str
    events: int
    attempts: int
    dead_letters: int
    first_at: str
    last_at: str
    sample_id: str


class OpsFailures(msgspec.Struct, frozen=True):
    since: str
    items: list[FailureItem]


class FailureQuery(Query, frozen=True, kw_only=True):
    since: datetime | None = None


def failure_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the failures."""
    listing = Endpoint(
        "list_ops_failures", "events:read", _list, query=FailureQuery, response=OpsFailures
    )
    return [resource(shared, "/ops/failures", {"GET": listing})]


async def _list(conn: Connection, call: QueryCall[FailureQuery]) -> Answer:
    since = call.query.since or call.shared.clock() - _LOOKED_BACK
    groups = await list_failure_groups(conn, call.key.customer_id, since=since)
    items = [_present(group) for group in groups]
    return Answer(value=OpsFailures(since=present_time(since), items=items))


def _present(row: FailureGroup) -> FailureItem:
    return FailureItem(
        error_class=row.error_class,
        channel=ChannelName(id=row.channel_id, name=row.channel_name),
        provider=row.provider,
        events=row.events,
        attempts=row.attempts,
        dead_letters=row.dead_letters,
        first_at=present_time(row.first_at),
        last_at=present_time(row.last_at),
        sample_id=row.sample_id,
    )
