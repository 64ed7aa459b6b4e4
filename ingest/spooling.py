"""Whether the database is there, and the disk for as long as it is not.

One spool file per web process; its calls run in one thread, in order. Knows no request, and not how
the spool is drained.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import structlog

from domain.errors import Unavailable
from ingest import metrics
from ingest.spool_folder import LockedSpool, SpoolFolder
from store.events import NewEvent
from store.spool import SpoolError, size_of

_LOG = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFigures:
    """What waits on this disk: in our file, and in a leftover that we drain."""

    rows: int
    size_bytes: int
    oldest_at: datetime | None


class Spooling:
    """Takes events while the database is away. `most_bytes` of 0 turns the spool off."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.is_away = False
        self.has_news = asyncio.Event()
        self.own: LockedSpool | None = None
        self.adopted: LockedSpool | None = None
        self._folder = SpoolFolder(folder)
        self._most_bytes = most_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")

    @property
    def can_keep(self) -> bool:
        return self.own is not None

    @property
    def has_room(self) -> bool:
        """Say whether events could be kept here, were the database away."""
        return self.own is not None and self.own.file.size_bytes < self._most_bytes

    @property
    def figures(self) -> SpoolFigures:
        files = [spool.file for spool in (self.own, self.adopted) if spool is not None]
        return SpoolFigures(
            rows=sum(file.rows for file in files),
            size_bytes=sum(file.size_bytes for file in files),
            oldest_at=min((file.oldest_at for file in files if file.oldest_at), default=None),
        )

    async def open(self) -> None:
        """Open our file, unless the spool is off. Without a disk, it is as if it were off."""
        if self.own is not None or not self._most_bytes:
            return
        try:
            self.own = await self.in_thread(self._folder.open_own)
        except (OSError, SpoolError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            _LOG.error("spool_not_opened", error_class=type(error).__name__, reason=reason)
            return
        if self.own.file.rows or self.own.file.refused_rows:
            rows, refused_rows = self.own.file.rows, self.own.file.refused_rows
            _LOG.warning("spool_found_rows", rows=rows, refused_rows=refused_rows)
        self._show()

    async def close(self) -> None:
        """Let go of the files; whoever comes next drains them."""
        for spool in (self.own, self.adopted):
            if spool is not None:
                await self.in_thread(spool.close)
        self.own = self.adopted = None
        self._thread.shutdown()

    async def keep(self, events: Sequence[NewEvent]) -> None:
        """Return once the events are on the disk.

        Raises: Unavailable when the spool is off or full or the disk fails; ValueError for text
        that is none.
        """
        spool = self.own
        if spool is None or spool.file.size_bytes + size_of(events) > self._most_bytes:
            raise Unavailable("the database is away and the spool takes no more; send it again")
        try:
            await self.in_thread(spool.file.append, events)
        except (OSError, SpoolError) as error:
            _LOG.error("spool_failed", error_class=type(error).__name__, rows=len(events))
            raise Unavailable("the spool cannot be written; send it again") from None
        metrics.SPOOLED.inc(len(events))
        self._show()
        self.has_news.set()

    async def adopt(self) -> LockedSpool | None:
        """Take a leftover of a process that is gone, if there is one."""
        if self.adopted is None:
            self.adopted = await self.in_thread(self._folder.adopt)
            if self.adopted is not None:
                _LOG.warning("spool_adopted", rows=self.adopted.file.rows)
                self._show()
        return self.adopted

    async def leave(self) -> None:
        """Let go of a leftover that is drained."""
        if self.adopted is not None:
            spool, self.adopted = self.adopted, None
            await self.in_thread(self._folder.leave, spool)

    async def change(self, call: Callable[..., None], *arguments: object) -> None:
        """Change one of the files, in the thread."""
        await self.in_thread(call, *arguments)
        self._show()

    async def in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        """Call what blocks, after what was called before it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def mark_away(self, error: Exception) -> None:
        """Send what comes to the spool until somebody marks the database as back."""
        if not self.is_away:
            _LOG.warning("database_away", error_class=type(error).__name__)
        self.is_away = True
        metrics.DATABASE_AWAY.set(1)
        self.has_news.set()

    def mark_back(self) -> None:
        """Let what comes go to the database again."""
        if self.is_away:
            _LOG.warning("database_back", spooled_rows=self.figures.rows)
        self.is_away = False
        metrics.DATABASE_AWAY.set(0)

    def _show(self) -> None:
        figures = self.figures
        metrics.SPOOL_ROWS.set(figures.rows)
        metrics.SPOOL_BYTES.set(figures.size_bytes)
