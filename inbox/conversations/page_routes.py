"""The parts of the page that its modules ask for: the list, the rail, a thread, a mail, a file.

GET only, and free of effects; page_forms.py has what changes something. Knows no SQL.
"""

from asyncio import to_thread

from starlette.responses import Response
from starlette.routing import BaseRoute

from domain.errors import NotFound
from domain.inline_images import content_ids_in, with_images
from inbox.conversations.list_page import gather_list, gather_rail, gather_rows
from inbox.conversations.mail_frame import clean_in_turn, frame_document, frame_headers
from inbox.conversations.page_queries import asked_of
from inbox.conversations.thread_page import find_shown, gather_thread, read_agents, seq_of
from inbox.http.file_response import (
    file_response,
    parse_position,
    picture_response,
    read_inline,
)
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.page.html import Pages
from inbox.page.page_request import Handler, PageRequest, page_route
from store.bodies import find_body
from store.clean_bodies import find_clean_body
from store.files import StoredFile, find_file, find_inline_files

_MOST_IDS = 50


def conversation_page_routes(shared: Shared, pages: Pages) -> list[BaseRoute]:
    """Make the routes of these parts."""

    def get(path: str, name: str, handler: Handler) -> BaseRoute:
        return page_route(shared, pages, path, f"page_{name}", handler)

    return [
        get("/list", "list", _list),
        get("/rows", "rows", _rows),
        get("/views", "views", _views),
        get("/c/{id}/thread", "thread", _thread),
        get("/m/{id}/html", "mail", _mail),
        get("/m/{id}/files/{position}", "file", _file),
        get("/m/{id}/files/{position}/picture", "picture", _picture),
    ]


async def _list(page_request: PageRequest) -> Response:
    asked = asked_of(page_request)
    async with page_request.shared.pool.connection() as conn:
        rail = await gather_rail(conn, page_request, asked)
        open_id = parse_id(asked.open_id) if asked.open_id else None
        listing = await gather_list(conn, page_request, asked, rail, open_id)
    return page_request.pages.respond("_list.html", listing=listing)


async def _rows(page_request: PageRequest) -> Response:
    """Show some conversations as rows, whether they are in the view or not."""
    asked = asked_of(page_request)
    given = page_request.request.query_params.get("ids", "").split(",")[:_MOST_IDS]
    ids = [found for found in map(parse_id, given) if found]
    async with page_request.shared.pool.connection() as conn:
        rows = await gather_rows(conn, page_request, asked, ids)
    return page_request.pages.respond("_rows.html", rows=rows)


async def _views(page_request: PageRequest) -> Response:
    asked = asked_of(page_request)
    async with page_request.shared.pool.connection() as conn:
        rail = await gather_rail(conn, page_request, asked)
    return page_request.pages.respond("_rail.html", rail=rail)


async def _thread(page_request: PageRequest) -> Response:
    asked = asked_of(page_request)
    async with page_request.shared.pool.connection() as conn:
        shown = await find_shown(conn, page_request)
        agents = await read_agents(conn, page_request)
        gathered = await gather_thread(
            conn,
            page_request,
            shown,
            agents,
            link=asked.link,
            before_seq=seq_of(page_request, "before_seq"),
            after_seq=seq_of(page_request, "after_seq"),
        )
    thread = await gathered.show(page_request.shared.long_texts)
    return page_request.pages.respond("_thread.html", thread=thread, csrf=page_request.csrf)


async def _mail(page_request: PageRequest) -> Response:
    """Show an HTML mail in a document of its own, for a frame that may do nothing."""
    named = page_request.path_id("there is no such mail")
    customer_id = page_request.key.customer_id
    shows_images = page_request.request.query_params.get("images") == "1"
    async with page_request.shared.pool.connection() as conn:
        html = await find_clean_body(conn, customer_id, named, shows_images=shows_images)
        body = await find_body(conn, customer_id, named) if html is None else None
    if html is None:
        if body is None or body.body_format != "html":
            raise NotFound("there is no such mail")
        long_texts = page_request.shared.long_texts
        html = await clean_in_turn(long_texts, body.text, shows_images=shows_images)
    content_ids = content_ids_in(html)
    if content_ids:
        async with page_request.shared.pool.connection() as conn:
            found = await find_inline_files(conn, customer_id, named, content_ids)
        files = await read_inline(page_request.shared.blobs, customer_id, found)
        html = await to_thread(with_images, html, files)
    return Response(
        frame_document(html),
        media_type="text/html",
        headers=frame_headers(shows_images=shows_images),
    )


async def _file(page_request: PageRequest) -> Response:
    """Hand out a file that came with a message."""
    customer_id = page_request.key.customer_id
    return await file_response(
        page_request.shared.blobs, customer_id, await _found_file(page_request)
    )


async def _picture(page_request: PageRequest) -> Response:
    """Show a picture that came with a message."""
    customer_id = page_request.key.customer_id
    return await picture_response(
        page_request.shared.blobs, customer_id, await _found_file(page_request)
    )


async def _found_file(page_request: PageRequest) -> StoredFile | None:
    named = page_request.path_id("there is no such file")
    position = parse_position(page_request.request.path_params["position"])
    if position is None:
        raise NotFound("there is no such file")
    async with page_request.shared.pool.connection() as conn:
        return await find_file(conn, page_request.key.customer_id, named, position)
