"""Runs the web process: uvicorn around the application, until told to stop."""

import socket

import structlog
import uvicorn

from app.descriptors import raise_descriptor_limit
from app.keys import secret_key
from app.listener import BACKLOG
from app.prompt_server import PromptServer
from app.quiet_end import signals_end_quietly
from app.settings import Settings
from app.web import build_app

_LOG = structlog.get_logger(__name__)

_STOP_SECONDS = 8


def serve(settings: Settings, database_url: str, listener: socket.socket) -> None:
    """Answer HTTP on a listening socket until SIGTERM or SIGINT."""
    raise_descriptor_limit()
    web_app = build_app(settings, database_url, secret_key(settings))
    config = uvicorn.Config(
        web_app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    _LOG.info("web_started", url=settings.web_url)
    with signals_end_quietly():
        PromptServer(config, web_app.end_streams).run(sockets=[listener])
    _LOG.info("web_stopped")
