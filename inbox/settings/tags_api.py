"""The tags that a customer uses, over HTTP. Putting them on is an action on a conversation."""

import msgspec
from starlette.routing import BaseRoute

from inbox.conversations.present import Listing
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.list_query import parse_list_query
from inbox.http.name_cursor import name_after, page_by_name
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from store.database import Connection
from store.tags import list_tags

_MOST_COUNTED = 999
_LISTING = "tags"


class Tag(msgspec.Struct, frozen=True):
    """`capped` says that there are more conversations than `conversation_count`."""

    name: str
    conversation_count: int
    capped: bool


def tag_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the tag list."""
    listing = Endpoint(
        name="list_tags", scope="conversations:read", handler=_list_tags, takes_query=True
    )
    return [resource(shared, "/tags", {"GET": listing})]


async def _list_tags(conn: Connection, call: Call) -> Answer:
    query = parse_list_query(call.query_pairs())
    customer_id = call.key.customer_id
    rows = await list_tags(
        conn,
        customer_id,
        after=name_after(query.cursor, _LISTING, customer_id),
        row_count=query.limit + 1,
        most_counted=_MOST_COUNTED,
    )
    items = [
        Tag(tag, min(count, _MOST_COUNTED), count > _MOST_COUNTED)
        for tag, count in rows[: query.limit]
    ]
    page = page_by_name(rows, query.limit, lambda row: row[0], _LISTING, customer_id)
    return Answer(value=Listing[Tag](items, page), headers=next_link(call, page.next_cursor))
