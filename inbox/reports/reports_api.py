"""Reports over HTTP, for leads: each by itself, as JSON."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.shared import Shared
from inbox.reports.backlog import make_backlog
from inbox.reports.delivery import make_delivery
from inbox.reports.groups import make_agents, make_consent, make_tags
from inbox.reports.making import Making, begin
from inbox.reports.query import ChannelQuery, ReportQuery, SpanQuery
from inbox.reports.report import Report, ReportName
from inbox.reports.times import make_times
from inbox.reports.volume import make_volume
from store.database import Connection

Make = Callable[[Making], Awaitable[Report]]
REPORTS: dict[ReportName, tuple[Make, type[SpanQuery]]] = {
    "volume": (make_volume, ReportQuery),
    "times": (make_times, ReportQuery),
    "backlog": (make_backlog, ChannelQuery),
    "delivery": (make_delivery, ReportQuery),
    "agents": (make_agents, SpanQuery),
    "tags": (make_tags, SpanQuery),
    "consent": (make_consent, ChannelQuery),
}
SCOPE = "inbox:manage"


def report_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of reports."""
    return [
        resource(shared, f"/reports/{name}", {"GET": _endpoint(name, make, shape)})
        for name, (make, shape) in REPORTS.items()
    ]


def _endpoint(name: ReportName, make: Make, shape: type[SpanQuery]) -> Endpoint[Any, Any]:
    async def answer(conn: Connection, call: QueryCall[SpanQuery]) -> Answer:
        now = call.shared.clock()
        making = await begin(conn, call.key.customer_id, call.query, now)
        return Answer(value=await make(making))

    return Endpoint(f"report_{name}", SCOPE, answer, query=shape, response=Report)
