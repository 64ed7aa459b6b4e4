"""Fetches for one leased event and records what came of it.

Only who still holds the lease changes anything. To ask twice does no harm, so an outcome that
could not be recorded is not: the lease ends and somebody asks again. Knows no loop.
"""

import asyncio
from dataclasses import dataclass, replace

import httpx
import structlog

from domain.channel import Channel
from domain.event import FetchedContent
from domain.fetching_provider import (
    FetchAnswer,
    FetchingProvider,
    FetchRequest,
    NotFetched,
)
from store.database import Connection
from store.fetching import FetchLease, hold_fetch, settle_fetch
from store.queue import Failure, record_failures
from worker.fetching.config import FetcherConfig
from worker.fetching.http import MOST_BYTES, TOO_LARGE, TOO_SLOW, ask
from worker.fetching.opened_channel import open_channel
from worker.fetching.waiting import wait_before_end

_LOG = structlog.get_logger(__name__)

_MOST_REQUESTS = 100  # a mail whose files are asked for one by one may have many

_ENDLESS = NotFetched(
    error_class="fetch_refused",
    detail="the provider sends from one place to the next",
    is_for_good=True,
)
_NO_PROVIDER = NotFetched(
    error_class="fetch_not_known", detail="nobody knows how to fetch it", is_for_good=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Fetches for leased events."""

    client: httpx.AsyncClient
    config: FetcherConfig

    async def fetch(self, conn: Connection, lease: FetchLease) -> None:
        """Fetch, and let the event be read, asked for again, or given up.

        Raises: DatabaseError or OSError when Postgres is away.
        """
        content = None if lease.is_fetched else await self._content(conn, lease)
        async with conn.transaction():
            if not await hold_fetch(conn, lease):
                _LOG.info("fetch_lease_lost", event_id=lease.event.id)
                return
            if isinstance(content, NotFetched):
                await self._fail(conn, lease, content)
            else:
                await settle_fetch(conn, lease, content)

    async def _content(self, conn: Connection, lease: FetchLease) -> FetchedContent | NotFetched:
        provider = self.config.providers.get(lease.event.provider)
        key = lease.event.customer_id, lease.event.channel_id
        channel = await open_channel(conn, self.config.sealer, *key)
        if isinstance(channel, NotFetched):
            return channel
        if provider is None or channel is None:
            return _NO_PROVIDER
        try:
            async with asyncio.timeout(self.config.fetch_seconds):
                return await self._ask_on(provider, lease, channel)
        except TimeoutError:
            return TOO_SLOW

    async def _ask_on(
        self, provider: FetchingProvider, lease: FetchLease, channel: Channel
    ) -> FetchedContent | NotFetched:
        """Make one request after the other, as the provider says."""
        answers: list[FetchAnswer] = []
        while True:
            step = provider.next_fetch(lease.event, channel, answers, self.config.clock())
            if not isinstance(step, FetchRequest):
                return step
            if len(answers) == _MOST_REQUESTS:
                return _ENDLESS
            answer = await ask(self.client, step, provider.FETCH_HOSTS)
            if isinstance(answer, NotFetched):
                return answer
            answers.append(answer)
            if sum(len(one.body) for one in answers) > MOST_BYTES:
                return TOO_LARGE

    async def _fail(self, conn: Connection, lease: FetchLease, failed: NotFetched) -> None:
        """Keep a failed attempt; there is another one for as long as the provider keeps it."""
        failure = Failure(
            event=lease.event,
            error_class=failed.error_class,
            detail=failed.detail,
            wait_seconds=None if failed.is_for_good else self._wait(lease, failed),
        )
        if failure.wait_seconds is None and not failed.is_for_good:
            failure = replace(failure, error_class="fetch_expired")
        await record_failures(conn, [failure])
        _LOG.warning(
            "fetch_failed",
            event_id=lease.event.id,
            channel_id=lease.event.channel_id,
            attempt=lease.event.attempt,
            error_class=failure.error_class,
            is_given_up=failure.wait_seconds is None,
        )

    def _wait(self, lease: FetchLease, failed: NotFetched) -> float | None:
        """Say how long to wait; None where the provider no longer keeps it then."""
        within = self.config.providers[lease.event.provider].FETCH_WITHIN
        ends_at = lease.event.received_at + within
        return wait_before_end(self.config, lease.event.attempt, failed, ends_at)
