"""Looks after the embedded Postgres while somebody uses it: when it dies, it is started again.

Nobody is told: whoever has lost a connection makes a new one. A killed backend is not our matter,
Postgres recovers from that by itself.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from subprocess import SubprocessError
from threading import Event, Thread

import structlog

from app.clock import monotonic
from app.embedded_postgres import EmbeddedPostgres
from domain.backoff import Backoff
from domain.errors import OperatorError

_LOG = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0


@contextmanager
def watched(postgres: EmbeddedPostgres, random: Callable[[], float]) -> Generator[None]:
    """Keep a server alive for as long as this lasts. `random` gives numbers in [0, 1)."""
    is_over = Event()
    looking = Thread(
        target=_look_after, args=(postgres, is_over, Backoff(random)), name="postgres-watch"
    )
    looking.start()
    try:
        yield
    finally:
        is_over.set()
        looking.join()


def _look_after(postgres: EmbeddedPostgres, is_over: Event, backoff: Backoff) -> None:
    while not is_over.wait(_LOOK_SECONDS):
        if postgres.is_running():
            backoff.reset()
            continue
        _LOG.warning("postgres_died")
        began = monotonic()
        try:
            postgres.start_again(is_over.is_set)
        except (OperatorError, OSError, SubprocessError) as error:
            _LOG.error("postgres_does_not_start", error_class=type(error).__name__)
            is_over.wait(backoff.pause())
        else:
            if postgres.is_running():
                seconds = round(monotonic() - began, 3)
                _LOG.info("postgres_started_again", seconds=seconds)
