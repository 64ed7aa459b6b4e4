"""One send from lease to record: compose, begin the attempt, hand over, record the outcome.

Only the holder of the lease's fence changes anything. Knows no loop.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog

from domain.address import can_receive
from domain.backoff import Backoff
from domain.channel import Channel
from domain.errors import OperatorError, OptedOut, RecipientSuppressed, WindowClosed
from domain.mail_handover import MailHandover
from domain.media_link import MediaPlace
from domain.outbound import (
    Failed,
    OutboundMedia,
    OutboundMessage,
    Retry,
    SendRequest,
    Sent,
    Unknown,
)
from domain.reply_address import reply_address
from domain.retry import LONGEST_WAIT, wait_before_next
from domain.sending_provider import SendingProvider
from domain.ttl_cache import TtlCache
from store.channels import find_channel
from store.consent_locks import hold_recipients
from store.consents import suppress_refused
from store.database import Connection, DatabaseError, Pool
from store.faults import may_take_later
from store.receipts import Explain, hold_receipts
from store.sending import (
    Ending,
    Lease,
    Stored,
    begin_attempt,
    pause_channel,
    put_off,
    read_outbound,
    settle_sent,
    settle_unsent,
)
from store.suppressions import count_suppressed_recipients
from store.uploads import AttachedFile
from store.whatsapp_windows import count_closed_recipients
from worker.sending.access_token import AccessTokens
from worker.sending.attached_files import read_attached
from worker.sending.config import SenderConfig
from worker.sending.mail_transport import give_mail
from worker.sending.provider_request import SendResult

_LOG = structlog.get_logger(__name__)

_CHANNELS_REMEMBERED = 1_000
_CHANNEL_SECONDS = 5.0
_TOO_MANY_REQUESTS = 429
_SUPPRESSED = "nothing is sent to a recipient any more: mail bounced there, or was unwanted"
_FORGOTTEN = Failed(code="files_forgotten", reason="its files are no longer kept")
_CLOSED = "a recipient has not written by WhatsApp within 24 hours: only a template may be sent"
_OPTED_OUT = "a recipient has opted out of texts from this channel"

ChannelKey = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A message that can be written to its provider."""

    provider: SendingProvider
    request: SendRequest | MailHandover


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A message as it is stored, and whom it is given to."""

    channel: Channel
    provider: SendingProvider
    stored: Stored


class Dispatch:
    """Sends leased messages, each at most once per lease."""

    def __init__(self, config: SenderConfig, pool: Pool, client: httpx.AsyncClient) -> None:
        self._config = config
        self._pool = pool
        self._tokens = AccessTokens(client, config.clock)
        self._channels: TtlCache[ChannelKey, Channel] = TtlCache(
            _CHANNELS_REMEMBERED, _CHANNEL_SECONDS
        )

    async def send(self, lease: Lease) -> None:
        """Send one message and record what came of it, however long the database is away."""
        try:
            async with self._pool.connection() as conn:
                found = await self._look_up(conn, lease)
            prepared = await self._compose(lease, found) if isinstance(found, _Found) else found
            async with self._pool.connection() as conn, conn.transaction():
                await hold_recipients(conn, lease.key)
                attempt = await begin_attempt(conn, lease, self._config.lease_seconds)
                refusal = await _refusal(conn, lease, found, self._config.clock())
        except (DatabaseError, OSError) as error:
            # Nothing was written: the lease runs out and somebody tries again.
            _LOG.warning(
                "send_not_begun",
                message_id=lease.message_id,
                channel_id=lease.channel_id,
                error_class=type(error).__name__,
            )
            return
        if attempt is None:
            _LOG.info("lease_lost", message_id=lease.message_id)
            return
        if not isinstance(prepared, _Ready):
            done = SendResult(outcome=prepared)
        elif refusal is not None:
            done = SendResult(outcome=refusal)
        else:
            done = await self._give(prepared.provider, prepared.request)
        await self._record(lease, done)

    async def _give(
        self, provider: SendingProvider, request: SendRequest | MailHandover
    ) -> SendResult:
        if isinstance(request, SendRequest):
            return await self._tokens.send(provider, request)
        return SendResult(outcome=await give_mail(provider, request, self._config.answer_seconds))

    async def _record(self, lease: Lease, done: SendResult) -> None:
        """Record an outcome; while the database is away the lease may be lost, which is heeded."""
        backoff = Backoff(self._config.random)
        while True:
            try:
                async with self._pool.connection() as conn, conn.transaction():
                    is_ours = await self._settle(conn, lease, done)
            except (DatabaseError, OSError) as error:
                _LOG.warning(
                    "result_not_recorded",
                    message_id=lease.message_id,
                    channel_id=lease.channel_id,
                    attempt=lease.attempt_count + 1,
                    error_class=type(error).__name__,
                )
                if not may_take_later(error):
                    return
                await asyncio.sleep(backoff.pause())
                continue
            if not is_ours:
                _LOG.warning("result_too_late", message_id=lease.message_id)
            return

    async def _settle(self, conn: Connection, lease: Lease, done: SendResult) -> bool:
        outcome = done.outcome
        match outcome:
            case Sent():
                ending = Ending(outcome="sent", http_status=done.http_status)
                known_as = outcome.provider_message_id or lease.message_id
                await hold_receipts(conn, [(lease.channel_id, known_as)])
                explain = await self._explainer(conn, lease)
                return await settle_sent(conn, lease, ending, known_as, explain, outcome.message_id)
            case Retry():
                return await self._put_off(conn, lease, outcome, done.http_status)
            case Failed():
                ending = Ending(
                    outcome="failed",
                    http_status=done.http_status,
                    code=outcome.code,
                    detail=outcome.reason,
                )
            case Unknown():
                ending = Ending(
                    outcome="unknown",
                    http_status=done.http_status,
                    code=outcome.code,
                    detail=outcome.reason,
                )
        is_ours = await settle_unsent(conn, lease, ending)
        if is_ours and isinstance(outcome, Failed) and outcome.is_opt_out:
            await suppress_refused(conn, [lease.key])
        return is_ours

    async def _put_off(
        self, conn: Connection, lease: Lease, outcome: Retry, http_status: int | None
    ) -> bool:
        """Let the message wait, and its whole channel where the provider has enough of us."""
        wait = wait_before_next(self._config.retry, lease.attempt_count + 1, self._config.random())
        seconds = 0.0 if wait is None else wait.total_seconds()
        if outcome.after_seconds is not None:
            seconds = min(outcome.after_seconds, LONGEST_WAIT.total_seconds())
        if wait is None:
            detail = f"{outcome.detail}, however often it was tried"
            ending = Ending(
                outcome="failed", http_status=http_status, code=outcome.code, detail=detail
            )
            is_ours = await settle_unsent(conn, lease, ending)
        else:
            ending = Ending(
                outcome="retry", http_status=http_status, code=outcome.code, detail=outcome.detail
            )
            is_ours = await put_off(conn, lease, seconds, ending)
        if http_status == _TOO_MANY_REQUESTS or outcome.after_seconds is not None:
            await pause_channel(conn, lease, seconds)
        return is_ours

    async def _look_up(self, conn: Connection, lease: Lease) -> _Found | Failed | Retry:
        """Find what a leased message is sent with, or say why it cannot be sent."""
        try:
            channel = await self._channel(conn, lease)
        except OperatorError:
            return Retry(
                after_seconds=None,
                code="secrets_sealed",
                detail="SECRET_KEY does not open the channel's secrets",
            )
        stored = await read_outbound(conn, lease.key)
        provider = self._config.providers.get(channel.provider) if channel else None
        if channel is None or provider is None or stored is None:
            return Failed(code="no_provider", reason="nobody knows the channel's provider")
        obstacle = provider.obstacle(
            channel,
            has_credential=channel.credential is not None,
            recipients=len(stored.to) + len(stored.cc),
        )
        if obstacle:
            return Failed(code="cannot_send", reason=f"this channel cannot send: {obstacle}")
        if not all(can_receive(address, channel.kind) for address in (*stored.to, *stored.cc)):
            return Failed(code="not_an_address", reason="a recipient is not exactly one address")
        return _Found(channel=channel, provider=provider, stored=stored)

    async def _compose(self, lease: Lease, found: _Found) -> _Ready | Failed | Retry:
        """Write the request of a message, or say why its files cannot be had."""
        channel, stored = found.channel, found.stored
        files = stored.attachments
        if any(file.is_forgotten for file in files):
            return _FORGOTTEN
        is_mail = channel.kind == "email"
        attachments = await read_attached(
            self._config.blobs, lease.customer_id, files if is_mail else ()
        )
        if not isinstance(attachments, tuple):
            return attachments
        message = OutboundMessage(
            id=lease.message_id,
            kind=stored.kind,
            own_address=stored.own_address,
            to=stored.to,
            cc=stored.cc,
            body=stored.body,
            subject=stored.subject,
            thread=stored.thread,
            written_at=stored.written_at,
            attachments=attachments,
            media=() if is_mail else self._media(lease, files),
            status_callback=self._config.callback_url(channel),
            reply_to=reply_address(stored.own_address, lease.message_id, channel.reply_key)
            if channel.reply_key
            else None,
        )
        request = found.provider.compose_send(message, channel, self._config.clock())
        return _Ready(provider=found.provider, request=request)

    def _media(self, lease: Lease, files: Sequence[AttachedFile]) -> tuple[OutboundMedia, ...]:
        """Write links to the files of a text; each attempt makes new ones."""
        places = [
            MediaPlace(
                customer_id=lease.customer_id, message_id=lease.message_id, position=position
            )
            for position, _ in enumerate(files, start=1)
        ]
        return tuple(
            OutboundMedia(url=self._config.media_url(place), content_type=file.content_type)
            for place, file in zip(places, files, strict=True)
        )

    async def _explainer(self, conn: Connection, lease: Lease) -> Explain:
        channel = await self._channel(conn, lease)
        provider = self._config.providers[channel.provider] if channel else None
        return lambda _key, code: provider.explain(code) if provider else code or ""

    async def _channel(self, conn: Connection, lease: Lease) -> Channel | None:
        key, now = (lease.customer_id, lease.channel_id), self._config.clock().timestamp()
        held = self._channels.get(key, now)
        if held is not None and not held.is_stale:
            return held.value
        stored = await find_channel(conn, *key)
        if stored is None:
            return None
        channel = stored.open(self._config.sealer)
        self._channels.put(key, channel, now)
        return channel


async def _refusal(
    conn: Connection, lease: Lease, found: _Found | Failed | Retry, now: datetime
) -> Failed | None:
    """Say why a message may not go to its recipients, now that they are held."""
    suppressed = await count_suppressed_recipients(conn, *lease.key)
    if suppressed.opted_out:
        return Failed(code=OptedOut.code, reason=_OPTED_OUT)
    if suppressed.count:
        return Failed(code=RecipientSuppressed.code, reason=_SUPPRESSED)
    is_whatsapp = isinstance(found, _Found) and found.stored.kind == "whatsapp"
    if is_whatsapp and await count_closed_recipients(conn, *lease.key, now):
        return Failed(code=WindowClosed.code, reason=_CLOSED)
    return None
