"""What the routes of a web process share: what takes deliveries in, and the background tasks.

Knows no route.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import random

from app.clock import utc_now
from app.intake_services import LONGEST_PAUSE_SECONDS, IntakeServices, build_intake_services
from app.live import Live
from app.long_texts import LongTextsApart
from app.settings import Settings
from domain.backoff import Backoff
from domain.sealing import Sealer
from domain.tracing import UNTRACED, Tracing
from inbox.rates import RateWatch
from ingest.directory import ChannelDirectory
from ingest.intake import Intake
from ingest.spooling import Spooling
from store.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """What the routes share: connections, and the tasks that serve them."""

    receiving: IntakeServices
    live: Live
    long_texts: LongTextsApart
    rates: RateWatch

    @property
    def intake(self) -> Intake:
        return self.receiving.intake

    @property
    def spooling(self) -> Spooling:
        return self.receiving.spooling

    @property
    def directory(self) -> ChannelDirectory:
        return self.receiving.directory

    @asynccontextmanager
    async def running(self, _app: object = None) -> AsyncGenerator[None]:
        """Run the tasks; at the end, what was accepted is kept first."""
        pause = Backoff(random, longest=LONGEST_PAUSE_SECONDS)
        watching = self.rates.watch(self.receiving.pool, utc_now, pause)
        try:
            async with self.receiving.running(self.live.run(), watching):
                yield
        finally:
            await self.long_texts.close()


def build_web_services(
    settings: Settings,
    database_url: str,
    pool: Pool,
    live: Live,
    sealer: Sealer,
    tracing: Tracing = UNTRACED,
) -> WebServices:
    """Wire the webhook side. Nothing is opened yet."""
    receiving = build_intake_services(
        settings, database_url, pool, sealer, tracing, lambda: live.open_streams
    )
    live.on_channels(receiving.directory.poke)
    return WebServices(
        receiving=receiving, live=live, long_texts=LongTextsApart(), rates=RateWatch()
    )
