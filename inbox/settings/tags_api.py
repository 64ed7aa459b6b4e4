"""The tags that a customer uses, over HTTP. Putting them on is an action on a conversation."""

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from store.database import Connection
from store.tags import list_tags

_MOST_COUNTED = 999


class Tag(msgspec.Struct, frozen=True):
    """`capped` says that there are more conversations than `conversation_count`."""

    name: str
    conversation_count: int
    capped: bool


def tag_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the tag list."""
    listing = Endpoint(
        "list_tags", "conversations:read", _list_tags, query=ListQuery, response=Listing[Tag]
    )
    return [resource(shared, "/tags", {"GET": listing})]


async def _list_tags(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    rows = await list_tags(
        conn,
        call.key.customer_id,
        after=name_after(call),
        row_count=call.query.limit + 1,
        most_counted=_MOST_COUNTED,
    )
    return answer_rows(call, rows, _tag, lambda row: NamePlace(row[0]))


def _tag(row: tuple[str, int]) -> Tag:
    name, count = row
    return Tag(name, min(count, _MOST_COUNTED), count > _MOST_COUNTED)
