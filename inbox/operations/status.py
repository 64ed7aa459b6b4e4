"""How the machinery is doing now, read at once for the API and the page. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.silence import Silence, judge_silence
from inbox.http.shared import Shared
from inbox.rates import Rates
from store.database import Connection
from store.ops_channels import ChannelAtWork
from store.ops_now import (
    DatabaseFacts,
    Lane,
    SeenWebProcess,
    SeenWorker,
    list_web_processes,
    list_workers,
    read_database,
    read_lanes,
)
from store.queue import REPEATED

WORKER_GONE_AFTER = timedelta(seconds=30)
WEB_GONE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The installation at one moment, by the database clock: `database.now`.

    `latency_ms` is one round trip to the database. `rates` is None for the first seconds of a web
    process.
    """

    lanes: Sequence[Lane]
    workers: Sequence[SeenWorker]
    processes: Sequence[SeenWebProcess]
    database: DatabaseFacts
    latency_ms: float
    rates: Rates | None

    @property
    def at(self) -> datetime:
        return self.database.now

    @property
    def living_workers(self) -> int:
        return sum(self.at - worker.seen_at <= WORKER_GONE_AFTER for worker in self.workers)

    @property
    def living_processes(self) -> Sequence[SeenWebProcess]:
        """The web processes whose figures hold: what one that is gone left is another one's now."""
        return [
            process for process in self.processes if self.at - process.seen_at <= WEB_GONE_AFTER
        ]

    @property
    def spool_rows(self) -> int:
        return sum(process.spool_rows for process in self.living_processes)

    @property
    def spool_bytes(self) -> int:
        return sum(process.spool_bytes for process in self.living_processes)

    @property
    def spool_oldest_at(self) -> datetime | None:
        spooled = [each.spool_oldest_at for each in self.living_processes if each.spool_oldest_at]
        return min(spooled, default=None)

    @property
    def oldest_unprocessed(self) -> timedelta:
        """Say for how long the oldest live event has waited, on a disk or in the queue."""
        since = [lane.due_at for lane in self.lanes if lane.lane != REPEATED and lane.due_at]
        since += [self.spool_oldest_at] if self.spool_oldest_at else []
        return max((self.waiting(at) for at in since), default=timedelta())

    def waiting(self, since: datetime | None) -> timedelta:
        """Say how long something has waited; nothing that is due later."""
        return max(self.at - since, timedelta()) if since else timedelta()


async def read_now(conn: Connection, shared: Shared) -> Now:
    """Read how everything is doing."""
    bare = await read_bare_now(conn, shared)
    workers = await list_workers(conn)
    processes = await list_web_processes(conn)
    return replace(
        bare,
        lanes=await read_lanes(conn),
        workers=workers,
        processes=processes,
        rates=shared.rates.rates(shared.clock(), workers, processes),
    )


async def read_bare_now(conn: Connection, shared: Shared) -> Now:
    """Read how the database is doing, and none of our tables."""
    began = shared.clock()
    database = await read_database(conn)
    latency = shared.clock() - began
    return Now(
        lanes=(),
        workers=(),
        processes=(),
        database=database,
        latency_ms=max(0.0, latency.total_seconds() * 1000),
        rates=None,
    )


def silence_of(channel: ChannelAtWork, now: datetime) -> Silence:
    """Judge how long a channel has been silent; one that is switched off may be."""
    is_on = channel.disabled_at is None
    return judge_silence(
        now=now,
        last_event_at=channel.last_accepted_at,
        events_in_week=channel.events_in_week if is_on else 0,
        silence_minutes=channel.silence_minutes if is_on else None,
    )
