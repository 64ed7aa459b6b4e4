"""How the programs log: one line per event on stderr, text for people and JSON for machines.

An event is a word with fields. Fields hold ids, counts and error classes; never an address, a
text, a token or a secret. Other libraries' log lines come out the same way.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from app.settings import LogFormat, LogLevel

# Chatty at info, or about to log what we must not: URLs carry channel tokens.
_QUIET = ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "asyncio")

# The request that is being answered, for every line that is written meanwhile.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


def configure_logging(level: LogLevel, log_format: LogFormat, process: str) -> None:
    """Set up logging for this process, once, at its start."""
    is_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("%H:%M:%S" if is_text else "iso", utc=not is_text),
        _name_process(process),
        _name_request,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
        if is_text
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _drop_traceback],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    # It names who writes to whom, at every level.
    logging.getLogger("mail.log").disabled = True
    # The driver warns of every pipeline that a refused statement ends.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    # A collector that is away is told of once a failure, not once a try.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)


def _name_process(process: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _name_request(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if (request_id := REQUEST_ID.get()) is not None:
        event.setdefault("request_id", request_id)
    return event


def _drop_traceback(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep only the class of another library's exception."""
    match event.pop("exc_info", None):
        case (type() as kind, *_):
            event["error_class"] = str(kind)
        case _:
            pass
    return event
