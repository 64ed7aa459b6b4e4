"""What agents do with one conversation over HTTP: change it, mark it read, tag it, look back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import BaseRoute

from domain.conversation import ConversationStatus
from domain.conversation_change import UNCHANGED, WantedHandling
from domain.errors import NotFound
from inbox.conversations.api import load_conversation
from inbox.conversations.change import change_conversation, own_agent
from inbox.conversations.present import Agent, Listing, present_time
from inbox.conversations.read_marks import ReadUpTo, mark_read, mark_unread
from inbox.conversations.tagging import add_tag, remove_tag
from inbox.http.call import Answer, Call, Endpoint, Handler, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.ids import id_in_body, id_in_path
from inbox.http.list_query import parse_ordered_query
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.http.versions import wanted_version
from inbox.settings.agent_name import agent_name
from store.audit import StoredEntry, list_history
from store.database import Connection
from store.inbox import resolve_conversation
from store.position import Position

_Time = Annotated[datetime, Meta(tz=True)]
_Seq = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ConversationChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    status: ConversationStatus | UnsetType = UNSET
    assignee_id: str | UnsetType | None = UNSET
    snoozed_until: _Time | UnsetType | None = UNSET
    subject: str | UnsetType | None = UNSET
    version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    only_if_unassigned: bool = False


class ReadRequest(msgspec.Struct, forbid_unknown_fields=True):
    last_read_seq: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class UnreadRequest(msgspec.Struct, forbid_unknown_fields=True):
    from_seq: _Seq


class ReadMark(msgspec.Struct, frozen=True):
    conversation_id: str
    last_read_seq: int


class HistoryEntry(msgspec.Struct, frozen=True):
    id: str
    at: str
    action: str
    agent: Agent | None
    detail: Mapping[str, Any]


def change_endpoint() -> Endpoint:
    """Make the PATCH of a conversation; its GET is the reading side's."""
    return _endpoint("change_conversation", _change)


def conversation_action_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes below a conversation that are about handling it."""
    tag = {
        "PUT": _endpoint("add_tag", _add_tag),
        "DELETE": _endpoint("remove_tag", _remove_tag),
    }
    history = Endpoint(
        name="list_history", scope="conversations:read", handler=_list_history, takes_query=True
    )
    read, unread = _endpoint("mark_read", _mark_read), _endpoint("mark_unread", _mark_unread)
    return [
        resource(shared, "/conversations/{id}/read", {"PUT": read}),
        resource(shared, "/conversations/{id}/unread", {"PUT": unread}),
        resource(shared, "/conversations/{id}/tags/{tag}", tag),
        resource(shared, "/conversations/{id}/history", {"GET": history}),
    ]


def _endpoint(name: str, handler: Handler) -> Endpoint:
    return Endpoint(name=name, scope="conversations:write", handler=handler)


async def _change(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    asked = call.body(ConversationChange)
    wanted = WantedHandling(
        status=UNCHANGED if asked.status is UNSET else asked.status,
        assignee_id=_assignee(call, asked.assignee_id),
        snoozed_until=UNCHANGED if asked.snoozed_until is UNSET else asked.snoozed_until,
        subject=UNCHANGED if asked.subject is UNSET else asked.subject,
        version=wanted_version(call, asked.version),
        only_if_unassigned=asked.only_if_unassigned,
    )
    shared = call.shared
    changed = await change_conversation(
        conn, call.actor, named, wanted, now=shared.clock(), new_id=shared.new_id
    )
    return Answer(value=await load_conversation(conn, call, changed))


def _assignee(call: Call, asked: str | UnsetType | None) -> Any:
    """Settle whom a request names.

    Raises: ValidationFailed, Conflict for "me" where the key speaks for no agent.
    """
    if asked is UNSET:
        return UNCHANGED
    if asked is None:
        return None
    return own_agent(call.actor) if asked == "me" else id_in_body(asked, "assignee_id")


async def _mark_read(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    asked = call.body(ReadRequest)
    return _mark(await mark_read(conn, call.actor, named, asked.last_read_seq))


async def _mark_unread(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    asked = call.body(UnreadRequest)
    return _mark(await mark_unread(conn, call.actor, named, asked.from_seq))


def _mark(read: ReadUpTo) -> Answer:
    return Answer(
        value=ReadMark(conversation_id=read.conversation_id, last_read_seq=read.last_read_seq)
    )


async def _add_tag(conn: Connection, call: Call) -> Answer:
    named, tag = id_in_path(call, "conversation"), call.request.path_params["tag"]
    held = await add_tag(conn, call.actor, named, tag, entry_id=call.shared.new_id())
    return Answer(value=await load_conversation(conn, call, held))


async def _remove_tag(conn: Connection, call: Call) -> Answer:
    named, tag = id_in_path(call, "conversation"), call.request.path_params["tag"]
    held = await remove_tag(conn, call.actor, named, tag, entry_id=call.shared.new_id())
    return Answer(value=await load_conversation(conn, call, held))


async def _list_history(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    query = parse_ordered_query(call.query_pairs())
    customer_id = call.key.customer_id
    belongs_to = fingerprint("history", customer_id, named, query.order)
    after_id = id_after(query.cursor, belongs_to)
    conversation_id = await resolve_conversation(conn, customer_id, named)
    if conversation_id is None:
        raise NotFound("there is no such conversation")
    rows = await list_history(
        conn,
        customer_id,
        conversation_id,
        order=query.order,
        after_id=after_id,
        row_count=query.limit + 1,
    )
    items = [_entry(row) for row in rows[: query.limit]]
    page = page_by_id(rows, query.limit, lambda row: Position(row.at, row.id), belongs_to)
    return Answer(
        value=Listing[HistoryEntry](items, page), headers=next_link(call, page.next_cursor)
    )


def _entry(row: StoredEntry) -> HistoryEntry:
    return HistoryEntry(
        id=row.id,
        at=present_time(row.at),
        action=row.action,
        agent=agent_name(row.agent_id, row.agent_name),
        detail=row.detail,
    )
