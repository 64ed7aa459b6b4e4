"""Runs the web process: uvicorn around the application, until told to stop."""

import socket
from collections.abc import Callable

import structlog
import uvicorn

from app.clean_exit import clean_exit_on_signal
from app.connection_limits import ConnectionLimits
from app.descriptor_limit import raise_descriptor_limit
from app.forced_exit import exit_within
from app.http_server import HttpServer
from app.keys import sealer_of
from app.large_memory import give_back_large_memory
from app.listener import BACKLOG
from app.settings import Settings
from app.tracing import start_tracing
from app.web import WebApp, build_app
from domain.sealing import Sealer
from domain.tracing import Tracing

_LOG = structlog.get_logger(__name__)

_STOP_SECONDS = 8.0


def serve(
    settings: Settings,
    database_url: str,
    listener: socket.socket,
    report_ready: Callable[[], None] = lambda: None,
    build: Callable[[Settings, str, Sealer, Tracing], WebApp] = build_app,
) -> None:
    """Answer HTTP on a listening socket until SIGTERM or SIGINT."""
    raise_descriptor_limit()
    give_back_large_memory()
    tracing = start_tracing(settings.otel_exporter_otlp_endpoint, "web")
    web_app = build(settings, database_url, sealer_of(settings), tracing)
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
        exit_within(_STOP_SECONDS)
        web_app.end_streams()

    _LOG.info("web_started", url=settings.web_url)
    with clean_exit_on_signal():
        HttpServer(
            config,
            begin_to_stop,
            ConnectionLimits(settings.max_connections_per_address),
            report_ready,
        ).run(sockets=[listener])
    tracing.close()
    _LOG.info("web_stopped")
