"""Every route under `/inbox`: whole pages, and the parts of them that the page's modules ask for.

GET only, and free of effects; forms.py has what changes something. Knows no SQL.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound
from inbox.contacts.merge_hint import find_hint
from inbox.contacts.side_panel import gather_side
from inbox.conversations.list_page import gather_list, gather_rail, gather_rows
from inbox.conversations.list_rows import Shown
from inbox.conversations.mail_html import mail_document, mail_headers
from inbox.conversations.page_queries import Asked, read_asked
from inbox.conversations.thread_page import find_shown, gather_thread, read_agents
from inbox.http.file_response import file_response, parse_position
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.live.cursor import write_cursor
from inbox.page.assets import assets_route, load_assets
from inbox.page.forms import form_routes
from inbox.page.html import PAGE_HEADERS, Pages
from inbox.page.login import login_routes
from inbox.page.page_request import HOME, PageRequest, page_route, refused
from inbox.page.shortcuts import SHORTCUTS
from inbox.writing.new_message_page import new_message_routes
from store.bodies import find_body
from store.changes import cursor_of_now
from store.files import find_file

_MOST_IDS = 50


def page_routes(shared: Shared, new_token: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of the page; `new_token` makes session cookies."""
    assets = load_assets()
    pages = Pages(assets.url)

    def get(
        path: str, name: str, handler: Callable[[PageRequest], Awaitable[Response]]
    ) -> BaseRoute:
        return page_route(shared, pages, path, f"page_{name}", handler)

    async def not_found(request: Request) -> Response:
        return refused(pages, request, NotFound("there is nothing at this path"))

    return [
        assets_route(assets),
        *login_routes(shared, pages, new_token),
        get("", "inbox", _inbox),
        get("/", "inbox_slash", _without_slash),
        get("/list", "list", _list),
        get("/rows", "rows", _rows),
        get("/views", "views", _views),
        get("/c/{id}", "conversation", _inbox),
        get("/c/{id}/thread", "thread", _thread),
        get("/c/{id}/side", "side", _side),
        get("/m/{id}/html", "mail", _mail),
        get("/m/{id}/files/{position}", "file", _file),
        *form_routes(shared, pages),
        *new_message_routes(shared, pages),
        Route(f"{HOME}/{{rest:path}}", not_found, methods=["GET"], name="page_nothing"),
    ]


async def _inbox(page_request: PageRequest) -> Response:
    """Show the whole page, with a conversation open if the path names one."""
    asked = _asked(page_request)
    named = page_request.request.path_params.get("id")
    async with page_request.shared.pool.connection() as conn:
        # Taken first: whatever happens while we read is told again by the stream.
        cursor = write_cursor(await cursor_of_now(conn))
        agents = await read_agents(conn, page_request)
        shown = await find_shown(conn, page_request, parse_id(named)) if named is not None else None
        if shown and shown.row.id != named:
            return _moved(shown, asked)
        rail = await gather_rail(conn, page_request, asked)
        listing = await gather_list(
            conn, page_request, asked, rail, shown.row.id if shown else None
        )
        thread = shown and await gather_thread(
            conn,
            page_request,
            shown,
            agents,
            link=asked.link,
            before_seq=_number(page_request, "before_seq"),
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
        thread=thread,
        side=side,
        shortcuts=SHORTCUTS,
    )


async def _without_slash(page_request: PageRequest) -> Response:
    return RedirectResponse(HOME, 303, headers=PAGE_HEADERS)


async def _list(page_request: PageRequest) -> Response:
    asked = _asked(page_request)
    async with page_request.shared.pool.connection() as conn:
        rail = await gather_rail(conn, page_request, asked)
        open_id = parse_id(asked.open_id) if asked.open_id else None
        listing = await gather_list(conn, page_request, asked, rail, open_id)
    return page_request.pages.respond("_list.html", listing=listing)


async def _rows(page_request: PageRequest) -> Response:
    """Show some conversations as rows, whether they are in the view or not."""
    asked = _asked(page_request)
    given = page_request.request.query_params.get("ids", "").split(",")[:_MOST_IDS]
    ids = [found for found in map(parse_id, given) if found]
    async with page_request.shared.pool.connection() as conn:
        rows = await gather_rows(conn, page_request, asked, ids)
    return page_request.pages.respond("_rows.html", rows=rows)


async def _views(page_request: PageRequest) -> Response:
    asked = _asked(page_request)
    async with page_request.shared.pool.connection() as conn:
        rail = await gather_rail(conn, page_request, asked)
    return page_request.pages.respond("_rail.html", rail=rail)


async def _thread(page_request: PageRequest) -> Response:
    asked = _asked(page_request)
    async with page_request.shared.pool.connection() as conn:
        shown = await find_shown(
            conn, page_request, parse_id(page_request.request.path_params["id"])
        )
        agents = await read_agents(conn, page_request)
        thread = await gather_thread(
            conn,
            page_request,
            shown,
            agents,
            link=asked.link,
            before_seq=_number(page_request, "before_seq"),
            after_seq=_number(page_request, "after_seq"),
        )
    return page_request.pages.respond("_thread.html", thread=thread, csrf=page_request.csrf)


async def _side(page_request: PageRequest) -> Response:
    async with page_request.shared.pool.connection() as conn:
        shown = await find_shown(
            conn, page_request, parse_id(page_request.request.path_params["id"])
        )
        side = await gather_side(
            conn, page_request, shown, await find_hint(conn, page_request, shown)
        )
    return page_request.pages.respond("_side.html", side=side, csrf=page_request.csrf)


async def _mail(page_request: PageRequest) -> Response:
    """Show an HTML mail in a document of its own, for a frame that may do nothing."""
    named = parse_id(page_request.request.path_params["id"])
    async with page_request.shared.pool.connection() as conn:
        body = named and await find_body(conn, page_request.key.customer_id, named)
    if not body or body.body_format != "html":
        raise NotFound("there is no such mail")
    shows_images = page_request.request.query_params.get("images") == "1"
    return Response(
        mail_document(body.text, shows_images=shows_images),
        media_type="text/html",
        headers=mail_headers(shows_images=shows_images),
    )


async def _file(page_request: PageRequest) -> Response:
    """Hand out a file that came with a message."""
    path = page_request.request.path_params
    named, position = parse_id(path["id"]), parse_position(path["position"])
    if named is None or position is None:
        raise NotFound("there is no such file")
    async with page_request.shared.pool.connection() as conn:
        file = await find_file(conn, page_request.key.customer_id, named, position)
    if file is None:
        raise NotFound("there is no such file")
    return file_response(file)


def _asked(page_request: PageRequest) -> Asked:
    return read_asked(page_request.pairs, has_agent=page_request.key.agent_id is not None)


def _moved(shown: Shown, asked: Asked) -> Response:
    """Lead from a conversation that was merged to the one that has its messages."""
    place = f"/inbox/c/{shown.row.id}?{asked.link}"
    return RedirectResponse(place, 303, headers=PAGE_HEADERS)


def _number(page_request: PageRequest, name: str) -> int | None:
    text = page_request.request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
