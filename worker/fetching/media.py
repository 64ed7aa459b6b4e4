"""Fetches one leased attachment and records what came of it.

Only who still holds the lease changes anything. To get something twice does no harm, so an outcome
that could not be recorded is not: the lease ends and somebody gets it again. Knows no loop.
"""

import asyncio
from dataclasses import dataclass

import httpx
import structlog

from domain.channel import Channel
from domain.fetching_provider import NotFetched, fetch_failed
from domain.media_provider import TRIED_FOR, MediaCredential, MediaProvider
from domain.where_raised import where_raised
from store.database import Connection
from store.media import MediaLease, fail_media, keep_media
from worker.fetching.config import FetcherConfig
from worker.fetching.http import TOO_SLOW
from worker.fetching.media_request import ShownCredential, get_media
from worker.fetching.opened_channel import open_channel
from worker.fetching.waiting import wait_before_end
from worker.sending.access_token import AccessTokens

_LOG = structlog.get_logger(__name__)

_NO_TOKEN = fetch_failed("the provider gives no access token for the channel's credential")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFetching:
    """Fetches leased attachments. `tokens` are those that providers want instead of a key."""

    client: httpx.AsyncClient
    tokens: AccessTokens
    config: FetcherConfig

    async def fetch(self, conn: Connection, lease: MediaLease) -> None:
        """Fetch, and let it be a file of ours, asked for again, or given up.

        Raises: DatabaseError or OSError when Postgres is away.
        """
        channel = await open_channel(conn, self.config.sealer, lease.customer_id, lease.channel_id)
        content = await self._content(lease, channel)
        async with conn.transaction():
            if isinstance(content, NotFetched):
                is_ours = await self._fail(conn, lease, content)
            else:
                is_ours = await keep_media(conn, lease, content)
        if not is_ours:
            _LOG.info("media_lease_lost", message_id=lease.message_id)

    async def _content(
        self, lease: MediaLease, channel: Channel | NotFetched | None
    ) -> bytes | NotFetched:
        if isinstance(channel, NotFetched):
            return channel
        provider = self.config.media_providers.get(channel.provider) if channel else None
        credential = provider.media_credential(channel) if provider and channel else None
        try:
            async with asyncio.timeout(self.config.fetch_seconds):
                if provider is None or credential is None:
                    return await get_media(self.client, lease.url, None)
                return await self._get_with(lease, provider, credential)
        except TimeoutError:
            return TOO_SLOW
        except Exception as error:
            # It would be leased for ever, and never given up.
            error_class = type(error).__name__
            _LOG.error("media_fetch_broke", error_class=error_class, where=where_raised(error))
            return fetch_failed(f"it could not be fetched ({error_class})")

    async def _get_with(
        self, lease: MediaLease, provider: MediaProvider, credential: MediaCredential
    ) -> bytes | NotFetched:
        """Get it with a credential, and use a token no more with which it could not be had."""
        headers, token_request = dict(credential.headers), credential.token_request
        if token_request is not None:
            bearer = await self.tokens.bearer(token_request)
            if not isinstance(bearer, str):
                return _NO_TOKEN
            headers["authorization"] = bearer
        shown = ShownCredential(hosts=provider.MEDIA_HOSTS, headers=headers)
        content = await get_media(self.client, lease.url, shown)
        if isinstance(content, NotFetched) and token_request is not None:
            self.tokens.drop(token_request)
        return content

    async def _fail(self, conn: Connection, lease: MediaLease, failed: NotFetched) -> bool:
        ends_at = lease.queued_at + TRIED_FOR
        wait = wait_before_end(self.config, lease.attempt, failed, ends_at)
        wait = None if failed.is_for_good else wait
        _LOG.warning(
            "media_not_fetched",
            message_id=lease.message_id,
            channel_id=lease.channel_id,
            attempt=lease.attempt,
            error_class=failed.error_class,
            is_given_up=wait is None,
        )
        return await fail_media(conn, lease, (failed.error_class, failed.detail), wait)
