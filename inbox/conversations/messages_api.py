"""Reading messages over HTTP: those of a conversation, one, and the look-up by a provider's id."""

from typing import Any

from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.conversations.present import Message
from inbox.conversations.queries import BySeq, LookUpQuery, MessageQuery
from inbox.conversations.reading import look_up_messages, page_around_seq, show_messages
from inbox.http.call import Answer, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import NumberPlace, TimePlace
from inbox.http.paging import MOST_ROWS, Listing, Page, answer_items, cut, place_after
from inbox.http.shared import Shared
from store.conversation_rows import resolve_conversation
from store.database import Connection
from store.message_listing import page_after_seq, page_before_seq, page_by_time
from store.position import Position


def message_reading_routes(shared: Shared, *, reply: Endpoint[Any, Any]) -> list[BaseRoute]:
    """Make the routes that read messages; `reply` is the POST to a conversation's."""
    listing = Endpoint(
        "list_messages",
        "conversations:read",
        _list_messages,
        noun="conversation",
        query=MessageQuery,
        response=Listing[Message],
    )
    looking_up = Endpoint(
        "look_up_messages",
        "conversations:read",
        _look_up,
        query=LookUpQuery,
        response=Listing[Message],
    )
    get = Endpoint(
        "get_message", "conversations:read", _get_message, noun="message", response=Message
    )
    return [
        resource(shared, "/conversations/{id}/messages", {"GET": listing, "POST": reply}),
        resource(shared, "/messages", {"GET": looking_up}),
        resource(shared, "/messages/{id}", {"GET": get}),
    ]


async def _list_messages(conn: Connection, call: QueryCall[MessageQuery]) -> Answer:
    customer_id, query = call.key.customer_id, call.query
    conversation_id = await resolve_conversation(conn, customer_id, call.id)
    if conversation_id is None:
        raise NotFound("there is no such conversation")
    if query.by_seq is None:
        ids, following = await _ids_by_time(conn, call, conversation_id)
    elif query.around_seq is not None:
        around = await page_around_seq(
            conn, customer_id, conversation_id, query.around_seq, query.limit
        )
        items = await show_messages(conn, customer_id, around.ids)
        return Answer(value=Listing[Message](items, Page(query.limit, around.has_more, None)))
    else:
        ids, following = await _ids_by_seq(conn, call, conversation_id, *query.by_seq)
    return answer_items(call, await show_messages(conn, customer_id, ids), following)


async def _ids_by_time(
    conn: Connection, call: QueryCall[MessageQuery], conversation_id: str
) -> tuple[list[str], TimePlace | None]:
    place, query = place_after(call, TimePlace), call.query
    keys = await page_by_time(
        conn,
        call.key.customer_id,
        conversation_id,
        order=query.order or "newest",
        after=Position(place.at, place.id) if place else None,
        limit=query.limit,
    )
    kept, following = cut(keys, query.limit, lambda key: TimePlace(key.at, key.id))
    return [key.id for key in kept], following


async def _ids_by_seq(
    conn: Connection,
    call: QueryCall[MessageQuery],
    conversation_id: str,
    by_seq: BySeq,
    seq: int,
) -> tuple[list[str], NumberPlace | None]:
    place, limit = place_after(call, NumberPlace), call.query.limit
    page = page_before_seq if by_seq == "before" else page_after_seq
    begin = place.number if place else seq
    keys = await page(conn, call.key.customer_id, conversation_id, begin, limit)
    kept, following = cut(keys, limit, lambda key: NumberPlace(key.seq))
    return [key.id for key in kept], following


async def _get_message(conn: Connection, call: PlainCall) -> Answer:
    found = await show_messages(conn, call.key.customer_id, [call.id])
    if not found:
        raise NotFound("there is no such message")
    return Answer(value=found[0])


async def _look_up(conn: Connection, call: QueryCall[LookUpQuery]) -> Answer:
    wanted = call.query.provider_message_id
    found = await look_up_messages(conn, call.key.customer_id, wanted, MOST_ROWS)
    page = Page(MOST_ROWS, has_more=False, next_cursor=None)
    return Answer(value=Listing[Message](found, page))
