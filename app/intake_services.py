"""What takes deliveries in, in a web process as in one that receives mail: the commit, the spool,
the channels, and the background tasks of these. Knows neither HTTP nor SMTP.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import random
from typing import Any

from app.background_tasks import end_tasks, start_task
from app.clock import monotonic, utc_now
from app.ids import new_id
from app.settings import Settings
from app.web_report import report_maker
from domain.backoff import Backoff
from domain.sealing import Sealer
from domain.tracing import UNTRACED, Tracing
from ingest.channel_counts import ChannelCounts
from ingest.directory import ChannelDirectory
from ingest.draining import Drainer
from ingest.group_commit import GroupCommit
from ingest.intake import Intake
from ingest.reporting import Reporting
from ingest.spooling import Spooling
from ingest.wake import Waker
from providers import REGISTRY
from store.database import Connection, Pool, connect
from store.events import NewEvent

# A process looks for its database at least this often.
LONGEST_PAUSE_SECONDS = 2.0
_STOP_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeServices:
    """Connections, and the tasks that serve them."""

    pool: Pool
    intake: Intake
    group_commit: GroupCommit
    spooling: Spooling
    drainer: Drainer
    directory: ChannelDirectory
    reporting: Reporting
    waker: Waker

    @asynccontextmanager
    async def running(self, *further: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
        """Open the pool and run the tasks; at the end, what was accepted is kept first."""
        await self.spooling.open()
        await self.directory.load()
        await self.pool.open()
        committing = start_task(self.group_commit.run())
        draining = start_task(self.drainer.run())
        loops = (self.waker.run(), self.directory.run(), self.reporting.run(), *further)
        background = [start_task(loop) for loop in loops]
        try:
            yield
        finally:
            self.group_commit.close()
            await asyncio.gather(committing, return_exceptions=True)
            self.drainer.stop()
            await end_tasks(background)
            await asyncio.gather(draining, return_exceptions=True)
            if not self.spooling.is_away:
                await self.reporting.report()
            await self.spooling.close()
            await self.pool.close(timeout=_STOP_SECONDS)


def knows_channels(settings: Settings) -> bool:
    """Say whether a process can take deliveries before it reaches its database."""
    return bool(settings.spool_max_bytes) and _copy_path(settings).exists()


def build_intake_services(
    settings: Settings,
    database_url: str,
    pool: Pool,
    sealer: Sealer,
    tracing: Tracing = UNTRACED,
    open_streams: Callable[[], int] = lambda: 0,
) -> IntakeServices:
    """Wire what takes deliveries in. Nothing is opened yet."""

    def connector(application_name: str) -> Callable[[], Awaitable[Connection]]:
        return connector_to(database_url, application_name, settings.prepared_statements)

    spooling = Spooling(_folder(settings), settings.spool_max_bytes)
    counts = ChannelCounts()
    waker = Waker(connector("inlet wake"), Backoff(random))
    group_commit = GroupCommit(
        connector("inlet ingest"),
        spooling,
        on_commit=waker.poke,
        on_duplicates=counts.recorded,
    )
    directory = ChannelDirectory(
        pool,
        sealer,
        monotonic,
        Backoff(random, longest=LONGEST_PAUSE_SECONDS),
        _copy_path(settings) if settings.spool_max_bytes else None,
    )
    return IntakeServices(
        pool=pool,
        intake=Intake(
            providers=REGISTRY,
            directory=directory,
            group_commit=group_commit,
            spooling=spooling,
            channel_counts=counts,
            pool=pool,
            new_id=new_id,
            tracing=tracing,
        ),
        group_commit=group_commit,
        spooling=spooling,
        drainer=Drainer(
            spooling,
            connector("inlet spool"),
            Backoff(random, longest=LONGEST_PAUSE_SECONDS),
            _on_drained(counts, waker),
        ),
        directory=directory,
        reporting=Reporting(
            pool, counts, report_maker(counts, group_commit, spooling, open_streams), utc_now
        ),
        waker=waker,
    )


def _folder(settings: Settings) -> Path:
    return settings.data_dir.expanduser().resolve() / "spool"


def _copy_path(settings: Settings) -> Path:
    return _folder(settings) / "channels.json"


def _on_drained(
    counts: ChannelCounts, waker: Waker
) -> Callable[[Sequence[NewEvent], Mapping[str, int]], None]:
    def drained(events: Sequence[NewEvent], fresh: Mapping[str, int]) -> None:
        counts.recorded(events, fresh)
        waker.poke()

    return drained


def connector_to(
    database_url: str, application_name: str, prepare: bool
) -> Callable[[], Awaitable[Connection]]:
    """Make what opens connections of one purpose."""

    async def open_connection() -> Connection:
        return await connect(database_url, application_name, prepare=prepare)

    return open_connection
