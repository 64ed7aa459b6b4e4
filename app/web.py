"""The ASGI application: every route, what surrounds them, and what lives as long as they do.

What surrounds them is one plain ASGI layer, because the webhook path is hot: it gives each reply
its request id and turns refusals and failures into problem documents. Knows no SQL.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Message, Receive, Scope, Send

from app.blobs import open_blobs
from app.clock import utc_now
from app.cors import with_cors
from app.error_responses import send_problem
from app.ids import new_hook_secret, new_id, new_key, new_reply_key, new_token
from app.live import Live
from app.logging import REQUEST_ID
from app.metrics_route import metrics_route
from app.migrations import schema_is_current
from app.settings import Settings
from app.version import VERSION
from app.web_services import WebServices, build_web_services
from domain.sealing import Sealer
from domain.tracing import UNTRACED, Tracing
from domain.where_raised import where_raised
from inbox.api_routes import api_routes
from inbox.hooks.hooks import HookKit
from inbox.hooks.page_routes import hook_page_routes
from inbox.http.auth import KeyDoor
from inbox.http.failed_keys import FailedKeys
from inbox.http.rate_limits import RateLimits
from inbox.http.shared import Shared
from inbox.operations.page_routes import ops_page_routes
from inbox.operations.quarantine import Inspector
from inbox.page_routes import page_routes
from inbox.reports.page_routes import report_page_routes
from inbox.settings.channel_setup import ChannelKit
from inbox.writing.media_route import media_routes
from ingest.routes import webhook_routes
from providers import REGISTRY
from store.database import DatabaseError, Pool, cut_after, open_pool
from store.origin import connect_follower
from store.schema import is_standby

_LOG = structlog.get_logger(__name__)

_POOL_SIZE = 10
_READY_SECONDS = 2.0
_OPENAPI = Path(__file__).parent.parent / "docs" / "openapi.yaml"
_VERSION_HEADER = (b"inlet-version", VERSION.encode())


class WebApp:
    """The application. `running()` is its lifespan, for whoever serves it without a server."""

    def __init__(
        self, routes: list[BaseRoute], services: WebServices, cors_origins: Sequence[str]
    ) -> None:
        self._router = Router(routes, redirect_slashes=False, lifespan=services.running)
        self._services = services
        self._outermost = with_cors(self._answer, cors_origins)

    def running(self) -> AbstractAsyncContextManager[None]:
        return self._services.running()

    @property
    def routes(self) -> list[BaseRoute]:
        return self._router.routes

    def end_streams(self) -> None:
        """End what would stay open for ever: the process is about to stop."""
        self._services.live.end_streams()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._outermost(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        request_id = new_id()
        header = (b"x-request-id", request_id.encode())
        has_started = False

        async def send_with_id(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                message["headers"] = [*message.get("headers", ()), header, _VERSION_HEADER]
            await send(message)

        scope["app"] = self
        scope["request_id"] = request_id
        token = REQUEST_ID.set(request_id)
        try:
            await self._router(scope, receive, send_with_id)
        except Exception as error:
            if has_started:
                _LOG.error("reply_broken_off", request_id=request_id, where=where_raised(error))
            else:
                await send_problem(error, scope, send_with_id)
        finally:
            REQUEST_ID.reset(token)


def build_app(
    settings: Settings, database_url: str, sealer: Sealer, tracing: Tracing = UNTRACED
) -> WebApp:
    """Wire everything that answers HTTP. Nothing is opened before the lifespan begins."""
    pool = open_pool(database_url, "inlet web", _POOL_SIZE, prepare=settings.prepared_statements)
    live = Live(
        partial(connect_follower, database_url, "inlet live", prepare=settings.prepared_statements)
    )
    services = build_web_services(settings, database_url, pool, live, sealer, tracing)
    webhooks = webhook_routes(
        services.intake,
        public_url=settings.web_url,
        most_body_bytes=settings.max_body_bytes,
        clock=utc_now,
    )
    shared = _shared(settings, pool, live, services)
    inspector = Inspector(providers=REGISTRY, sealer=sealer, public_url=settings.web_url)
    hook_kit = HookKit(
        sealer=sealer,
        new_secret=new_hook_secret,
        new_id=new_id,
        private_hosts=frozenset(settings.hook_private_hosts),
    )
    api = api_routes(
        shared,
        _OPENAPI.read_bytes(),
        new_key=new_key,
        new_token=new_token,
        search_timeout_seconds=settings.search_timeout_ms / 1000,
        inspector=inspector,
        hook_kit=hook_kit,
        channel_kit=ChannelKit(
            sealer=sealer,
            new_id=new_id,
            new_token=new_token,
            new_reply_key=new_reply_key,
        ),
    )
    # A trailing slash is another path: the API answers 404, not a redirect.
    api_router = Router([*api, *live.routes(shared)], redirect_slashes=False)
    routes: list[BaseRoute] = [
        *webhooks,
        Mount("/api", app=api_router),
        *media_routes(shared, sealer),
        *page_routes(shared, new_token),
        *hook_page_routes(shared, hook_kit),
        *ops_page_routes(shared, inspector, new_token),
        *report_page_routes(shared),
        *_status_routes(pool, lambda: services.spooling.has_room),
        metrics_route(pool, shared.door),
    ]
    return WebApp(routes, services, settings.cors_origins)


def _shared(settings: Settings, pool: Pool, live: Live, services: WebServices) -> Shared:
    return Shared(
        pool=pool,
        clock=utc_now,
        new_id=new_id,
        door=KeyDoor(
            pool,
            utc_now,
            FailedKeys(counts_addresses=bool(settings.max_connections_per_address)),
        ),
        limits=RateLimits(
            {
                "api": settings.api_requests_per_minute,
                "search": settings.search_requests_per_minute,
            }
        ),
        poke=live.poke,
        public_url=settings.web_url,
        heed_channels=services.directory.heed,
        long_texts=services.long_texts,
        blobs=open_blobs(settings),
        rates=services.rates,
        schema_is_current=schema_is_current,
    )


def _status_routes(pool: Pool, can_keep: Callable[[], bool]) -> list[BaseRoute]:
    async def front_page(_request: Request) -> Response:
        return _json(
            200,
            {
                "name": "Inlet",
                "inbox": "/inbox",
                "api": "/api",
                "docs": "/api/docs",
                "openapi": "/api/openapi.yaml",
            },
        )

    async def is_alive(_request: Request) -> Response:
        return _json(200, {"status": "ok"})

    async def is_ready(_request: Request) -> Response:
        try:
            async with pool.connection(timeout=_READY_SECONDS) as conn:
                with cut_after(conn, _READY_SECONDS):
                    is_current = await schema_is_current(conn)
                    database = "standby" if await is_standby(conn) else "ok"
        except DatabaseError as error:
            _LOG.warning("not_ready", error_class=type(error).__name__)
            # Whoever can keep webhooks must not be taken out of the balancer for it.
            is_open = can_keep()
            status = "ready" if is_open else "not_ready"
            answer = {"status": status, "database": "away", "schema": "unknown"}
            return _json(200 if is_open else 503, answer)
        schema = "current" if is_current else "behind"
        status = "ready" if is_current else "not_ready"
        answer = {"status": status, "database": database, "schema": schema}
        return _json(200 if is_current else 503, answer)

    return [
        Route("/", front_page),
        Route("/healthz", is_alive),
        Route("/readyz", is_ready),
    ]


def _json(status: int, value: object) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
