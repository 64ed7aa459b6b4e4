"""Every route under `/reports`. Knows no report from inside."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound
from inbox.http.shared import Shared
from inbox.operations.page_frame import ops_assets
from inbox.page.assets import assets_route, load_assets
from inbox.page.page_request import refused
from inbox.reports.calendar_page import set_calendar_form, show_calendar
from inbox.reports.page_frame import HOME, SECTION, STATIC, report_pages, report_route
from inbox.reports.reports_api import REPORTS
from inbox.reports.reports_page import report_csv, report_page, to_first


def report_page_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes."""
    own = load_assets(STATIC, HOME)
    pages = report_pages(own, ops_assets(), load_assets())

    async def not_found(request: Request) -> Response:
        return refused(pages, request, NotFound("there is nothing at this path"), SECTION)

    return [
        assets_route(own),
        report_route(shared, pages, "", "first", to_first),
        *(report_route(shared, pages, f"/{name}", name, report_page(name)) for name in REPORTS),
        *(
            report_route(shared, pages, f"/{name}/{{table}}.csv", f"csv_{name}", report_csv(name))
            for name in REPORTS
        ),
        report_route(shared, pages, "/calendar", "calendar", show_calendar),
        report_route(
            shared,
            pages,
            "/calendar",
            "set_calendar",
            set_calendar_form,
            method="POST",
            scope="admin",
        ),
        Route(f"{HOME}/{{rest:path}}", not_found, methods=["GET"], name="reports_page_nothing"),
    ]
