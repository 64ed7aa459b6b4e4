"""What every page of operators has: its address, who may see it, and the frame around it.

Knows no page's contents.
"""

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from inbox.http.shared import Shared
from inbox.operations.page_views import Frame, Place, Visitor
from inbox.page.assets import Assets, load_assets
from inbox.page.display_format import face
from inbox.page.html import Pages
from inbox.page.page_request import Handler, PageRequest, Section, page_route
from store.agents import find_agent
from store.database import Connection

HOME = "/ops"
OPERATIONS = Section(
    home=HOME,
    back="Back to the overview",
    gone="It is gone, or it never was. Events and refused deliveries are forgotten after a while.",
    no_access="This page is for operators, and {detail}. On the server, "
    "inlet key add --name NAME --scope operator prints such a key.",
    away="The database does not answer, so there is nothing to show. Webhooks go on being taken: "
    "events wait on the disks of the web processes until it is back. Try again in a few seconds; "
    "on the server, inlet doctor says what is wrong.",
)
_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
TEMPLATES = _FOLDER / "templates"
_OF_ADMINS = ("hooks",)
_PLACES = (
    ("overview", "Overview", "", "activity"),
    ("events", "Events", "/events", "list"),
    ("failures", "Failures", "/failures", "triangle-alert"),
    ("dead_letters", "Dead letters", "/dead-letters", "archive"),
    ("quarantine", "Quarantine", "/quarantine", "shield-alert"),
    ("jobs", "Jobs", "/jobs", "hourglass"),
    ("hooks", "Hooks", "/hooks", "webhook"),
    ("audit", "Audit", "/audit", "history"),
)


def ops_assets() -> Assets:
    """Load the files of these pages alone."""
    return load_assets(STATIC, HOME)


def ops_pages(own: Assets, inbox: Assets, *folders: Path) -> Pages:
    """Make the templates' renderer; a file is one of ours or else one of the inbox's.

    A template is looked for in `folders` first.
    """

    def asset(name: str) -> str:
        return (own if name in own.files else inbox).url(name)

    return Pages(asset, *folders, TEMPLATES)


def ops_route(
    shared: Shared, pages: Pages, path: str, name: str, handler: Handler, method: str = "GET"
) -> BaseRoute:
    """Make a route for operators alone."""
    return page_route(
        shared,
        pages,
        path,
        f"ops_page_{name}",
        handler,
        method=method,
        scope="operator",
        section=OPERATIONS,
    )


async def show(
    conn: Connection,
    page_request: PageRequest,
    template: str,
    place: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """Render a page inside the frame, `place` being where in the rail one is."""
    return page_request.pages.respond(
        template,
        status,
        theme=page_request.theme,
        frame=Frame(
            me=await find_visitor(conn, page_request),
            csrf=page_request.csrf,
            places=[
                Place(label=label, href=HOME + path, icon=icon, is_current=name == place)
                for name, label, path, icon in _PLACES
                if name not in _OF_ADMINS or page_request.key.allows("admin")
            ],
        ),
        **values,
    )


async def find_visitor(conn: Connection, page_request: PageRequest) -> Visitor:
    """Find who is looking: the agent, or the key of whoever is none."""
    agent = page_request.key.agent_id and await find_agent(
        conn, page_request.key.customer_id, page_request.key.agent_id
    )
    name = agent.name if agent else page_request.key.name
    drawn = face(name, page_request.key.agent_id)
    return Visitor(
        name=name,
        initials=drawn.initials,
        hue=drawn.hue,
        can_read=page_request.key.allows("conversations:read"),
    )
