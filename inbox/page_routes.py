"""Every route under `/inbox`: the whole page, and what each resource adds to it.

Knows no topic from inside.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound
from inbox.contacts.page_routes import contact_page_routes
from inbox.contacts.side_panel import gather_side
from inbox.conversations.list_page import gather_list, gather_rail
from inbox.conversations.page_forms import conversation_form_routes
from inbox.conversations.page_queries import asked_of
from inbox.conversations.page_routes import conversation_page_routes
from inbox.conversations.thread_page import find_shown, gather_thread, read_agents, seq_of
from inbox.http.shared import Shared
from inbox.live.cursor import write_cursor
from inbox.page.assets import assets_route, load_assets
from inbox.page.html import PAGE_HEADERS, Pages
from inbox.page.login import login_routes
from inbox.page.page_request import HOME, Handler, PageRequest, page_route, refused
from inbox.page.shortcuts import SHORTCUTS
from inbox.reports.own_day import own_day_route
from inbox.writing.new_message_page import new_message_routes
from inbox.writing.page_forms import writing_form_routes
from store.changes import cursor_of_now


def page_routes(shared: Shared, new_token: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of the page; `new_token` makes session cookies."""
    assets = load_assets()
    pages = Pages(assets.url)

    def get(path: str, name: str, handler: Handler) -> BaseRoute:
        return page_route(shared, pages, path, f"page_{name}", handler)

    async def not_found(request: Request) -> Response:
        return refused(pages, request, NotFound("there is nothing at this path"))

    return [
        assets_route(assets),
        *login_routes(shared, pages, new_token),
        get("", "inbox", _inbox),
        get("/", "inbox_slash", _without_slash),
        get("/c/{id}", "conversation", _inbox),
        *conversation_page_routes(shared, pages),
        *conversation_form_routes(shared, pages),
        *contact_page_routes(shared, pages),
        *writing_form_routes(shared, pages),
        *new_message_routes(shared, pages),
        own_day_route(shared, pages),
        Route(f"{HOME}/{{rest:path}}", not_found, methods=["GET"], name="page_nothing"),
    ]


async def _inbox(page_request: PageRequest) -> Response:
    """Show the whole page, with a conversation open if the path names one."""
    asked = asked_of(page_request)
    named = page_request.request.path_params.get("id")
    async with page_request.shared.pool.connection() as conn:
        # Taken first: whatever happens while we read is told again by the stream.
        cursor = write_cursor(await cursor_of_now(conn))
        agents = await read_agents(conn, page_request)
        shown = await find_shown(conn, page_request) if named is not None else None
        if shown and shown.row.id != named:
            # It was merged: lead to the conversation that has its messages.
            place = f"{HOME}/c/{shown.row.id}?{asked.link}"
            return RedirectResponse(place, 303, headers=PAGE_HEADERS)
        rail = await gather_rail(conn, page_request, asked)
        listing = await gather_list(
            conn, page_request, asked, rail, shown.row.id if shown else None
        )
        gathered = shown and await gather_thread(
            conn,
            page_request,
            shown,
            agents,
            link=asked.link,
            before_seq=seq_of(page_request, "before_seq"),
        )
        side = shown and await gather_side(conn, page_request, shown, None)
    names = {agent.id: agent.name for agent in agents}
    return page_request.pages.respond(
        "inbox.html",
        me=page_request.me(names.get(page_request.key.agent_id or "")),
        theme=page_request.theme,
        csrf=page_request.csrf,
        cursor=cursor,
        rail=rail,
        listing=listing,
        thread=gathered and await gathered.show(page_request.shared.long_texts),
        side=side,
        shortcuts=SHORTCUTS,
    )


async def _without_slash(page_request: PageRequest) -> Response:
    return RedirectResponse(HOME, 303, headers=PAGE_HEADERS)
