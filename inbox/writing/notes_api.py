"""Notes of a conversation over HTTP."""

import msgspec
from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.conversations.present import Agent, Listing, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.ids import id_in_path
from inbox.http.list_query import parse_ordered_query
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.settings.agent_name import agent_name
from inbox.writing.notes import write_note
from store.database import Connection
from store.inbox import resolve_conversation
from store.notes import StoredNote, list_notes
from store.position import Position


class NoteRequest(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class Note(msgspec.Struct, frozen=True):
    id: str
    conversation_id: str
    agent: Agent | None
    text: str
    created_at: str


def note_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of a conversation's notes."""
    reading = Endpoint(
        name="list_notes", scope="conversations:read", handler=_list_notes, takes_query=True
    )
    writing = Endpoint(name="write_note", scope="conversations:write", handler=_write_note)
    return [resource(shared, "/conversations/{id}/notes", {"GET": reading, "POST": writing})]


def present_note(row: StoredNote) -> Note:
    """Shape a note."""
    return Note(
        id=row.id,
        conversation_id=row.conversation_id,
        agent=agent_name(row.agent_id, row.agent_name),
        text=row.text,
        created_at=present_time(row.created_at),
    )


async def _write_note(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    asked = call.body(NoteRequest)
    new_id = call.shared.new_id
    note = await write_note(
        conn, call.actor, named, asked.text, note_id=new_id(), entry_id=new_id()
    )
    return Answer(value=present_note(note), status=201)


async def _list_notes(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "conversation")
    query = parse_ordered_query(call.query_pairs())
    customer_id = call.key.customer_id
    belongs_to = fingerprint("notes", customer_id, named, query.order)
    after_id = id_after(query.cursor, belongs_to)
    conversation_id = await resolve_conversation(conn, customer_id, named)
    if conversation_id is None:
        raise NotFound("there is no such conversation")
    rows = await list_notes(
        conn,
        customer_id,
        conversation_id,
        order=query.order,
        after_id=after_id,
        row_count=query.limit + 1,
    )
    items = [present_note(row) for row in rows[: query.limit]]
    page = page_by_id(rows, query.limit, lambda row: Position(row.created_at, row.id), belongs_to)
    return Answer(value=Listing[Note](items, page), headers=next_link(call, page.next_cursor))
