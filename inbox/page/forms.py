"""What the page does without JavaScript: each form is one action, then back to where one was.

The same functions do it as for the API. Knows no SQL and no template.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import get_args

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from domain.api_key import Scope
from domain.conversation import ConversationStatus
from domain.conversation_change import WantedHandling
from domain.errors import NotFound, invalid_field
from inbox.contacts.actions import merge_contacts, name_contact
from inbox.conversations.change import change_conversation
from inbox.conversations.read_marks import mark_read, mark_unread
from inbox.conversations.tagging import add_tag, remove_tag
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.page.html import PAGE_HEADERS, Pages
from inbox.page.page_request import PageRequest, page_route
from inbox.writing.cancel_retry import cancel, retry
from inbox.writing.form_idempotency import UNDO_SECONDS, submit_once
from inbox.writing.notes import write_note
from inbox.writing.reply import Desk, reply
from inbox.writing.reply import Written as Text
from store.database import Connection

# Returns the id of the conversation to show next.
Action = Callable[[Connection, PageRequest], Awaitable[str]]

_STATUSES: dict[str, ConversationStatus] = {word: word for word in get_args(ConversationStatus)}
_LONGEST_NAME = 200


def form_routes(shared: Shared, pages: Pages) -> list[BaseRoute]:
    """Make the routes that the page's forms are sent to."""

    def on(path: str, name: str, action: Action, scope: Scope = "conversations:write") -> BaseRoute:
        return page_route(
            shared, pages, path, f"page_{name}", _doing(action), method="POST", scope=scope
        )

    return [
        on("/c/{id}/reply", "reply", _reply, "messages:write"),
        on("/c/{id}/note", "note", _note),
        on("/c/{id}/status", "status", _status),
        on("/c/{id}/assign", "assign", _assign),
        on("/c/{id}/snooze", "snooze", _snooze),
        on("/c/{id}/tag", "tag", _tag),
        on("/c/{id}/untag", "untag", _untag),
        on("/c/{id}/read", "read", _read),
        on("/c/{id}/unread", "unread", _unread),
        on("/m/{id}/cancel", "cancel", _cancel, "messages:write"),
        on("/m/{id}/retry", "retry", _retry, "messages:write"),
        on("/p/{id}/name", "name", _name),
        on("/p/{id}/merge", "merge", _merge),
    ]


def _doing(action: Action) -> Callable[[PageRequest], Awaitable[Response]]:
    async def handle(page_request: PageRequest) -> Response:
        async with page_request.shared.pool.connection() as conn, conn.transaction():
            conversation_id = await action(conn, page_request)
        page_request.shared.poke()
        place = f"/inbox/c/{conversation_id}" if conversation_id else "/inbox"
        return RedirectResponse(place, 303, headers=PAGE_HEADERS)

    return handle


async def _reply(conn: Connection, page_request: PageRequest) -> str:
    """Send once however often the form is sent: its key was made with the page."""
    named, desk = _id(page_request), _desk(page_request)

    async def run(inner: Connection) -> str:
        text = Text(body=_text(page_request, "text"), undo_seconds=UNDO_SECONDS)
        queued = await reply(inner, page_request.actor, desk, named, text)
        if page_request.form.get("then") == "close":
            wanted = WantedHandling(status="closed")
            await _change(inner, page_request, queued.conversation_id, wanted)
        return queued.conversation_id

    return await submit_once(conn, page_request, run)


async def _note(conn: Connection, page_request: PageRequest) -> str:
    new_id = page_request.shared.new_id
    note = await write_note(
        conn,
        page_request.actor,
        _id(page_request),
        _text(page_request, "text"),
        note_id=new_id(),
        entry_id=new_id(),
    )
    return note.conversation_id


async def _status(conn: Connection, page_request: PageRequest) -> str:
    status = _STATUSES.get(page_request.field("status"))
    if status is None or status == "snoozed":
        raise invalid_field("status", "not_valid", "one of the words of the page")
    return await _change(conn, page_request, _id(page_request), WantedHandling(status=status))


