"""Downloads of the files that came with messages: `GET /api/messages/{id}/attachments/{position}`.

Not JSON, so a route of its own; who may read conversations may read their files.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound, Refusal, Unavailable
from inbox.http.file_response import file_response, parse_position
from inbox.http.metrics import timed
from inbox.http.query import Query, read_query
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from store.database import DatabaseUnavailable
from store.files import find_file

_NAME = "get_attachment"


def file_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of a message's files."""

    async def answer(request: Request) -> Response:
        with timed(_NAME):
            try:
                return await _answer(shared, request)
            except DatabaseUnavailable as error:
                raise Unavailable("the database does not answer") from error

    return [Route("/messages/{id}/attachments/{position}", answer, methods=["GET"], name=_NAME)]


async def _answer(shared: Shared, request: Request) -> Response:
    key = await shared.door.admit(request, "conversations:read")
    limits = shared.limits.charge(key.id, "api", shared.clock().timestamp())
    try:
        response = await _file(shared, request, key.customer_id)
    except Refusal as refusal:
        refusal.headers = {**limits, **refusal.headers}
        raise
    response.headers.update(limits)
    return response


async def _file(shared: Shared, request: Request, customer_id: int) -> Response:
    read_query(request.query_params.multi_items(), Query)
    message_id = parse_id(request.path_params["id"])
    position = parse_position(request.path_params["position"])
    if message_id is None or position is None:
        raise NotFound("there is no such file")
    async with shared.pool.connection() as conn:
        file = await find_file(conn, customer_id, message_id, position)
    return await file_response(shared.blobs, customer_id, file)
