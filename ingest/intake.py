"""What happens to one delivery: verify, split, commit, answer. Nothing else happens in the request.

Knows no HTTP framework; what a provider counts as success is the provider's word.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import NoReturn

import msgspec
import structlog

from domain.basic_auth import without_password
from domain.channel import Channel
from domain.delivery import Delivery, Reply
from domain.errors import BadSignature, ChannelDisabled, NotFound, Unavailable, Unreadable
from domain.event import InboundEvent, SignatureResult, unreadable_event
from domain.provider import Provider
from domain.signature import verify
from domain.tracing import UNTRACED, Tracing
from ingest import metrics
from ingest.channel_counts import ChannelCounts
from ingest.directory import ChannelDirectory
from ingest.group_commit import GroupCommit
from ingest.spooling import Spooling
from store.database import Pool, cut_after
from store.events import NewEvent
from store.quarantine import quarantine

_LOG = structlog.get_logger(__name__)

# Credentials are dropped, and what only describes the connection to the proxy before us.
_HEADERS_NOT_KEPT = frozenset(
    {
        "authorization", "cookie", "proxy-authorization", "host", "connection", "accept",
        "accept-encoding", "content-length", "transfer-encoding", "content-type",
    }
)  # fmt: skip
_LONGEST_TEXT = 255
# A refusal is answered this soon, with or without a copy of what was refused.
_QUARANTINE_CONNECT_SECONDS = 0.5
_QUARANTINE_SECONDS = 1.0


class Intake:
    """Takes deliveries in."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        directory: ChannelDirectory,
        group_commit: GroupCommit,
        spooling: Spooling,
        channel_counts: ChannelCounts,
        pool: Pool,
        new_id: Callable[[], str],
        tracing: Tracing = UNTRACED,
    ) -> None:
        self._providers = providers
        self._directory = directory
        self._group_commit = group_commit
        self._spooling = spooling
        self._channel_counts = channel_counts
        self._pool = pool
        self._new_id = new_id
        self._tracing = tracing

    async def find(self, provider_name: str, token: str) -> tuple[Provider, Channel]:
        """Find who posts and where to.

        Raises: NotFound, Unavailable.
        """
        provider = self._providers.get(provider_name)
        try:
            channel = await self._directory.find(token) if provider else None
        except Unavailable:
            self._count_unavailable()
            raise
        if provider is None or channel is None or channel.provider != provider_name:
            metrics.UNKNOWN_CHANNEL.inc()
            raise NotFound("no channel has this webhook URL")
        return provider, channel

    async def take(self, provider: Provider, channel: Channel, delivery: Delivery) -> Reply:
        """Keep the delivery's events and return the provider's success, also for a repeated one.

        Raises: BadSignature, ChannelDisabled, Unavailable.
        """
        traced = self._tracing.span(
            "webhook",
            delivery.headers.get("traceparent"),
            provider=channel.provider,
            channel_id=channel.id,
        )
        with traced as traceparent:
            return await self._keep(provider, channel, delivery, traceparent)

    async def take_mail(
        self, provider: Provider, deliveries: Sequence[tuple[Channel, Delivery]]
    ) -> None:
        """Keep a mail that came by SMTP, where nobody signs: for each channel, or for none.

        Raises: Unavailable.
        """
        rows: list[NewEvent] = []
        for channel, delivery in deliveries:
            headers = _kept_headers(delivery.headers)
            rows += [
                self._row(event, channel, delivery, "unchecked", headers, None)
                for event in provider.split(delivery, channel.kind)
            ]
        try:
            await self._group_commit.submit(rows)
        except Unavailable:
            self._count_unavailable()
            raise
        for channel, delivery in deliveries:
            self._channel_counts.accepted(channel, 1, delivery.received_at)
        _LOG.debug("mail_kept", event_ids=[row.id for row in rows])

    async def _keep(
        self, provider: Provider, channel: Channel, delivery: Delivery, traceparent: str | None
    ) -> Reply:
        began = perf_counter()
        signature = await self._authenticate(provider, channel, delivery)
        if channel.is_disabled:
            await self._refuse_disabled(channel, delivery)
        headers = _kept_headers(delivery.headers)
        events = self._split(provider, channel, delivery)
        rows = [
            self._row(event, channel, delivery, signature, headers, traceparent) for event in events
        ]
        try:
            with self._tracing.span("commit"):
                await self._group_commit.submit(rows)
        except Unavailable:
            self._count_unavailable()
            raise
        self._channel_counts.accepted(channel, len(rows), delivery.received_at)
        metrics.REQUEST_SECONDS.observe(perf_counter() - began)
        _LOG.debug("delivery_kept", channel_id=channel.id, event_ids=[row.id for row in rows])
        return provider.answer(delivery, events)

    async def _authenticate(
        self, provider: Provider, channel: Channel, delivery: Delivery
    ) -> SignatureResult:
        if channel.signature_mode == "off":
            return "unchecked"
        verdict = verify(provider.signed(delivery, channel.secrets, delivery.received_at))
        if verdict.is_authentic:
            return "verified"
        if channel.signature_mode == "report":
            metrics.FLAGGED.inc()
            _LOG.warning("signature_flagged", channel_id=channel.id, reason=verdict.reason)
            return "failed"
        metrics.BAD_SIGNATURE.inc()
        self._channel_counts.rejected(channel, verdict.reason, delivery.received_at)
        await self._quarantine(channel, delivery, verdict.reason)
        raise BadSignature("the signature does not match this channel's secrets")

    async def _refuse_disabled(self, channel: Channel, delivery: Delivery) -> NoReturn:
        """Send the provider away, with a copy kept: some do not come back."""
        metrics.CHANNEL_DISABLED.inc()
        self._channel_counts.rejected(channel, ChannelDisabled.code, delivery.received_at)
        await self._quarantine(channel, delivery, ChannelDisabled.code)
        raise ChannelDisabled("this channel is switched off; send it again later")

    async def _quarantine(self, channel: Channel, delivery: Delivery, reason: str) -> None:
        """Keep a copy to look at, unless that takes long: the refusal stands without it."""
        if self._spooling.is_away:
            _LOG.warning("quarantine_skipped", channel_id=channel.id)
            return
        try:
            async with self._pool.connection(timeout=_QUARANTINE_CONNECT_SECONDS) as conn:
                with cut_after(conn, _QUARANTINE_SECONDS):
                    await quarantine(
                        conn,
                        channel,
                        replace(delivery, url=without_password(delivery.url)),
                        delivery_id=self._new_id(),
                        reason=reason,
                        headers=_kept_headers(delivery.headers),
                    )
        except Exception as error:
            _LOG.warning(
                "quarantine_failed", channel_id=channel.id, error_class=type(error).__name__
            )

    def _count_unavailable(self) -> None:
        metrics.UNAVAILABLE.inc()
        self._channel_counts.unavailable()

    def _split(
        self, provider: Provider, channel: Channel, delivery: Delivery
    ) -> Sequence[InboundEvent]:
        """Take the events out; what nobody understands is kept as one, for a dead letter."""
        try:
            events = provider.split(delivery, channel.kind)
        except Unreadable as error:
            _LOG.warning("delivery_unreadable", channel_id=channel.id, detail=error.detail)
            metrics.UNREADABLE.inc()
            self._channel_counts.unreadable(channel)
            return [unreadable_event(delivery.body)]
        metrics.ACCEPTED.inc()
        return events

    def _row(
        self,
        event: InboundEvent,
        channel: Channel,
        delivery: Delivery,
        signature: SignatureResult,
        headers: str,
        traceparent: str | None,
    ) -> NewEvent:
        return NewEvent(
            channel.customer_id,
            self._new_id(),
            channel.id,
            channel.provider,
            event.kind,
            event.provider_message_id,
            event.dedup_key,
            signature,
            headers,
            delivery.content_type[:_LONGEST_TEXT],
            event.body,
            delivery.received_at,
            traceparent,
        )


def _kept_headers(headers: Mapping[str, str]) -> str:
    kept = {name: value for name, value in headers.items() if name not in _HEADERS_NOT_KEPT}
    return msgspec.json.encode(kept).decode()
