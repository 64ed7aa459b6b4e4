"""A customer's channels over HTTP, for filters and for whoever writes. No secret and no token."""

import msgspec
from starlette.routing import BaseRoute

from inbox.conversations.present import Listing
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.list_query import parse_list_query
from inbox.http.name_cursor import name_after, page_by_name
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.writing.sending_channel import obstacle_of
from store.channels import StoredChannel, list_channels
from store.database import Connection

_LISTING = "channels"


class ListedChannel(msgspec.Struct, frozen=True):
    """`obstacle` says in plain words what keeps the channel from sending; null where it can."""

    id: str
    kind: str
    name: str
    provider: str
    own_address: str
    can_send: bool
    obstacle: str | None


def channel_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the channel list."""
    listing = Endpoint(
        name="list_channels", scope="conversations:read", handler=_list_channels, takes_query=True
    )
    return [resource(shared, "/channels", {"GET": listing})]


async def _list_channels(conn: Connection, call: Call) -> Answer:
    query = parse_list_query(call.query_pairs())
    customer_id = call.key.customer_id
    after = name_after(query.cursor, _LISTING, customer_id) or ""
    stored = await list_channels(conn, customer_id)
    # Sorted here, since a cursor's name is compared here.
    rows = sorted(
        (one for one in stored if one.channel.name > after), key=lambda one: one.channel.name
    )
    items = [_listed(row) for row in rows[: query.limit]]
    page = page_by_name(rows, query.limit, lambda row: row.channel.name, _LISTING, customer_id)
    return Answer(
        value=Listing[ListedChannel](items, page), headers=next_link(call, page.next_cursor)
    )


def _listed(stored: StoredChannel) -> ListedChannel:
    channel = stored.channel
    obstacle = obstacle_of(stored)
    return ListedChannel(
        id=channel.id,
        kind=channel.kind,
        name=channel.name,
        provider=channel.provider,
        own_address=channel.own_address,
        can_send=obstacle is None,
        obstacle=obstacle,
    )
