"""A form of the page without JavaScript: it does one action, then leads back to where one was.

Knows no action; what sends something goes through form_idempotency.py as well.
"""

from collections.abc import Awaitable, Callable

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from domain.api_key import Scope
from inbox.http.body import MOST_BODY_BYTES
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from inbox.page.html import PAGE_HEADERS, Pages
from inbox.page.page_request import HOME, PageRequest, page_route
from store.database import Connection

# Returns the id of the conversation to show next; without one the list is shown.
Action = Callable[[Connection, PageRequest], Awaitable[str]]


def form_route(
    shared: Shared,
    pages: Pages,
    path: str,
    name: str,
    action: Action,
    scope: Scope = "conversations:write",
    most_bytes: int = MOST_BODY_BYTES,
) -> Route:
    """Make the route that a form is sent to; its action runs in one transaction."""

    async def handle(page_request: PageRequest) -> Response:
        async with shared.pool.connection() as conn, conn.transaction():
            conversation_id = await action(conn, page_request)
        shared.poke()
        place = f"{HOME}/c/{conversation_id}" if conversation_id else HOME
        return RedirectResponse(place, 303, headers=PAGE_HEADERS)

    return page_route(
        shared,
        pages,
        path,
        f"page_{name}",
        handle,
        method="POST",
        scope=scope,
        most_bytes=most_bytes,
    )


def conversation_of_form(page_request: PageRequest) -> str:
    """Return where a form was that is about something else than its conversation."""
    return parse_id(page_request.form.get("conversation", "")) or ""


def text_of_form(page_request: PageRequest) -> str:
    """Return a text as it was written: a form sends line ends of two characters.

    Raises: Malformed.
    """
    return page_request.field("text").replace("\r\n", "\n")
