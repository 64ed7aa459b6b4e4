"""What surrounds every endpoint of the API: admission, limits, one transaction, the answer.

A handler takes a connection and a call and returns an answer; refusals leave as exceptions. Knows
no topic and no SQL.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.actor import Actor
from domain.api_key import ApiKey, Scope
from domain.errors import Refusal, Unavailable
from inbox.http.body import parse_body, read_body
from inbox.http.idempotency import Written, answer_once, request_key
from inbox.http.metrics import timed
from inbox.http.parameters import parse_id, parse_version, refuse_query
from inbox.http.rate_limits import Bucket
from inbox.http.shared import Shared
from store.database import Connection, DatabaseUnavailable

S = TypeVar("S", bound=msgspec.Struct)

JSON = "application/json"
NOT_STORED: Mapping[str, str] = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a handler has to say; without a value the body is empty.

    `kept` is what an Idempotency-Key gets later instead, where the value holds a secret.
    """

    value: msgspec.Struct | None = None
    kept: msgspec.Struct | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def body(self) -> bytes:
        return msgspec.json.encode(self.value) if self.value is not None else b""

    @property
    def kept_body(self) -> bytes:
        return msgspec.json.encode(self.kept) if self.kept is not None else self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One admitted request. `content` is its body, read already; empty for GET."""

    request: Request
    key: ApiKey
    actor: Actor
    shared: Shared
    content: bytes

    def path(self, name: str) -> str | None:
        """Return an id of the path as it is stored; None where nothing can have it."""
        return parse_id(self.request.path_params[name])

    def body(self, shape: type[S]) -> S:
        """Read the body as JSON.

        Raises: UnsupportedMediaType, Malformed, ValidationFailed.
        """
        return parse_body(self.content, self.request.headers.get("content-type", ""), shape)

    def query_pairs(self) -> list[tuple[str, str]]:
        return self.request.query_params.multi_items()

    def if_match(self) -> int | None:
        """Return the version that `If-Match` asks for.

        Raises: ValidationFailed.
        """
        header = self.request.headers.get("if-match")
        return parse_version(header) if header is not None else None


Handler = Callable[[Connection, Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path. `bucket` is the rate limit that it is charged to.

    Without a scope any valid key will do. Where it takes no query, any parameter is refused.
    """

    name: str
    scope: Scope | None
    handler: Handler
    bucket: Bucket = "api"
    takes_query: bool = False

    async def run(self, conn: Connection, call: Call) -> Answer:
        """Handle one admitted request.

        Raises: UnknownParameter, and what the handler raises.
        """
        if not self.takes_query:
            refuse_query(call.query_pairs())
        return await self.handler(conn, call)


def resource(shared: Shared, path: str, methods: Mapping[str, Endpoint]) -> Route:
    """Make the route of a path with all of its methods.

    GET runs on a connection of its own. Everything else runs in one transaction, a POST under its
    `Idempotency-Key`, and tells followers once it is committed.
    """

    async def answer(request: Request) -> Response:
        endpoint = methods["GET" if request.method == "HEAD" else request.method]
        with timed(endpoint.name):
            try:
                return await _answer(request, shared, endpoint)
            except DatabaseUnavailable as error:
                raise Unavailable("the database does not answer") from error

    return Route(path, answer, methods=list(methods), name=next(iter(methods.values())).name)


async def _answer(request: Request, shared: Shared, endpoint: Endpoint) -> Response:
    key = await shared.door.admit(request, endpoint.scope)
    now = shared.clock().timestamp()
    limits = shared.limits.charge(key.id, endpoint.bucket, now)
    try:
        return await _within_limits(request, shared, endpoint, key, limits)
    except Refusal as refusal:
        refusal.headers = {**limits, **refusal.headers}
        raise


async def _within_limits(
    request: Request,
    shared: Shared,
    endpoint: Endpoint,
    key: ApiKey,
    limits: Mapping[str, str],
) -> Response:
    is_reading = request.method in ("GET", "HEAD")
    call = Call(
        request=request,
        key=key,
        actor=Actor(
            customer_id=key.customer_id,
            agent_id=key.agent_id,
            key_id=key.id,
            request_id=request.scope.get("request_id"),
        ),
        shared=shared,
        content=b"" if is_reading else await read_body(request),
    )
    if is_reading:
        async with shared.pool.connection() as conn:
            answer = await endpoint.run(conn, call)
        return _respond(answer.status, answer.body, {**limits, **answer.headers})
    written = await _write(call, endpoint)
    shared.poke()
    return _respond(written.status, written.body, {**limits, **written.headers})


async def _write(call: Call, endpoint: Endpoint) -> Written:
    """Run an endpoint in one transaction, or give the answer that its key was given before."""

    async def run(conn: Connection) -> Written:
        answer = await endpoint.run(conn, call)
        return Written(answer.status, answer.body, answer.headers, answer.kept_body)

    async with call.shared.pool.connection() as conn, conn.transaction():
        key = request_key(call.request, call.actor)
        if key is None:
            return await run(conn)
        return await answer_once(conn, key, call.request, call.content, run)


def _respond(status: int, body: bytes, headers: Mapping[str, Any]) -> Response:
    return Response(
        body,
        status,
        media_type=JSON if body else None,
        headers={**NOT_STORED, **headers},
    )
