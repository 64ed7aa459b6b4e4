"""What surrounds every endpoint of the API: admission, limits, one transaction, the answer.

An endpoint declares what it takes; a handler takes a connection and a call that holds it, read, and
returns an answer. Refusals leave as exceptions. Knows no topic and no SQL.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.actor import Actor
from domain.api_key import ApiKey, Scope
from domain.errors import NotFound, Refusal, Unavailable
from inbox.http.body import MOST_BODY_BYTES, parse_body, read_body
from inbox.http.idempotency import Written, answer_once, request_key
from inbox.http.metrics import timed
from inbox.http.query import Q, Query, read_query
from inbox.http.rate_limits import Bucket
from inbox.http.shared import Shared
from inbox.http.values import parse_id, parse_version
from store.database import Connection, DatabaseUnavailable

B = TypeVar("B", bound=msgspec.Struct)

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


class NoBody(msgspec.Struct, frozen=True):
    """The body of an endpoint that takes no JSON; what is sent all the same is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Q, B]):
    """One admitted request, read as its endpoint declares. `id` is that of its path, if it has one.

    `content` is the body as it came; empty for GET.
    """

    request: Request
    key: ApiKey
    actor: Actor
    shared: Shared
    content: bytes
    id: str
    query: Q
    body: B

    def if_match(self) -> int | None:
        """Return the version that `If-Match` asks for.

        Raises: ValidationFailed.
        """
        header = self.request.headers.get("if-match")
        return parse_version(header) if header is not None else None


_NO_QUERY: Any = Query
_NO_BODY: Any = NoBody

PlainCall: TypeAlias = Call[Query, NoBody]
QueryCall: TypeAlias = Call[Q, NoBody]
BodyCall: TypeAlias = Call[Query, B]


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Q, B]):
    """One method of one path: what it takes and what it answers.

    Without a scope any valid key will do. `noun` says what the id of the path names. `response` is
    the shape of a success. `bucket` is the rate limit that it is charged to. What takes an
    `Idempotency-Key` has its effect once, however often a request is repeated with the same key.
    What `changes_channels` is answered once this process goes by the change. Without a shape a body
    of up to `most_bytes` is the call's content.
    """

    name: str
    scope: Scope | None
    handler: Callable[[Connection, Call[Q, B]], Awaitable[Answer]]
    _: KW_ONLY
    query: type[Q] = _NO_QUERY
    body: type[B] = _NO_BODY
    response: Any = None
    noun: str = ""
    bucket: Bucket = "api"
    takes_idempotency_key: bool = False
    changes_channels: bool = False
    most_bytes: int = MOST_BODY_BYTES

    def read(self, request: Request, key: ApiKey, shared: Shared, content: bytes) -> Call[Q, B]:
        """Read an admitted request.

        Raises: UnknownParameter, ValidationFailed, NotFound, UnsupportedMediaType, Malformed.
        """
        query = read_query(request.query_params.multi_items(), self.query)
        named = parse_id(request.path_params["id"]) if self.noun else ""
        if named is None:
            raise NotFound(f"there is no such {self.noun}")
        media_type = request.headers.get("content-type", "")
        has_body = self.body is not NoBody
        return Call(
            request=request,
            key=key,
            actor=Actor(
                customer_id=key.customer_id,
                agent_id=key.agent_id,
                key_id=key.id,
                request_id=request.scope.get("request_id"),
            ),
            shared=shared,
            content=content,
            id=named,
            query=query,
            body=parse_body(content, media_type, self.body) if has_body else cast("B", NoBody()),
        )


class Resource(Route):
    """The route of a path; `endpoints` is what answers each of its methods."""

    endpoints: Mapping[str, Endpoint[Any, Any]]


def resource(shared: Shared, path: str, methods: Mapping[str, Endpoint[Any, Any]]) -> Resource:
    """Make the route of a path with all of its methods.

    GET runs on a connection of its own. Everything else runs in one transaction, and tells
    followers once it is committed.
    """

    async def answer(request: Request) -> Response:
        endpoint = methods["GET" if request.method == "HEAD" else request.method]
        with timed(endpoint.name):
            try:
                return await _answer(request, shared, endpoint)
            except DatabaseUnavailable as error:
                raise Unavailable("the database does not answer") from error

    route = Resource(path, answer, methods=list(methods), name=next(iter(methods.values())).name)
    route.endpoints = methods
    return route


async def _answer(request: Request, shared: Shared, endpoint: Endpoint[Any, Any]) -> Response:
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
    endpoint: Endpoint[Any, Any],
    key: ApiKey,
    limits: Mapping[str, str],
) -> Response:
    is_reading = request.method in ("GET", "HEAD")
    content = b"" if is_reading else await read_body(request, endpoint.most_bytes)
    call = endpoint.read(request, key, shared, content)
    if is_reading:
        async with shared.pool.connection() as conn:
            answer = await endpoint.handler(conn, call)
        return _respond(answer.status, answer.body, {**limits, **answer.headers})
    written = await _write(call, endpoint)
    shared.poke()
    if endpoint.changes_channels:
        await shared.heed_channels()
    return _respond(written.status, written.body, {**limits, **written.headers})


async def _write(call: Call[Any, Any], endpoint: Endpoint[Any, Any]) -> Written:
    """Run an endpoint in one transaction, or give the answer that its key was given before."""

    async def run(conn: Connection) -> Written:
        answer = await endpoint.handler(conn, call)
        return Written(answer.status, answer.body, answer.headers, answer.kept_body)

    async with call.shared.pool.connection() as conn, conn.transaction():
        takes_key = endpoint.takes_idempotency_key
        key = request_key(call.request, call.actor) if takes_key else None
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
