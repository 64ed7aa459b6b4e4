"""What an agent did today, for the rail of their inbox; from the roll-ups, and kept for a while."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from inbox.http.shared import Shared
from inbox.page.html import Pages
from inbox.page.page_request import PageRequest, page_route
from inbox.reports.making import begin
from inbox.reports.query import ReportQuery
from inbox.reports.words import write_duration
from store.reports import sum_durations, sum_figures

_COUNTED = ("messages_out", "conversations_closed")
# A browser asks no more often, however often the page is loaded.
_KEPT = "private, max-age=60"


def own_day_route(shared: Shared, pages: Pages) -> BaseRoute:
    """Make the route of the part of the page that shows it."""
    return page_route(shared, pages, "/own-day", "page_own_day", _show)


async def _show(page_request: PageRequest) -> Response:
    agent_id = page_request.key.agent_id
    if agent_id is None:
        return Response("", 200, media_type="text/html")
    query = ReportQuery(span="today", group="day", agent_id=agent_id)
    async with page_request.shared.pool.connection() as conn:
        making = await begin(conn, page_request.key.customer_id, query, page_request.clock.now)
        sums = await sum_figures(conn, making.span, _COUNTED)
        durations = await sum_durations(conn, making.span, ("first_response",))
    amounts = {each.figure: each.amount for each in sums}
    response = page_request.pages.respond(
        "_own_day.html",
        zone=making.fresh.zone,
        answered=amounts.get("messages_out", 0),
        closed=amounts.get("conversations_closed", 0),
        median=write_duration(durations[0].median) if durations else "",
    )
    response.headers["Cache-Control"] = _KEPT
    return response
