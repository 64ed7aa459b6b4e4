"""The webhook endpoint: an ASGI request becomes a delivery, a reply becomes the response.

Written against ASGI itself, not a request object: this is the hot path. Knows no provider.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from domain.delivery import Delivery, Reply
from domain.errors import InletError, TooLarge
from ingest import metrics
from ingest.intake import Intake
from ingest.room import Room

_METHODS = frozenset({"POST", "GET"})
# Bodies that arrive in one piece, as nearly all do, are bounded by the number of connections.
_MOST_UNFINISHED_BYTES = 256 * 1024 * 1024


class ClientGone(InletError):
    """The provider hung up before its body was complete; nobody is there to be answered."""

    code = "client_gone"


def webhook_routes(
    intake: Intake,
    *,
    public_url: str,
    most_body_bytes: int,
    clock: Callable[[], datetime],
    most_unfinished_bytes: int = _MOST_UNFINISHED_BYTES,
) -> list[Route]:
    """Make the routes of the webhook side; `public_url` is what providers were told."""
    room = Room(max(most_unfinished_bytes, most_body_bytes))
    endpoint = _Webhook(intake, public_url.rstrip("/"), most_body_bytes, room, clock)
    # Mailgun posts whole mails only to a URL that ends in `mime`.
    paths = ("/webhooks/{provider}/{token}", "/webhooks/{provider}/{token}/mime")
    return [Route(path, endpoint) for path in paths]


class _Webhook:
    """POST /webhooks/{provider}/{token}; a GET carries its fields in the query."""

    def __init__(
        self,
        intake: Intake,
        public_url: str,
        most_body_bytes: int,
        room: Room,
        clock: Callable[[], datetime],
    ) -> None:
        self._intake = intake
        self._public_url = public_url
        self._most_body_bytes = most_body_bytes
        self._clock = clock
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _METHODS:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(_METHODS))})
        path: Mapping[str, str] = scope["path_params"]
        provider, channel = await self._intake.find(path["provider"], path["token"])
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            body = await _read_body(receive, headers, self._most_body_bytes, self._room)
        except ClientGone:
            return
        delivery = Delivery(
            method=scope["method"],
            url=self._public_url + _path_and_query(scope),
            headers=headers,
            body=body,
            received_at=self._clock(),
        )
        await _send_reply(send, await self._intake.take(provider, channel, delivery))


async def _read_body(
    receive: Receive, headers: Mapping[str, str], most_bytes: int, room: Room
) -> bytes:
    """Read the whole body, but never more than is allowed.

    Raises: TooLarge, ClientGone, Unavailable.
    """
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_bytes)
    first, has_more = await _next_chunk(receive)
    if len(first) > most_bytes:
        raise _too_large(most_bytes)
    if not has_more:
        return first
    received = bytearray()  # pieces in a list stay in memory beside the whole for a while
    size_bytes = 0
    try:
        room.take(len(first))
        size_bytes = len(first)
        received += first
        while has_more:
            chunk, has_more = await _next_chunk(receive)
            if size_bytes + len(chunk) > most_bytes:
                raise _too_large(most_bytes)
            room.take(len(chunk))
            size_bytes += len(chunk)
            received += chunk
        return bytes(received)
    finally:
        room.give_back(size_bytes)


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    """Receive a part of the body; say whether more follows. Raises: ClientGone."""
    message: Message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone("the connection ended before the body did")
    return message.get("body", b""), message.get("more_body", False)


def _too_large(most_bytes: int) -> TooLarge:
    metrics.TOO_LARGE.inc()
    return TooLarge(f"a body may have at most {most_bytes} bytes")


def _path_and_query(scope: Scope) -> str:
    """Return path and query exactly as they were sent: some providers sign them."""
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


async def _send_reply(send: Send, reply: Reply) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [
                (b"content-type", reply.content_type.encode()),
                (b"content-length", str(len(reply.body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": reply.body})
