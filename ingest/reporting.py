"""Tells the database every few seconds what this web process and its channels did.

What could not be told is kept and told later: an hour's figures are late, not lost. Knows no
request.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from ingest.channel_counts import ChannelCounts
from store.channel_activity import ChannelActivity, add_channel_activity
from store.database import Pool, cut_after
from store.web_processes import WebReport, report_web_process

_LOG = structlog.get_logger(__name__)

_FIRST_SECONDS = 1.0
_EVERY_SECONDS = 5.0
_WRITE_SECONDS = 2.0
_CONNECT_SECONDS = 1.0


class Reporting:
    """Reports of one process. `measure` says what it has done so far and what waits in it."""

    def __init__(
        self,
        pool: Pool,
        channel_counts: ChannelCounts,
        measure: Callable[[], WebReport],
        clock: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._channel_counts = channel_counts
        self._measure = measure
        self._clock = clock
        self._untold: dict[tuple[int, str, datetime], ChannelActivity] = {}

    async def run(self) -> None:
        """Report until cancelled."""
        await asyncio.sleep(_FIRST_SECONDS)
        while True:
            await self.report()
            await asyncio.sleep(_EVERY_SECONDS)

    async def report(self) -> None:
        """Report once; what fails is told with the next."""
        self._gather()
        told = list(self._untold.values())
        try:
            async with self._pool.connection(timeout=_CONNECT_SECONDS) as conn:
                with cut_after(conn, _WRITE_SECONDS):
                    async with conn.transaction():
                        await report_web_process(conn, self._measure())
                        await add_channel_activity(conn, told)
        except Exception as error:
            _LOG.info("web_not_reported", error_class=type(error).__name__)
        else:
            self._untold.clear()

    def _gather(self) -> None:
        """Put what was counted to what was not told yet, hour by hour."""
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        for counted in self._channel_counts.take(hour):
            key = (counted.customer_id, counted.channel_id, hour)
            before = self._untold.get(key)
            self._untold[key] = counted if before is None else _sum(before, counted)


def _sum(before: ChannelActivity, after: ChannelActivity) -> ChannelActivity:
    return replace(
        after,
        accepted=before.accepted + after.accepted,
        duplicates=before.duplicates + after.duplicates,
        rejected=before.rejected + after.rejected,
        unreadable=before.unreadable + after.unreadable,
        last_accepted_at=after.last_accepted_at or before.last_accepted_at,
        last_rejected_at=after.last_rejected_at or before.last_rejected_at,
        last_rejected_reason=after.last_rejected_reason or before.last_rejected_reason,
    )
