"""Looks after the embedded Postgres while somebody uses it: one that died or hangs is started anew.

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
_PATIENCE = 60


class PostgresWatch:
    """Looks at one server again and again.

    It hangs when it has not answered in `patience` looks in a row. Looks are counted, not seconds:
    a machine that was paused or has no time for us does not look either.
    """

    def __init__(
        self,
        postgres: EmbeddedPostgres,
        random: Callable[[], float],
        is_over: Event,
        patience: int = _PATIENCE,
    ) -> None:
        self._postgres = postgres
        self._is_over = is_over
        self._backoff = Backoff(random)
        self._patience = patience
        self._question = postgres.question()
        self._pid: int | None = None
        self._unanswered = 0

    def look(self) -> None:
        """Look once, and start the server again where that is needed."""
        pid = self._postgres.pid()
        if pid is None:
            _LOG.warning("postgres_died")
            self._start_again()
            return
        is_another = pid != self._pid
        if self._question.is_answered() or is_another:
            self._pid, self._unanswered = pid, 0
            self._backoff.reset()
            return
        self._unanswered += 1
        if self._unanswered >= self._patience:
            _LOG.warning("postgres_hangs", looks=self._unanswered)
            self._unanswered = 0
            self._start_again(hanging=pid)

    def close(self) -> None:
        """Stop looking."""
        self._question.close()

    def _start_again(self, hanging: int | None = None) -> None:
        began = monotonic()
        try:
            self._postgres.start_again(self._is_over.is_set, hanging=hanging)
        except (OperatorError, OSError, SubprocessError) as error:
            _LOG.error("postgres_does_not_start", error_class=type(error).__name__)
            self._is_over.wait(self._backoff.pause())
        else:
            if self._postgres.pid() is not None:
                seconds = round(monotonic() - began, 3)
                _LOG.info("postgres_started_again", seconds=seconds)


@contextmanager
def watched(postgres: EmbeddedPostgres, random: Callable[[], float]) -> Generator[None]:
    """Keep a server alive for as long as this lasts. `random` gives numbers in [0, 1)."""
    is_over = Event()
    watch = PostgresWatch(postgres, random, is_over)
    looking = Thread(target=_look_until, args=(watch, is_over), name="postgres-watch")
    looking.start()
    try:
        yield
    finally:
        is_over.set()
        looking.join()
        watch.close()


def _look_until(watch: PostgresWatch, is_over: Event) -> None:
    while not is_over.wait(_LOOK_SECONDS):
        watch.look()
