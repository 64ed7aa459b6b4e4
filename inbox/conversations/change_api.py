"""What agents do with one conversation over HTTP: change it, mark it read, tag it, look back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import BaseRoute

from domain.actor import Actor
from domain.conversation import ConversationStatus
from domain.conversation_change import UNCHANGED, WantedHandling
from domain.errors import NotFound
from inbox.conversations.api import load_conversation
from inbox.conversations.change import change_conversation
from inbox.conversations.present import Conversation
from inbox.conversations.read_marks import ReadUpTo, mark_read, mark_unread
from inbox.conversations.tagging import add_tag, remove_tag
from inbox.http.call import Answer, BodyCall, Endpoint, NoBody, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, OrderedQuery, answer_rows, id_after
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import BodyTime, Version, WantedAgent
from inbox.http.versions import wanted_version
from inbox.settings.agent_name import Agent, agent_name
from inbox.settings.agents import own_agent
from store.audit import StoredEntry, list_history
from store.conversation_rows import resolve_conversation
from store.database import Connection

_Seq = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ConversationChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    status: ConversationStatus | UnsetType = UNSET
    assignee_id: WantedAgent | UnsetType | None = UNSET
    snoozed_until: BodyTime | UnsetType | None = UNSET
    subject: str | UnsetType | None = UNSET
    version: Version | UnsetType = UNSET
    only_if_unassigned: bool = False


class ReadBody(msgspec.Struct, forbid_unknown_fields=True):
    last_read_seq: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class UnreadBody(msgspec.Struct, forbid_unknown_fields=True):
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


def change_endpoint() -> Endpoint[Query, ConversationChangeBody]:
    """Make the PATCH of a conversation; its GET is the reading side's."""
    return Endpoint(
        "change_conversation",
        "conversations:write",
        _change,
        noun="conversation",
        body=ConversationChangeBody,
        response=Conversation,
    )


def conversation_action_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes below a conversation that are about handling it."""
    read = Endpoint(
        "mark_read",
        "conversations:write",
        _mark_read,
        noun="conversation",
        body=ReadBody,
        response=ReadMark,
    )
    unread = Endpoint(
        "mark_unread",
        "conversations:write",
        _mark_unread,
        noun="conversation",
        body=UnreadBody,
        response=ReadMark,
    )
    tag = {
        "PUT": _tagging("add_tag", _add_tag),
        "DELETE": _tagging("remove_tag", _remove_tag),
    }
    history = Endpoint(
        "list_history",
        "conversations:read",
        _list_history,
        noun="conversation",
        query=OrderedQuery,
        response=Listing[HistoryEntry],
    )
    return [
        resource(shared, "/conversations/{id}/read", {"PUT": read}),
        resource(shared, "/conversations/{id}/unread", {"PUT": unread}),
        resource(shared, "/conversations/{id}/tags/{tag}", tag),
        resource(shared, "/conversations/{id}/history", {"GET": history}),
    ]


def _tagging(
    name: str, handler: Callable[[Connection, PlainCall], Awaitable[Answer]]
) -> Endpoint[Query, NoBody]:
    return Endpoint(
        name, "conversations:write", handler, noun="conversation", response=Conversation
    )


async def _change(conn: Connection, call: BodyCall[ConversationChangeBody]) -> Answer:
    body = call.body
    wanted = WantedHandling(
        status=UNCHANGED if body.status is UNSET else body.status,
        assignee_id=_assignee(call.actor, body.assignee_id),
        snoozed_until=UNCHANGED if body.snoozed_until is UNSET else body.snoozed_until,
        subject=UNCHANGED if body.subject is UNSET else body.subject,
        version=wanted_version(call, body.version),
        only_if_unassigned=body.only_if_unassigned,
    )
    shared = call.shared
    changed = await change_conversation(
        conn, call.actor, call.id, wanted, now=shared.clock(), new_id=shared.new_id
    )
    return Answer(value=await load_conversation(conn, call.key, changed))


def _assignee(actor: Actor, wanted: str | UnsetType | None) -> Any:
    """Settle whom a request names.

    Raises: Conflict for "me" where the key speaks for no agent.
    """
    if wanted is UNSET:
        return UNCHANGED
    return own_agent(actor) if wanted == "me" else wanted


async def _mark_read(conn: Connection, call: BodyCall[ReadBody]) -> Answer:
    return _mark(await mark_read(conn, call.actor, call.id, call.body.last_read_seq))


async def _mark_unread(conn: Connection, call: BodyCall[UnreadBody]) -> Answer:
    return _mark(await mark_unread(conn, call.actor, call.id, call.body.from_seq))


def _mark(read: ReadUpTo) -> Answer:
    return Answer(
        value=ReadMark(conversation_id=read.conversation_id, last_read_seq=read.last_read_seq)
    )


async def _add_tag(conn: Connection, call: PlainCall) -> Answer:
    tag, entry_id = call.request.path_params["tag"], call.shared.new_id()
    held = await add_tag(conn, call.actor, call.id, tag, entry_id=entry_id)
    return Answer(value=await load_conversation(conn, call.key, held))


async def _remove_tag(conn: Connection, call: PlainCall) -> Answer:
    tag, entry_id = call.request.path_params["tag"], call.shared.new_id()
    held = await remove_tag(conn, call.actor, call.id, tag, entry_id=entry_id)
    return Answer(value=await load_conversation(conn, call.key, held))


async def _list_history(conn: Connection, call: QueryCall[OrderedQuery]) -> Answer:
    customer_id, query = call.key.customer_id, call.query
    after_id = id_after(call)
    conversation_id = await resolve_conversation(conn, customer_id, call.id)
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
    return answer_rows(call, rows, _entry, lambda row: IdPlace(row.id))


def _entry(row: StoredEntry) -> HistoryEntry:
    return HistoryEntry(
        id=row.id,
        at=present_time(row.at),
        action=row.action,
        agent=agent_name(row.agent_id, row.agent_name),
        detail=row.detail,
    )
