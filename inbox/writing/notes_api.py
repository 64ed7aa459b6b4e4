"""Notes of a conversation over HTTP."""

import msgspec
from starlette.routing import BaseRoute

from domain.errors import NotFound
from inbox.http.call import Answer, BodyCall, Endpoint, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, OrderedQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.settings.agent_name import Agent, agent_name
from inbox.writing.notes import write_note
from store.conversation_rows import resolve_conversation
from store.database import Connection
from store.notes import StoredNote, list_notes


class NoteBody(msgspec.Struct, forbid_unknown_fields=True):
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
        "list_notes",
        "conversations:read",
        _list_notes,
        noun="conversation",
        query=OrderedQuery,
        response=Listing[Note],
    )
    writing = Endpoint(
        "write_note",
        "conversations:write",
        _write_note,
        noun="conversation",
        body=NoteBody,
        response=Note,
        takes_idempotency_key=True,
    )
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


async def _write_note(conn: Connection, call: BodyCall[NoteBody]) -> Answer:
    new_id = call.shared.new_id
    note = await write_note(
        conn, call.actor, call.id, call.body.text, note_id=new_id(), entry_id=new_id()
    )
    return Answer(value=present_note(note), status=201)


async def _list_notes(conn: Connection, call: QueryCall[OrderedQuery]) -> Answer:
    customer_id, query = call.key.customer_id, call.query
    after_id = id_after(call)
    conversation_id = await resolve_conversation(conn, customer_id, call.id)
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
    return answer_rows(call, rows, present_note, lambda row: IdPlace(row.id))
