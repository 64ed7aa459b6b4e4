"""Reading messages over HTTP: those of a conversation, those of all, and one."""

from typing import Any

import msgspec
from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.conversations.present import Message
from inbox.conversations.queries import AllMessagesQuery, BySeq, MessageQuery
from inbox.conversations.reading import (
    look_up_messages,
    page_around_seq,
    show_messages,
    show_messages_in_conversations,
)
from inbox.http.call import Answer, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace, NumberPlace, TimePlace
from inbox.http.paging import MOST_ROWS, Listing, Page, answer_items, cut, id_after, place_after
from inbox.http.shared import Shared
from store.conversation_rows import resolve_conversation
from store.database import Connection
from store.message_listing import page_after_seq, page_before_seq, page_by_time
from store.newest_messages import MessageFilter, list_newest
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
    listing_all = Endpoint(
        "list_all_messages",
        "conversations:read",
        _list_all,
        query=AllMessagesQuery,
        response=Listing[Message],
    )
    get = Endpoint(
        "get_message", "conversations:read", _get_message, noun="message", response=Message
    )
    return [
        resource(shared, "/conversations/{id}/messages", {"GET": listing, "POST": reply}),
        resource(shared, "/messages", {"GET": listing_all}),
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


async def _list_all(conn: Connection, call: QueryCall[AllMessagesQuery]) -> Answer:
    key, query = call.key, call.query
    wanted = await _message_filter(conn, key.customer_id, query)
    before = id_after(call)
    found = await list_newest(conn, key.customer_id, wanted, before=before, limit=query.limit)
    if "conversation" in query.expand:
        items = await show_messages_in_conversations(conn, key.customer_id, found.ids, key.agent_id)
    else:
        items = await show_messages(conn, key.customer_id, found.ids)
    following = IdPlace(found.next_before) if found.next_before else None
    partial = True if found.is_partial else msgspec.UNSET
    return answer_items(call, items, following, partial=partial)


async def _message_filter(
    conn: Connection, customer_id: int, query: AllMessagesQuery
) -> MessageFilter:
    named = query.provider_message_id
    return MessageFilter(
        channel_id=query.channel_id,
        conversation_id=query.conversation_id,
        contact_id=query.contact_id,
        direction=query.direction,
        statuses=tuple(sorted(query.status)),
        kinds=tuple(sorted(query.kind)),
        has_attachments=query.has_attachments,
        given_ids=(
            None if named is None else await look_up_messages(conn, customer_id, named, MOST_ROWS)
        ),
        since=query.since,
        until=query.until,
    )
