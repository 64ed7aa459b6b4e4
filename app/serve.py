"""Runs the web process: uvicorn around the application, until told to stop."""

import socket
from collections.abc import Callable

import structlog
import uvicorn

from app.descriptors import raise_descriptor_limit
from app.doorkeeper import Doorkeeper
from app.hard_end import end_within
from app.keys import secret_key
from app.listener import BACKLOG
from app.prompt_server import PromptServer
from app.quiet_end import signals_end_quietly
from app.settings import Settings
from app.tracing import start_tracing
from app.web import WebApp, build_app
from domain.tracing import Tracing

_LOG = structlog.get_logger(__name__)

_STOP_SECONDS = 8.0


def serve(
    settings: Settings,
    database_url: str,
    listener: socket.socket,
    tell_ready: Callable[[], None] = lambda: None,
    build: Callable[[Settings, str, str, Tracing], WebApp] = build_app,
) -> None:
    """Answer HTTP on a listening socket until SIGTERM or SIGINT."""
    raise_descriptor_limit()
    tracing = start_tracing(settings.otel_exporter_otlp_endpoint, "web")
    web_app = build(settings, database_url, secret_key(settings), tracing)
    config = uvicorn.Config(
        web_app,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,
    )

    def begin_to_stop() -> None:
        end_within(_STOP_SECONDS)
        web_app.end_streams()

    _LOG.info("web_started", url=settings.web_url)
    with signals_end_quietly():
        PromptServer(
            config,
            begin_to_stop,
            Doorkeeper(settings.max_connections_per_address),
            tell_ready,
        ).run(sockets=[listener])
    tracing.close()
    _LOG.info("web_stopped")
