"""How the programs log: one line per event on stderr, text for people and JSON for machines.

An event is a word with fields. Fields hold ids, counts and error classes; never an address, a
text, a token or a secret. Other libraries' log lines come out the same way.
"""

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from app.settings import LogFormat, LogLevel

# Chatty at info, or about to log what we must not: URLs carry channel tokens.
_QUIET = ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "asyncio", "yoyo")


def configure_logging(level: LogLevel, log_format: LogFormat, process: str) -> None:
    """Set up logging for this process, once, at its start."""
    is_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("%H:%M:%S" if is_text else "iso", utc=not is_text),
        _name_process(process),
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


def where_raised(error: BaseException) -> str:
    """Name the innermost places an error came through, without its message, which may quote data.

    Shape: `file.py:12 function` joined by ` < `, innermost first.
    """
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames
    ]
    return " < ".join(reversed(places))


def _name_process(process: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def _drop_traceback(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep only the class of another library's exception."""
    match event.pop("exc_info", None):
        case (type() as kind, *_):
            event["error_class"] = str(kind)
        case _:
            pass
    return event
