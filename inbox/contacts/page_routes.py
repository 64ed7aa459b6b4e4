"""What the page shows of a contact beside a conversation, and its forms: the name, and merging.

The same functions do it as for the API. Knows no SQL.
"""

from starlette.responses import Response
from starlette.routing import BaseRoute

from domain.address import Address
from domain.errors import Conflict, invalid_field
from inbox.contacts.actions import LONGEST_NAME, merge_contacts, name_contact
from inbox.contacts.consent import opt_out
from inbox.contacts.merge_hint import find_hint
from inbox.contacts.opt_out_hints import dismiss, opt_out_sender
from inbox.contacts.side_panel import gather_side
from inbox.contacts.suppressions import lift_suppression
from inbox.conversations.thread_page import find_shown
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.page.form_route import conversation_of_form, form_route
from inbox.page.html import Pages
from inbox.page.page_request import PageRequest, page_route
from store.database import Connection


def contact_page_routes(shared: Shared, pages: Pages) -> list[BaseRoute]:
    """Make the routes of the panel and of its forms."""
    return [
        page_route(shared, pages, "/c/{id}/side", "page_side", _side),
        form_route(shared, pages, "/p/{id}/name", "name", _name),
        form_route(shared, pages, "/p/{id}/merge", "merge", _merge),
        form_route(shared, pages, "/c/{id}/opt-out", "opt_out_other", _opt_out_other),
        form_route(shared, pages, "/m/{id}/opt-out", "opt_out", _opt_out),
        form_route(shared, pages, "/m/{id}/not-an-opt-out", "not_an_opt_out", _not_an_opt_out),
        form_route(shared, pages, "/s/{id}/lift", "lift", _lift, "inbox:manage"),
    ]


async def _side(page_request: PageRequest) -> Response:
    async with page_request.shared.pool.connection() as conn:
        shown = await find_shown(conn, page_request)
        hint = await find_hint(conn, page_request, shown)
        side = await gather_side(conn, page_request, shown, hint)
    return page_request.pages.respond("_side.html", side=side, csrf=page_request.csrf)


async def _name(conn: Connection, page_request: PageRequest) -> str:
    name = page_request.field("name").strip()
    if len(name) > LONGEST_NAME or not (name or "x").isprintable():
        raise invalid_field("name", "not_valid", f"one line of at most {LONGEST_NAME} characters")
    await name_contact(
        conn,
        page_request.actor,
        entry_id=page_request.shared.new_id(),
        named=page_request.path_id(),
        name=name or None,
    )
    return conversation_of_form(page_request)


async def _merge(conn: Connection, page_request: PageRequest) -> str:
    from_id = parse_id(page_request.field("from"))
    if from_id is None:
        raise invalid_field("from", "not_valid", "a contact")
    new_ids = (page_request.shared.new_id(), page_request.shared.new_id())
    await merge_contacts(
        conn,
        page_request.actor,
        new_ids=new_ids,
        from_id=from_id,
        into_id=page_request.path_id(),
    )
    return conversation_of_form(page_request)


async def _lift(conn: Connection, page_request: PageRequest) -> str:
    new_ids = (page_request.shared.new_id(), page_request.shared.new_id())
    await lift_suppression(
        conn, page_request.actor, new_ids=new_ids, suppression_id=page_request.path_id()
    )
    return conversation_of_form(page_request)


async def _opt_out_other(conn: Connection, page_request: PageRequest) -> str:
    """Record what the only other person of a conversation said in another way."""
    shared, shown = page_request.shared, await find_shown(conn, page_request)
    if len(shown.others) != 1 or shown.others[0].contact_id is None:
        raise Conflict("only the one person of a conversation can be opted out here")
    [other] = shown.others
    await opt_out(
        conn,
        page_request.actor,
        new_ids=(shared.new_id(), shared.new_id()),
        now=shared.clock(),
        contact_id=other.contact_id or "",
        readings=[Address(other.kind, other.address)],
        channel_id=shown.row.channel_id,
    )
    return shown.row.id


async def _opt_out(conn: Connection, page_request: PageRequest) -> str:
    shared = page_request.shared
    await opt_out_sender(
        conn,
        page_request.actor,
        new_ids=(shared.new_id(), shared.new_id()),
        now=shared.clock(),
        message_id=page_request.path_id(),
    )
    return conversation_of_form(page_request)


async def _not_an_opt_out(conn: Connection, page_request: PageRequest) -> str:
    entry_id = page_request.shared.new_id()
    await dismiss(conn, page_request.actor, entry_id=entry_id, message_id=page_request.path_id())
    return conversation_of_form(page_request)