async def _assign(conn: Connection, page_request: PageRequest) -> str:
    given = page_request.field("assignee")
    agent_id = None if given == "none" else parse_id(given)
    if agent_id is None and given != "none":
        raise invalid_field("assignee", "not_valid", "an agent")
    return await _change(
        conn, page_request, _id(page_request), WantedHandling(assignee_id=agent_id)
    )


async def _snooze(conn: Connection, page_request: PageRequest) -> str:
    try:
        until = datetime.fromisoformat(page_request.field("until"))
    except ValueError:
        raise invalid_field("until", "not_valid", "a time") from None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    wanted = WantedHandling(status="snoozed", snoozed_until=until)
    return await _change(conn, page_request, _id(page_request), wanted)


async def _tag(conn: Connection, page_request: PageRequest) -> str:
    entry_id = page_request.shared.new_id()
    return await add_tag(
        conn, page_request.actor, _id(page_request), _tag_of(page_request), entry_id=entry_id
    )


async def _untag(conn: Connection, page_request: PageRequest) -> str:
    entry_id = page_request.shared.new_id()
    return await remove_tag(
        conn, page_request.actor, _id(page_request), _tag_of(page_request), entry_id=entry_id
    )


async def _read(conn: Connection, page_request: PageRequest) -> str:
    read = await mark_read(conn, page_request.actor, _id(page_request), _seq(page_request))
    return read.conversation_id


async def _unread(conn: Connection, page_request: PageRequest) -> str:
    """Go back to the list: whoever marks as unread wants to leave it for later."""
    await mark_unread(conn, page_request.actor, _id(page_request), max(1, _seq(page_request)))
    return ""


async def _cancel(conn: Connection, page_request: PageRequest) -> str:
    await cancel(conn, page_request.actor, _desk(page_request), _id(page_request))
    return _conversation_of(page_request)


async def _retry(conn: Connection, page_request: PageRequest) -> str:
    await retry(conn, page_request.actor, _desk(page_request), _id(page_request))
    return _conversation_of(page_request)


async def _name(conn: Connection, page_request: PageRequest) -> str:
    name = page_request.field("name").strip()
    if len(name) > _LONGEST_NAME or not (name or "x").isprintable():
        raise invalid_field("name", "not_valid", f"one line of at most {_LONGEST_NAME} characters")
    await name_contact(
        conn,
        page_request.actor,
        entry_id=page_request.shared.new_id(),
        named=_id(page_request),
        name=name or None,
    )
    return _conversation_of(page_request)


async def _merge(conn: Connection, page_request: PageRequest) -> str:
    from_id = parse_id(page_request.field("from"))
    if from_id is None:
        raise invalid_field("from", "not_valid", "a contact")
    new_ids = (page_request.shared.new_id(), page_request.shared.new_id())
    await merge_contacts(
        conn, page_request.actor, new_ids=new_ids, from_id=from_id, into_id=_id(page_request)
    )
    return _conversation_of(page_request)


async def _change(
    conn: Connection, page_request: PageRequest, named: str, wanted: WantedHandling
) -> str:
    return await change_conversation(
        conn,
        page_request.actor,
        named,
        wanted,
        now=page_request.clock.now,
        new_id=page_request.shared.new_id,
    )


def _conversation_of(page_request: PageRequest) -> str:
    """Return where a form was that is about something else than its conversation."""
    return parse_id(page_request.form.get("conversation", "")) or ""


def _desk(page_request: PageRequest) -> Desk:
    return Desk(now=page_request.clock.now, new_id=page_request.shared.new_id)


def _id(page_request: PageRequest) -> str:
    found = parse_id(page_request.request.path_params["id"])
    if found is None:
        raise NotFound("there is nothing at this path")
    return found


def _text(page_request: PageRequest, name: str) -> str:
    """Return a text as it was written: a form sends line ends of two characters."""
    return page_request.field(name).replace("\r\n", "\n")


def _tag_of(page_request: PageRequest) -> str:
    return page_request.field("tag").strip().lower()


def _seq(page_request: PageRequest) -> int:
    text = page_request.field("seq")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise invalid_field("seq", "not_valid", "a number")
    return int(text)
