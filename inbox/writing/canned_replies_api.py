"""Canned replies over HTTP: everybody reads them, whoever manages the inbox writes them."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import BaseRoute

from inbox.conversations.present import Listing, present_time
from inbox.http.call import Answer, Call, Endpoint, Handler, resource
from inbox.http.ids import id_in_path
from inbox.http.list_query import parse_list_query
from inbox.http.name_cursor import name_after, page_by_name
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.http.versions import wanted_version
from inbox.writing.canned_replies import (
    CannedReplyChange,
    add_canned_reply,
    change_canned_reply,
    remove_canned_reply,
)
from store.canned_replies import StoredCannedReply, list_canned_replies
from store.database import Connection

_LISTING = "canned replies"


class CannedReplyRequest(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    text: str


class CannedReplyPatch(msgspec.Struct, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class CannedReply(msgspec.Struct, frozen=True):
    id: str
    name: str
    text: str
    version: int
    created_at: str
    updated_at: str


def canned_reply_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of canned replies."""
    listing = Endpoint(
        name="list_canned_replies",
        scope="conversations:read",
        handler=_list_canned_replies,
        takes_query=True,
    )
    adding = _managing("add_canned_reply", _add)
    one = {
        "PATCH": _managing("change_canned_reply", _change),
        "DELETE": _managing("remove_canned_reply", _remove),
    }
    return [
        resource(shared, "/canned-replies", {"GET": listing, "POST": adding}),
        resource(shared, "/canned-replies/{id}", one),
    ]


def present_canned_reply(row: StoredCannedReply) -> CannedReply:
    """Shape a canned reply."""
    return CannedReply(
        id=row.id,
        name=row.name,
        text=row.text,
        version=row.version,
        created_at=present_time(row.created_at),
        updated_at=present_time(row.updated_at),
    )


def _managing(name: str, handler: Handler) -> Endpoint:
    return Endpoint(name=name, scope="inbox:manage", handler=handler)


async def _list_canned_replies(conn: Connection, call: Call) -> Answer:
    query = parse_list_query(call.query_pairs())
    customer_id = call.key.customer_id
    rows = await list_canned_replies(
        conn,
        customer_id,
        after=name_after(query.cursor, _LISTING, customer_id),
        row_count=query.limit + 1,
    )
    items = [present_canned_reply(row) for row in rows[: query.limit]]
    page = page_by_name(rows, query.limit, lambda row: row.name, _LISTING, customer_id)
    return Answer(
        value=Listing[CannedReply](items, page), headers=next_link(call, page.next_cursor)
    )


async def _add(conn: Connection, call: Call) -> Answer:
    asked = call.body(CannedReplyRequest)
    reply = await add_canned_reply(
        conn, call.actor, asked.name, asked.text, new_id=call.shared.new_id
    )
    return Answer(value=present_canned_reply(reply), status=201)


async def _change(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "canned reply")
    asked = call.body(CannedReplyPatch)
    change = CannedReplyChange(
        name=None if asked.name is UNSET else asked.name,
        text=None if asked.text is UNSET else asked.text,
        version=wanted_version(call, asked.version),
    )
    reply = await change_canned_reply(conn, call.actor, named, change, new_id=call.shared.new_id)
    return Answer(value=present_canned_reply(reply))


async def _remove(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "canned reply")
    await remove_canned_reply(conn, call.actor, named, new_id=call.shared.new_id)
    return Answer(status=204)
