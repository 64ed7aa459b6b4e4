"""What every page of reports has: its address, who may see it, and the frame around it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from domain.api_key import Scope
from inbox.http.shared import Shared
from inbox.operations.page_frame import TEMPLATES as OPS_TEMPLATES
from inbox.operations.page_frame import find_visitor
from inbox.operations.page_views import Frame, Place
from inbox.page.assets import Assets
from inbox.page.html import Pages
from inbox.page.page_request import Handler, PageRequest, Section, page_route
from inbox.reports.words import TITLES
from store.database import Connection

HOME = "/reports"
SCOPE: Scope = "inbox:manage"
SECTION = Section(
    home=HOME,
    back="Back to the reports",
    gone="There is no such report.",
    no_access="Reports are for leads and admins, and {detail}.",
    away="The database does not answer, so there is nothing to count. Try again in a few seconds.",
)
_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
_ICONS = {
    "volume": "activity",
    "times": "clock",
    "backlog": "inbox",
    "delivery": "send-horizontal",
    "agents": "users",
    "tags": "tag",
    "consent": "ban",
}
_CALENDAR = ("calendar", "Calendar", "alarm-clock")
PLACES: Sequence[tuple[str, str, str]] = (
    *((name, title, _ICONS[name]) for name, title in TITLES.items()),
    _CALENDAR,
)


def report_pages(own: Assets, ops: Assets, inbox: Assets) -> Pages:
    """Make the templates' renderer; a file is ours, the operators' or the inbox's."""

    def asset(name: str) -> str:
        for assets in (own, ops):
            if name in assets.files:
                return assets.url(name)
        return inbox.url(name)

    return Pages(asset, _FOLDER / "templates", OPS_TEMPLATES)


def report_route(
    shared: Shared,
    pages: Pages,
    path: str,
    name: str,
    handler: Handler,
    *,
    method: str = "GET",
    scope: Scope = SCOPE,
) -> BaseRoute:
    """Make a route for leads."""
    return page_route(
        shared,
        pages,
        path,
        f"reports_page_{name}",
        handler,
        method=method,
        scope=scope,
        section=SECTION,
    )


async def show(
    conn: Connection,
    page_request: PageRequest,
    template: str,
    place: str,
    status: int = 200,
    *,
    query: str = "",
    **values: Any,
) -> Response:
    """Render a page inside the frame; `query` goes along to the other reports."""
    after = f"?{query}" if query else ""
    return page_request.pages.respond(
        template,
        status,
        theme=page_request.theme,
        frame=Frame(
            me=await find_visitor(conn, page_request),
            csrf=page_request.csrf,
            places=[
                Place(
                    label=label,
                    href=f"{HOME}/{name}{'' if name == 'calendar' else after}",
                    icon=icon,
                    is_current=name == place,
                )
                for name, label, icon in PLACES
            ],
        ),
        **values,
    )
