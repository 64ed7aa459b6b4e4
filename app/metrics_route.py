"""`GET /metrics`, for whoever runs the installation; also while the database is away.

Its figures are those of all customers together, so a key of a customer does not open it.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import metrics
from app.clock import utc_now
from inbox.http.auth import KeyDoor
from store.database import DatabaseError, Pool

_SCOPE = "installation:read"
_LONGEST_WAIT_SECONDS = 2


def metrics_route(pool: Pool, door: KeyDoor) -> Route:
    """Make the route."""

    async def show_metrics(request: Request) -> Response:
        try:
            async with pool.connection(timeout=_LONGEST_WAIT_SECONDS):
                pass
            await door.admit(request, _SCOPE)
            async with pool.connection(timeout=_LONGEST_WAIT_SECONDS) as conn:
                page = await metrics.metrics_page(conn, utc_now())
        except DatabaseError:
            door.admit_known(request, _SCOPE)
            page = metrics.own_metrics()
        return Response(page, media_type=metrics.CONTENT_TYPE)

    return Route("/metrics", show_metrics)
