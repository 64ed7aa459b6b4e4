"""Downloads of the files of messages: `GET /api/messages/{id}/attachments/{position}`.

Not JSON, so a route of its own; who may read conversations may read their files. What could not be
fetched from its provider is fetched again by `POST .../{position}/fetch`.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.errors import NotFound, Refusal, Unavailable
from inbox.conversations.media import fetch_again
from inbox.conversations.present import Message
from inbox.conversations.reading import show_messages
from inbox.http.call import Answer, Endpoint, PlainCall, resource
from inbox.http.file_response import file_response, parse_position
from inbox.http.metrics import timed
from inbox.http.query import Query, read_query
from inbox.http.shared import Shared
from inbox.http.values import parse_id
from store.database import Connection, DatabaseUnavailable
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

    fetching = Endpoint(
        "fetch_attachment",
        "conversations:write",
        _fetch,
        noun="message",
        response=Message,
        takes_idempotency_key=True,
    )
    path = "/messages/{id}/attachments/{position}"
    return [
        Route(path, answer, methods=["GET"], name=_NAME),
        resource(shared, f"{path}/fetch", {"POST": fetching}),
    ]


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


async def _fetch(conn: Connection, call: PlainCall) -> Answer:
    position = parse_position(call.request.path_params["position"])
    await fetch_again(conn, call.actor.customer_id, call.id, position)
    [message] = await show_messages(conn, call.actor.customer_id, [call.id])
    return Answer(value=message, status=202)
