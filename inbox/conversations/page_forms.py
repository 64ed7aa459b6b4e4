"""The forms by which a conversation is handled. The same functions do it as for the API.

Knows no SQL and no template.
"""

from datetime import UTC, datetime
from typing import get_args

from starlette.routing import BaseRoute

from domain.conversation import ConversationStatus
from domain.conversation_change import WantedHandling
from domain.errors import invalid_field
from inbox.conversations.change import change_conversation
from inbox.conversations.media import fetch_again
from inbox.conversations.read_marks import mark_read, mark_unread
from inbox.conversations.split import split_off
from inbox.conversations.tagging import add_tag, remove_tag
from inbox.http.file_response import parse_position
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.page.form_route import Action, conversation_of_form, form_route
from inbox.page.html import Pages
from inbox.page.page_request import PageRequest
from store.database import Connection

_STATUSES: dict[str, ConversationStatus] = {word: word for word in get_args(ConversationStatus)}
_LONGEST_SEQ = 9


def conversation_form_routes(shared: Shared, pages: Pages) -> list[BaseRoute]:
    """Make the routes of these forms."""

    def on(name: str, action: Action) -> BaseRoute:
        return form_route(shared, pages, f"/c/{{id}}/{name}", name, action)

    return [
        on("status", _status),
        on("assign", _assign),
        on("snooze", _snooze),
        on("tag", _tag),
        on("untag", _untag),
        on("read", _read),
        on("unread", _unread),
        on("split", _split),
        form_route(shared, pages, "/m/{id}/files/{position}/fetch", "fetch", _fetch),
    ]


async def _status(conn: Connection, page_request: PageRequest) -> str:
    status = _STATUSES.get(page_request.field("status"))
    if status is None or status == "snoozed":
        raise invalid_field("status", "not_valid", "one of the words of the page")
    return await _change(conn, page_request, WantedHandling(status=status))


async def _assign(conn: Connection, page_request: PageRequest) -> str:
    given = page_request.field("assignee")
    agent_id = None if given == "none" else parse_id(given)
    if agent_id is None and given != "none":
        raise invalid_field("assignee", "not_valid", "an agent")
    return await _change(conn, page_request, WantedHandling(assignee_id=agent_id))


async def _snooze(conn: Connection, page_request: PageRequest) -> str:
    try:
        until = datetime.fromisoformat(page_request.field("until"))
    except ValueError:
        raise invalid_field("until", "not_valid", "a time") from None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    wanted = WantedHandling(status="snoozed", snoozed_until=until)
    return await _change(conn, page_request, wanted)


async def _change(conn: Connection, page_request: PageRequest, wanted: WantedHandling) -> str:
    return await change_conversation(
        conn,
        page_request.actor,
        page_request.path_id(),
        wanted,
        now=page_request.clock.now,
        new_id=page_request.shared.new_id,
    )


async def _tag(conn: Connection, page_request: PageRequest) -> str:
    named, tag = page_request.path_id(), _tag_of(page_request)
    entry_id = page_request.shared.new_id()
    return await add_tag(conn, page_request.actor, named, tag, entry_id=entry_id)


async def _untag(conn: Connection, page_request: PageRequest) -> str:
    named, tag = page_request.path_id(), _tag_of(page_request)
    entry_id = page_request.shared.new_id()
    return await remove_tag(conn, page_request.actor, named, tag, entry_id=entry_id)


async def _read(conn: Connection, page_request: PageRequest) -> str:
    named, seq = page_request.path_id(), _seq(page_request)
    read = await mark_read(conn, page_request.actor, named, seq)
    return read.conversation_id


async def _unread(conn: Connection, page_request: PageRequest) -> str:
    """Go back to the list: whoever marks as unread wants to leave it for later."""
    named, seq = page_request.path_id(), _seq(page_request)
    await mark_unread(conn, page_request.actor, named, max(1, seq))
    return ""


def _tag_of(page_request: PageRequest) -> str:
    return page_request.field("tag").strip().lower()


def _seq(page_request: PageRequest) -> int:
    text = page_request.field("seq")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise invalid_field("seq", "not_valid", "a number")
    return int(text)


async def _split(conn: Connection, page_request: PageRequest) -> str:
    """Split off what begins with a message; show what it became."""
    given = page_request.field("from_seq")
    if not given.isascii() or not given.isdigit() or len(given) > _LONGEST_SEQ:
        raise invalid_field("from_seq", "not_valid", "the seq of a message")
    new_id = page_request.shared.new_id
    split = await split_off(
        conn,
        page_request.actor,
        new_ids=(new_id(), new_id()),
        named=page_request.path_id(),
        from_seq=int(given),
    )
    return split.id


async def _fetch(conn: Connection, page_request: PageRequest) -> str:
    """Have a file fetched that could not be."""
    position = parse_position(page_request.request.path_params["position"])
    named, customer_id = page_request.path_id(), page_request.key.customer_id
    await fetch_again(conn, customer_id, named, position)
    return conversation_of_form(page_request)
