"""Canned replies over HTTP: everybody reads them, whoever manages the inbox writes them."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.routing import BaseRoute

from inbox.http.body import given_or_none
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import Version
from inbox.http.versions import wanted_version
from inbox.writing.canned_replies import (
    CannedReplyChange,
    add_canned_reply,
    change_canned_reply,
    remove_canned_reply,
)
from store.canned_replies import StoredCannedReply, list_canned_replies
from store.database import Connection


class CannedReplyBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    text: str


class CannedReplyChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    version: Version | UnsetType = UNSET


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
        "list_canned_replies",
        "conversations:read",
        _list_canned_replies,
        query=ListQuery,
        response=Listing[CannedReply],
    )
    adding = Endpoint(
        "add_canned_reply",
        "inbox:manage",
        _add,
        body=CannedReplyBody,
        response=CannedReply,
        takes_idempotency_key=True,
    )
    changing = Endpoint(
        "change_canned_reply",
        "inbox:manage",
        _change,
        noun="canned reply",
        body=CannedReplyChangeBody,
        response=CannedReply,
    )
    removing = Endpoint("remove_canned_reply", "inbox:manage", _remove, noun="canned reply")
    return [
        resource(shared, "/canned-replies", {"GET": listing, "POST": adding}),
        resource(shared, "/canned-replies/{id}", {"PATCH": changing, "DELETE": removing}),
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


async def _list_canned_replies(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    rows = await list_canned_replies(
        conn, call.key.customer_id, after=name_after(call), row_count=call.query.limit + 1
    )
    return answer_rows(call, rows, present_canned_reply, lambda row: NamePlace(row.name))


async def _add(conn: Connection, call: BodyCall[CannedReplyBody]) -> Answer:
    wanted, new_id = call.body, call.shared.new_id
    reply = await add_canned_reply(conn, call.actor, wanted.name, wanted.text, new_id=new_id)
    return Answer(value=present_canned_reply(reply), status=201)


async def _change(conn: Connection, call: BodyCall[CannedReplyChangeBody]) -> Answer:
    change = CannedReplyChange(
        name=given_or_none(call.body.name),
        text=given_or_none(call.body.text),
        version=wanted_version(call, call.body.version),
    )
    reply = await change_canned_reply(conn, call.actor, call.id, change, new_id=call.shared.new_id)
    return Answer(value=present_canned_reply(reply))


async def _remove(conn: Connection, call: PlainCall) -> Answer:
    await remove_canned_reply(conn, call.actor, call.id, new_id=call.shared.new_id)
    return Answer(status=204)
