"""A customer's channels over HTTP, for filters and for whoever writes. No secret and no token."""

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from inbox.settings.sending_channel import obstacle_of
from store.channels import StoredChannel, list_channels
from store.database import Connection


class ListedChannel(msgspec.Struct, frozen=True):
    """`addresses` are the own addresses, the first one first.

    `obstacle` says in plain words what keeps the channel from sending; null where it can.
    """

    id: str
    kind: str
    name: str
    provider: str
    own_address: str
    addresses: tuple[str, ...]
    can_send: bool
    obstacle: str | None


def channel_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the channel list."""
    listing = Endpoint(
        "list_channels",
        "conversations:read",
        _list_channels,
        query=ListQuery,
        response=Listing[ListedChannel],
    )
    return [resource(shared, "/channels", {"GET": listing})]


async def _list_channels(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    after = name_after(call) or ""
    stored = await list_channels(conn, call.key.customer_id)
    # Sorted here, since a cursor's name is compared here.
    rows = sorted((row for row in stored if row.channel.name > after), key=_name_of)
    return answer_rows(call, rows, _listed, lambda row: NamePlace(_name_of(row)))


def _name_of(stored: StoredChannel) -> str:
    return stored.channel.name


def _listed(stored: StoredChannel) -> ListedChannel:
    channel = stored.channel
    obstacle = obstacle_of(stored)
    return ListedChannel(
        id=channel.id,
        kind=channel.kind,
        name=channel.name,
        provider=channel.provider,
        own_address=channel.own_address,
        addresses=channel.own_addresses,
        can_send=obstacle is None,
        obstacle=obstacle,
    )
