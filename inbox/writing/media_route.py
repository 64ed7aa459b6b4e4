"""`GET /media/{token}`: gives a file of a text that is sent to the provider that sends it.

Nobody logs in here: the link is signed, and good for a day (domain/media_link.py). Knows no SQL.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound, Unavailable
from domain.media_link import read_media_token
from domain.sealing import Sealer
from inbox.http.file_response import media_response
from inbox.http.metrics import timed
from inbox.http.shared import Shared
from store.database import DatabaseUnavailable
from store.files import find_file

_NAME = "get_media"


def media_routes(shared: Shared, sealer: Sealer) -> list[BaseRoute]:
    """Make the route of links to files."""

    async def answer(request: Request) -> Response:
        with timed(_NAME):
            try:
                return await _answer(shared, sealer, request)
            except DatabaseUnavailable as error:
                raise Unavailable("the database does not answer") from error

    return [Route("/media/{token}", answer, methods=["GET"], name=_NAME)]


async def _answer(shared: Shared, sealer: Sealer, request: Request) -> Response:
    place = read_media_token(sealer, request.path_params["token"], shared.clock())
    if place is None:
        raise NotFound("there is no such file, or its link is good no more")
    async with shared.pool.connection() as conn:
        file = await find_file(conn, place.customer_id, place.message_id, place.position)
    return await media_response(shared.blobs, place.customer_id, file)
