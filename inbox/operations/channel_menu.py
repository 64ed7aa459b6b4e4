"""The menu of a customer's channels, for filters."""

from collections.abc import Sequence

from inbox.page.page_request import PageRequest
from store.channels import list_channels
from store.database import Connection

_MOST = 500


async def channel_choices(conn: Connection, page_request: PageRequest) -> Sequence[tuple[str, str]]:
    """List the channels by name, each with its id."""
    stored = await list_channels(conn, page_request.key.customer_id)
    named = sorted((row.channel.name, row.channel.id) for row in stored)
    return [(channel_id, name) for name, channel_id in named[:_MOST]]
