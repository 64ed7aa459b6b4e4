"""The production web process with three routes more, to measure the webhook against.

`/bench/noop` is a handler as the API's are, that reads the body and answers as the webhook does;
`/bench/bare` is the same written against ASGI itself, the least that Python can do.
`/bench/insert` verifies and splits as the webhook does, then commits each delivery for itself.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from random import random

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.clock import monotonic, utc_now
from app.ids import new_id
from app.listener import inherited_socket
from app.logging import configure_logging
from app.serve import serve
from app.settings import Settings, load_settings
from app.web import WebApp, build_app
from domain.backoff import Backoff
from domain.sealing import Sealer
from domain.tracing import Tracing
from ingest.channel_counts import ChannelCounts
from ingest.directory import ChannelDirectory
from ingest.group_commit import GroupCommit
from ingest.intake import Intake
from ingest.routes import webhook_routes
from ingest.spooling import Spooling
from providers import REGISTRY
from providers.generic import SUCCESS
from store.database import Connection, Pool, open_pool
from store.events import NewEvent, record_events

_POOL_SIZE = 8
_NO_SPOOL = Spooling(Path(), 0)
_REPLY_FIELDS = [
    (b"content-type", SUCCESS.content_type.encode()),
    (b"content-length", str(len(SUCCESS.body)).encode()),
]


async def no_op(request: Request) -> Response:
    """Answer success for any body, and keep nothing."""
    await request.body()
    return Response(SUCCESS.body, SUCCESS.status, media_type=SUCCESS.content_type)


class BareNoOp:
    """The same without a request or a response object."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body", False):
            pass
        status = SUCCESS.status
        fields = list(_REPLY_FIELDS)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": SUCCESS.body})


class OpensPool:
    """Opens the pool before the first request; it closes with the process."""

    def __init__(self, pool: Pool, endpoint: ASGIApp) -> None:
        self._pool = pool
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._pool.open()
        await self._endpoint(scope, receive, send)


class InsertEach(GroupCommit):
    """Commits every delivery for itself, over a pool: what one does without a group commit."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(
            _never_connects,
            _NO_SPOOL,
            on_commit=lambda: None,
            on_duplicates=lambda _events, _fresh: None,
        )
        self._pool = pool

    async def submit(self, events: Sequence[NewEvent]) -> None:
        async with self._pool.connection() as conn:
            await record_events(conn, events)


def main() -> None:
    """Serve as `inlet serve --fd N` does, with the routes added."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format, "bench")
    listener = inherited_socket(int(sys.argv[-1]))
    serve(settings, settings.database_url, listener, build=_build_bench_app)


def _build_bench_app(
    settings: Settings, database_url: str, sealer: Sealer, tracing: Tracing
) -> WebApp:
    production = build_app(settings, database_url, sealer, tracing)
    pool = open_pool(database_url, "bench insert", _POOL_SIZE)
    insert_each = Intake(
        providers=REGISTRY,
        directory=ChannelDirectory(pool, sealer, monotonic, Backoff(random), None),
        group_commit=InsertEach(pool),
        spooling=_NO_SPOOL,
        channel_counts=ChannelCounts(),
        pool=pool,
        new_id=new_id,
    )
    insert, *_ = webhook_routes(
        insert_each,
        public_url=settings.web_url,
        most_body_bytes=settings.max_body_bytes,
        clock=utc_now,
    )
    # Right behind the webhook's own route: as many patterns are tried for each.
    production.routes[1:1] = [
        Route("/bench/noop/{provider}/{token}", no_op, methods=["POST"]),
        Route("/bench/bare/{provider}/{token}", BareNoOp()),
        Route("/bench/insert/{provider}/{token}", OpensPool(pool, insert.endpoint)),
    ]
    return production


async def _never_connects() -> Connection:
    raise NotImplementedError


if __name__ == "__main__":
    main()
