"""Reading messages over HTTP: those of a conversation, one, and the look-up by a provider's id."""

from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.conversations.present import Listing, Message, Page
from inbox.conversations.queries import (
    MessageQuery,
    parse_look_up_query,
    parse_message_query,
)
from inbox.conversations.reading import look_up_messages, page_around_seq, show_messages
from inbox.http.call import Answer, Call, Endpoint, Handler, resource
from inbox.http.cursor import (
    decode_cursor,
    decode_number,
    encode_cursor,
    encode_number,
    fingerprint,
)
from inbox.http.ids import id_in_path
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from store.database import Connection
from store.inbox import resolve_conversation
from store.message_listing import page_after_seq, page_before_seq, page_by_time
from store.position import Position

_MOST_OF_ONE_ID = 200
_Keys = tuple[list[str], str | None]


def message_reading_routes(shared: Shared, *, reply: Endpoint) -> list[BaseRoute]:
    """Make the routes that read messages; `reply` is the POST to a conversation's."""
    listing = {"GET": _reading("list_messages", _list_messages, takes_query=True), "POST": reply}
    return [
        resource(shared, "/conversations/{id}/messages", listing),
        resource(
            shared, "/messages", {"GET": _reading("look_up_messages", _look_up, takes_query=True)}
        ),
        resource(shared, "/messages/{id}", {"GET": _reading("get_message", _get_message)}),
    ]


def _reading(name: str, handler: Handler, *, takes_query: bool = False) -> Endpoint:
    return Endpoint(name=name, scope="conversations:read", handler=handler, takes_query=takes_query)


async def _list_messages(conn: Connection, call: Call) -> Answer:
    query = parse_message_query(call.query_pairs())
    named = id_in_path(call, "conversation")
    customer_id = call.key.customer_id
    belongs_to = fingerprint("messages", customer_id, named, query.order, query.by_seq, query.seq)
    conversation_id = await resolve_conversation(conn, customer_id, named)
    if conversation_id is None:
        raise NotFound("there is no such conversation")
    if query.by_seq == "around":
        around = await page_around_seq(conn, customer_id, conversation_id, query.seq, query.limit)
        ids, page = around.ids, Page(query.limit, around.has_more, None)
    else:
        keys = _keys_by_seq if query.by_seq else _keys_by_time
        ids, cursor = await keys(conn, customer_id, conversation_id, query, belongs_to)
        page = Page(query.limit, cursor is not None, cursor)
    items = await show_messages(conn, customer_id, ids)
    return Answer(value=Listing[Message](items, page), headers=next_link(call, page.next_cursor))


async def _keys_by_time(
    conn: Connection, customer_id: int, conversation_id: str, query: MessageQuery, belongs_to: bytes
) -> _Keys:
    after = decode_cursor(query.cursor, belongs_to) if query.cursor is not None else None
    keys = await page_by_time(
        conn, customer_id, conversation_id, order=query.order, after=after, limit=query.limit
    )
    kept = keys[: query.limit]
    has_more = len(keys) > query.limit
    cursor = encode_cursor(Position(kept[-1].at, kept[-1].id), belongs_to) if has_more else None
    return [key.id for key in kept], cursor


async def _keys_by_seq(
    conn: Connection, customer_id: int, conversation_id: str, query: MessageQuery, belongs_to: bytes
) -> _Keys:
    seq = decode_number(query.cursor, belongs_to) if query.cursor is not None else query.seq
    page = page_before_seq if query.by_seq == "before" else page_after_seq
    keys = await page(conn, customer_id, conversation_id, seq, query.limit)
    kept = keys[: query.limit]
    has_more = len(keys) > query.limit
    return [key.id for key in kept], encode_number(kept[-1].seq, belongs_to) if has_more else None


async def _get_message(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "message")
    found = await show_messages(conn, call.key.customer_id, [named])
    if not found:
        raise NotFound("there is no such message")
    return Answer(value=found[0])


async def _look_up(conn: Connection, call: Call) -> Answer:
    wanted = parse_look_up_query(call.query_pairs())
    found = await look_up_messages(conn, call.key.customer_id, wanted)
    page = Page(_MOST_OF_ONE_ID, has_more=False, next_cursor=None)
    return Answer(value=Listing[Message](found, page))
