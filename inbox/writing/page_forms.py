"""The forms under a conversation that write: a reply, a note, and what becomes of a message.

The same functions do it as for the API. Knows no SQL and no template.
"""

from starlette.routing import BaseRoute

from domain.conversation_change import WantedHandling
from inbox.conversations.change import change_conversation
from inbox.conversations.timeline import UNDO_SECONDS
from inbox.http.shared import Shared
from inbox.page.form_idempotency import submit_once
from inbox.page.form_route import conversation_of_form, form_route, text_of_form
from inbox.page.html import Pages
from inbox.page.page_request import PageRequest
from inbox.writing.cancel_retry import cancel, retry
from inbox.writing.notes import write_note
from inbox.writing.reply import Desk, Written, reply
from inbox.writing.uploads import MOST_FORM_BYTES, bring_files_of_form
from store.database import Connection


def writing_form_routes(shared: Shared, pages: Pages) -> list[BaseRoute]:
    """Make the routes of these forms."""
    scope = "messages:write"
    return [
        form_route(
            shared, pages, "/c/{id}/reply", "reply", _reply, scope, most_bytes=MOST_FORM_BYTES
        ),
        form_route(shared, pages, "/c/{id}/note", "note", _note),
        form_route(shared, pages, "/m/{id}/cancel", "cancel", _cancel, scope),
        form_route(shared, pages, "/m/{id}/retry", "retry", _retry, scope),
    ]


async def _reply(conn: Connection, page_request: PageRequest) -> str:
    """Send once however often the form is sent: its key was made with the page."""
    named, desk = page_request.path_id(), _desk(page_request)

    async def run(inner: Connection) -> str:
        text = Written(
            body=text_of_form(page_request),
            undo_seconds=UNDO_SECONDS,
            attachment_ids=await bring_files_of_form(inner, page_request),
        )
        queued = await reply(inner, page_request.actor, desk, named, text)
        if page_request.form.get("then") == "close":
            await change_conversation(
                inner,
                page_request.actor,
                queued.conversation_id,
                WantedHandling(status="closed"),
                now=desk.now,
                new_id=desk.new_id,
            )
        return queued.conversation_id

    return await submit_once(conn, page_request, run)


async def _note(conn: Connection, page_request: PageRequest) -> str:
    new_id = page_request.shared.new_id
    note = await write_note(
        conn,
        page_request.actor,
        page_request.path_id(),
        text_of_form(page_request),
        note_id=new_id(),
        entry_id=new_id(),
    )
    return note.conversation_id


async def _cancel(conn: Connection, page_request: PageRequest) -> str:
    await cancel(conn, page_request.actor, _desk(page_request), page_request.path_id())
    return conversation_of_form(page_request)


async def _retry(conn: Connection, page_request: PageRequest) -> str:
    await retry(conn, page_request.actor, _desk(page_request), page_request.path_id())
    return conversation_of_form(page_request)


def _desk(page_request: PageRequest) -> Desk:
    return Desk(now=page_request.clock.now, new_id=page_request.shared.new_id)
