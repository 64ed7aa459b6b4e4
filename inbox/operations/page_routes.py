"""Every route under `/ops`: what is shown by GET, what is asked first, and what is then done.

Knows no SQL.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound
from domain.recovery import RecoveryKind
from inbox.http.shared import Shared
from inbox.operations.audit_page import show_audit
from inbox.operations.channel_page import (
    ask_disable,
    ask_enable,
    ask_rotate,
    do_disable,
    do_enable,
    rotating,
    show_channel,
)
from inbox.operations.dead_letters_page import show_dead_letters
from inbox.operations.events_page import show_events, show_unmasked
from inbox.operations.failures_page import show_failures
from inbox.operations.job_cancel_page import ask_cancel, do_cancel
from inbox.operations.jobs_page import show_job, show_jobs
from inbox.operations.overview_page import show_now, show_overview
from inbox.operations.page_frame import HOME, OPERATIONS, ops_assets, ops_pages, ops_route
from inbox.operations.quarantine import Inspector
from inbox.operations.quarantine_page import refused_page, show_quarantine
from inbox.operations.recovery_page import Act, Ask, ask_recovery, asking, do_recovery, doing
from inbox.operations.release_page import ask_release, do_release
from inbox.page.assets import assets_route, load_assets
from inbox.page.html import PAGE_HEADERS
from inbox.page.page_request import Handler, PageRequest, refused

_ORDERS: tuple[tuple[str, RecoveryKind], ...] = (
    ("/dead-letters/retry", "retry"),
    ("/dead-letters/drop", "drop"),
    ("/events/replay", "replay"),
)


def ops_page_routes(
    shared: Shared, inspector: Inspector, new_token: Callable[[], str]
) -> list[BaseRoute]:
    """Make the routes.

    `inspector` checks the signatures of refused deliveries again; `new_token` makes the last part
    of a webhook URL.
    """
    own = ops_assets()
    pages = ops_pages(own, load_assets())

    def get(path: str, name: str, handler: Handler) -> BaseRoute:
        return ops_route(shared, pages, path, name, handler)

    def post(path: str, name: str, handler: Handler) -> BaseRoute:
        return ops_route(shared, pages, path, name, handler, "POST")

    def action(path: str, name: str, ask: Ask, act: Act) -> list[BaseRoute]:
        return [get(path, f"ask_{name}", asking(ask)), post(path, name, doing(ask, act))]

    async def not_found(request: Request) -> Response:
        return refused(pages, request, NotFound("there is nothing at this path"), OPERATIONS)

    orders = [
        route
        for path, kind in _ORDERS
        for route in action(path, kind, ask_recovery(kind), do_recovery(kind))
    ]
    return [
        assets_route(own),
        get("", "overview", show_overview),
        get("/", "overview_slash", _without_slash),
        get("/now", "now", show_now),
        *orders,  # before what takes the last part of a path for an id
        get("/events", "events", show_events),
        get("/events/{id}", "event", show_events),
        post("/events/{id}/unmask", "unmask_event", show_unmasked),
        get("/failures", "failures", show_failures),
        get("/dead-letters", "dead_letters", show_dead_letters),
        get("/quarantine", "quarantine", show_quarantine),
        get("/quarantine/{id}", "refused", refused_page(inspector, is_unmasked=False)),
        post("/quarantine/{id}/unmask", "unmask", refused_page(inspector, is_unmasked=True)),
        *action(
            "/quarantine/{id}/release", "release", ask_release(inspector), do_release(inspector)
        ),
        get("/channels/{id}", "channel", show_channel),
        *action("/channels/{id}/disable", "disable", ask_disable, do_disable),
        *action("/channels/{id}/enable", "enable", ask_enable, do_enable),
        get("/channels/{id}/rotate-token", "ask_rotate", asking(ask_rotate)),
        post("/channels/{id}/rotate-token", "rotate", rotating(new_token)),
        get("/jobs", "jobs", show_jobs),
        get("/jobs/{id}", "job", show_job),
        *action("/jobs/{id}/cancel", "cancel", ask_cancel, do_cancel),
        get("/audit", "audit", show_audit),
        Route(f"{HOME}/{{rest:path}}", not_found, methods=["GET"], name="ops_page_nothing"),
    ]


async def _without_slash(page_request: PageRequest) -> Response:
    return RedirectResponse(HOME, 303, headers=PAGE_HEADERS)
