"""The API's routes: authenticate, read the query, ask the read model, answer in JSON.

GET only, and free of effects. Knows no SQL; refusals leave as exceptions for the app to answer.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.api_key import ApiKey
from domain.errors import NotFound, Unavailable
from inbox.auth import KeyDoor
from inbox.cursor import decode_cursor, encode_cursor, fingerprint
from inbox.metrics import timed
from inbox.present import (
    Conversation,
    Listing,
    Message,
    Page,
    present_conversations,
    present_messages,
    write_json,
)
from inbox.query import (
    parse_conversation_query,
    parse_id,
    parse_message_query,
    parse_no_query,
)
from store.database import Connection, DatabaseUnavailable, Pool
from store.inbox import (
    ConversationFilter,
    ListedConversation,
    Position,
    find_conversation,
    list_attachments,
    list_conversations,
    list_messages,
    list_participants,
    list_recipients,
)

Endpoint = Callable[[Request], Awaitable[Response]]

_JSON = "application/json"
_NOT_STORED = {"Cache-Control": "no-store"}


def api_routes(pool: Pool, clock: Callable[[], datetime], openapi: bytes) -> list[Route]:
    """Make the routes under `/api`; `openapi` is the contract they keep, served to anybody."""
    api = _Api(pool, KeyDoor(pool, clock))

    async def contract(request: Request) -> Response:
        return Response(openapi, media_type="application/yaml", headers=_NOT_STORED)

    return [
        _route("/openapi.yaml", "openapi", contract),
        _route("/conversations", "list_conversations", api.list_conversations),
        _route("/conversations/{id}", "get_conversation", api.get_conversation),
        _route("/conversations/{id}/messages", "list_messages", api.list_messages),
    ]


class _Api:
    """The endpoints and what they share."""

    def __init__(self, pool: Pool, door: KeyDoor) -> None:
        self._pool = pool
        self._door = door

    async def list_conversations(self, request: Request) -> Response:
        key = await self._admit(request)
        query = parse_conversation_query(request.query_params.multi_items())
        belongs_to = _fingerprint(key.customer_id, query.wanted)
        after = decode_cursor(query.cursor, belongs_to) if query.cursor is not None else None
        async with self._pool.connection() as conn:
            rows = await list_conversations(
                conn, key.customer_id, query.wanted, after=after, limit=query.limit
            )
            items = await _conversations(conn, key.customer_id, rows[: query.limit])
        edges = [Position(row.last_activity_at, row.id) for row in rows]
        return _respond(Listing[Conversation](items, _page(edges, query.limit, belongs_to)))

    async def get_conversation(self, request: Request) -> Response:
        key = await self._admit(request)
        parse_no_query(request.query_params.multi_items())
        async with self._pool.connection() as conn:
            row = await _get_conversation(conn, key, request.path_params["id"])
            [conversation] = await _conversations(conn, key.customer_id, [row])
        return _respond(conversation)

    async def list_messages(self, request: Request) -> Response:
        key = await self._admit(request)
        query = parse_message_query(request.query_params.multi_items())
        named: str = request.path_params["id"]
        belongs_to = fingerprint("messages", key.customer_id, parse_id(named), query.order)
        after = decode_cursor(query.cursor, belongs_to) if query.cursor is not None else None
        async with self._pool.connection() as conn:
            conversation = await _get_conversation(conn, key, named)
            rows = await list_messages(
                conn,
                key.customer_id,
                conversation.id,
                order=query.order,
                after=after,
                limit=query.limit,
            )
            kept = rows[: query.limit]
            ids = [row.id for row in kept]
            items = present_messages(
                kept,
                await list_recipients(conn, key.customer_id, ids),
                await list_attachments(conn, key.customer_id, ids),
            )
        edges = [Position(row.sent_at, row.id) for row in rows]
        return _respond(Listing[Message](items, _page(edges, query.limit, belongs_to)))

    async def _admit(self, request: Request) -> ApiKey:
        return await self._door.admit(request.headers.get("authorization"), "conversations:read")


def _route(path: str, name: str, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Response:
        with timed(name):
            try:
                return await endpoint(request)
            except DatabaseUnavailable as error:
                raise Unavailable("the database does not answer") from error

    return Route(path, answer, methods=["GET"], name=name)


async def _get_conversation(conn: Connection, key: ApiKey, named: str) -> ListedConversation:
    """Find what a path names; another customer's conversation does not exist.

    Raises: NotFound.
    """
    conversation_id = parse_id(named)
    row = conversation_id and await find_conversation(conn, key.customer_id, conversation_id)
    if not row:
        raise NotFound("there is no such conversation")
    return row


async def _conversations(
    conn: Connection, customer_id: int, rows: list[ListedConversation]
) -> list[Conversation]:
    participants = await list_participants(conn, customer_id, [row.id for row in rows])
    return present_conversations(rows, participants)


def _fingerprint(customer_id: int, wanted: ConversationFilter) -> bytes:
    return fingerprint(
        "conversations",
        customer_id,
        wanted.channel_id,
        wanted.channel_kind,
        wanted.statuses,
        [str(address) for address in wanted.addresses],
        wanted.active_after and wanted.active_after.isoformat(),
        wanted.active_before and wanted.active_before.isoformat(),
    )


def _page(edges: list[Position], limit: int, belongs_to: bytes) -> Page:
    """Say where the next page begins, given the places of a page's rows and the one too many."""
    has_more = len(edges) > limit
    cursor = encode_cursor(edges[limit - 1], belongs_to) if has_more else None
    return Page(limit=limit, has_more=has_more, next_cursor=cursor)


def _respond(value: msgspec.Struct) -> Response:
    return Response(write_json(value), media_type=_JSON, headers=_NOT_STORED)
