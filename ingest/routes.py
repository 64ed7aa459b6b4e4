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

_METHODS = frozenset({"POST", "GET"})


class ClientGone(InletError):
    """The provider hung up before its body was complete; nobody is there to be answered."""

    code = "client_gone"


def webhook_routes(
    intake: Intake, *, public_url: str, most_body_bytes: int, clock: Callable[[], datetime]
) -> list[Route]:
    """Make the routes of the webhook side; `public_url` is what providers were told."""
    endpoint = _Webhook(intake, public_url.rstrip("/"), most_body_bytes, clock)
    return [Route("/webhooks/{provider}/{token}", endpoint)]


class _Webhook:
    """POST /webhooks/{provider}/{token}; a GET carries its fields in the query."""

    def __init__(
        self,
        intake: Intake,
        public_url: str,
        most_body_bytes: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._intake = intake
        self._public_url = public_url
        self._most_body_bytes = most_body_bytes
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _METHODS:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(_METHODS))})
        path: Mapping[str, str] = scope["path_params"]
        provider, channel = await self._intake.find(path["provider"], path["token"])
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            body = await _read_body(receive, headers, self._most_body_bytes)
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


async def _read_body(receive: Receive, headers: Mapping[str, str], most_bytes: int) -> bytes:
    """Read the whole body, but never more than is allowed.

    Raises: TooLarge, ClientGone.
    """
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        metrics.TOO_LARGE.inc()
        raise TooLarge(f"a body may have at most {most_bytes} bytes")
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone("the connection ended before the body did")
        chunk: bytes = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > most_bytes:
            metrics.TOO_LARGE.inc()
            raise TooLarge(f"a body may have at most {most_bytes} bytes")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


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
