"""How fast events come in and are settled, from what the processes count.

Two looks at the counters are needed, so every web process looks now and then and remembers the
last few. Knows no HTTP.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from domain.backoff import Backoff
from store.database import Pool
from store.ops_now import SeenWebProcess, SeenWorker, list_web_processes, list_workers

_LOG = structlog.get_logger(__name__)

_EVERY_SECONDS = 10.0
_OVER = timedelta(seconds=60)
_REMEMBERED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Events a second over the last `seconds`, repeated ones included in what came in."""

    seconds: float
    in_per_second: float
    out_per_second: float
    failed_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The counters of every process at one moment, by its id."""

    at: datetime
    accepted: Mapping[str, int]
    settled: Mapping[str, int]
    failed: Mapping[str, int]


class RateWatch:
    """Remembers what the processes counted over the last minute or so."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque(maxlen=_REMEMBERED)

    async def watch(self, pool: Pool, clock: Callable[[], datetime], backoff: Backoff) -> None:
        """Look at the counters now and then, until cancelled."""
        while True:
            try:
                async with pool.connection() as conn:
                    workers, processes = await list_workers(conn), await list_web_processes(conn)
            except Exception as error:  # without rates the rest goes on
                _LOG.warning("rates_unknown", error_class=type(error).__name__)
                await asyncio.sleep(backoff.pause())
                continue
            self.note(clock(), workers, processes)
            backoff.reset()
            await asyncio.sleep(_EVERY_SECONDS)

    def note(
        self, at: datetime, workers: Sequence[SeenWorker], processes: Sequence[SeenWebProcess]
    ) -> None:
        """Remember what the processes have counted so far."""
        self._looks.append(_look(at, workers, processes))

    def rates(
        self, at: datetime, workers: Sequence[SeenWorker], processes: Sequence[SeenWebProcess]
    ) -> Rates | None:
        """Compare the counters with those of a minute ago; None before there is such a look."""
        earlier = [look for look in self._looks if look.at < at]
        if not earlier:
            return None
        young = [look for look in earlier if at - look.at <= _OVER]
        before, now = (young or earlier[-1:])[0], _look(at, workers, processes)
        seconds = (at - before.at).total_seconds()
        return Rates(
            seconds=seconds,
            in_per_second=_increase(before.accepted, now.accepted) / seconds,
            out_per_second=_increase(before.settled, now.settled) / seconds,
            failed_per_second=_increase(before.failed, now.failed) / seconds,
        )


def _look(
    at: datetime, workers: Sequence[SeenWorker], processes: Sequence[SeenWebProcess]
) -> _Look:
    return _Look(
        at=at,
        accepted={process.id: process.accepted for process in processes},
        settled={worker.id: worker.processed + worker.dead_letters for worker in workers},
        failed={worker.id: worker.failed for worker in workers},
    )


def _increase(before: Mapping[str, int], now: Mapping[str, int]) -> int:
    """Add up what every process counted since; one that is new began at nothing."""
    return sum(max(0, count - before.get(process, 0)) for process, count in now.items())
