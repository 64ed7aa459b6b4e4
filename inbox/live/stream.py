"""One open stream, from the request to its end: Server-Sent Events over plain ASGI.

Joins the feed first, then reads from the outbox what the client has missed, then goes live: so
nothing is left out and nothing comes twice. Knows no SQL.
"""

import structlog
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from domain.api_key import ApiKey
from domain.errors import InvalidCursor, Unavailable
from inbox.http.auth import credential_of
from inbox.http.metrics import timed
from inbox.http.query import Query, read_query
from inbox.http.shared import Shared
from inbox.live.cursor import read_cursor
from inbox.live.event import change_frame, opening_frame
from inbox.live.feed import Feed
from inbox.live.subscriber import Subscriber
from store.changes import BEGINNING, ChangeCursor, changes_of_customer
from store.database import DatabaseError, DatabaseUnavailable

_LOG = structlog.get_logger(__name__)

_SCOPE = "conversations:read"
_PAGE = 500
_MOST_PAGES = 10
_SHORTEST_RETRY_MS = 1_000
_RETRY_STEPS = 64
_RETRY_STEP_MS = 32

# No-transform and the last one keep proxies from gathering events before they pass them on.
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
)


class StreamQuery(Query, frozen=True, kw_only=True):
    """`after` is where the client was: a cursor, or `now`."""

    after: str | None = None


class EventStream:
    """The endpoint `/api/stream`. An ASGI application, because it writes without being asked."""

    def __init__(self, shared: Shared, feed: Feed) -> None:
        self._shared = shared
        self._feed = feed
        self._opened = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        with timed("stream"):
            key, after = await self._admit(request)
        stream = Subscriber(key, credential_of(request), send, self._feed.head)
        head = self._feed.head()
        self._feed.join(stream)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            if request.method == "HEAD":
                await _send(send, b"", more=False)
                return
            await _send(send, opening_frame(self._retry_ms(), head if after is None else None))
            if await self._catch_up(stream, send, after, head):
                while (await receive())["type"] != "http.disconnect":
                    pass
        finally:
            self._feed.leave(stream)

    async def _admit(self, request: Request) -> tuple[ApiKey, ChangeCursor | None]:
        """Let a key in, and say where its client was; BEGINNING where it cannot be there."""
        try:
            key = await self._shared.door.admit(request, _SCOPE)
        except DatabaseUnavailable as error:
            raise Unavailable("the database does not answer") from error
        self._shared.limits.charge(key.id, "api", self._shared.clock().timestamp())
        query = read_query(request.query_params.multi_items(), StreamQuery)
        after = None if query.after in (None, "now") else read_cursor(query.after)
        last_event_id = request.headers.get("last-event-id")
        if not last_event_id:
            return key, after
        try:
            return key, read_cursor(last_event_id)
        except InvalidCursor:
            # A refusal would make an EventSource give up for good.
            return key, BEGINNING

    async def _catch_up(
        self, stream: Subscriber, send: Send, after: ChangeCursor | None, head: ChangeCursor
    ) -> bool:
        """Bring a client to the present; where that cannot be, end the stream: it comes back."""
        try:
            seen = head if after is None else await self._replay(stream, send, after)
        except DatabaseError as error:
            _LOG.info("stream_ended", error_class=type(error).__name__)
            await _send(send, b"", more=False)
            return False
        if seen is None:
            stream.reset()
        stream.go_live(seen or head)
        return True

    async def _replay(
        self, stream: Subscriber, send: Send, after: ChangeCursor
    ) -> ChangeCursor | None:
        """Send what happened behind a cursor; None where that is gone, or is too much."""
        if after == BEGINNING:
            return None
        for _ in range(_MOST_PAGES):
            async with self._shared.pool.connection() as conn:
                found = await changes_of_customer(conn, stream.customer_id, after, _PAGE)
            if found.misses(after) or stream.is_over:
                return None
            if found.rows:
                await _send(send, b"".join(map(change_frame, found.rows)))
            after = found.read_to
            if not found.has_more:
                return after
        return None

    def _retry_ms(self) -> int:
        """Let clients that a restart has thrown out come back one after the other."""
        self._opened += 1
        return _SHORTEST_RETRY_MS + self._opened % _RETRY_STEPS * _RETRY_STEP_MS


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
