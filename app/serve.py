"""Runs the web process: uvicorn around the application, until told to stop."""

import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn

from app.keys import secret_key
from app.listener import BACKLOG
from app.settings import Settings
from app.web import build_app

_LOG = structlog.get_logger(__name__)

_STOP_SECONDS = 8
_STOPPED_BY = (signal.SIGINT, signal.SIGTERM)


def serve(settings: Settings, database_url: str, listener: socket.socket) -> None:
    """Answer HTTP on a listening socket until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        build_app(settings, database_url, secret_key(settings)),
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
    with _signals_end_quietly():
        uvicorn.Server(config).run(sockets=[listener])
    _LOG.info("web_stopped")


@contextmanager
def _signals_end_quietly() -> Generator[None]:
    """Swallow the signal that uvicorn raises again once it has stopped."""

    def swallow(_number: int, _frame: object) -> None:
        pass

    before = {number: signal.signal(number, swallow) for number in _STOPPED_BY}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
