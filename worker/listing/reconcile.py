"""Asks for what a channel has missed: since when, whose turn it is, and what came of it.

A provider that is away, or refuses the credential, changes nothing but what is noted of it.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from domain.channel import Channel
from domain.errors import OperatorError
from domain.fetching_provider import NotFetched
from domain.listing_provider import ListingProvider
from store.channels import find_channel
from store.database import Connection
from store.reconciliations import Coverage, Hold, Outcome, end_hold, find_coverage, hold_due
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps
from worker.listing.config import ListingConfig
from worker.listing.list_messages import MessageList

_LOG = structlog.get_logger(__name__)

# A provider's list may lag behind what it delivers, and its clock may differ from ours.
OVERLAP = timedelta(hours=1)
FIRST_LOOK = timedelta(hours=24)

_NO_LIST = NotFetched(
    error_class="no_list", detail="its provider lists no messages", is_for_good=True
)
_SEALED = NotFetched(
    error_class="secrets_sealed",
    detail="SECRET_KEY does not open the channel's credential",
    is_for_good=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Since when is asked. `is_whole`: what is before it is here, or cannot be had any more."""

    since: datetime
    is_whole: bool


async def reconcile_due(
    conn: Connection, _now: datetime, _background: BackgroundConfig, *, config: ListingConfig
) -> Steps:
    """Ask for each channel that is due."""
    while hold := await hold_due(conn, config.hold_seconds):
        async for count in _reconcile_held(conn, config, hold):
            yield count


def span_of(
    coverage: Coverage,
    provider: ListingProvider,
    config: ListingConfig,
    since: datetime | None = None,
) -> Span:
    """Say since when to ask: as is wished, or since shortly before all was here.

    Not since before events are forgotten: each of those would come again.
    """
    now, covered = config.clock(), coverage.until
    wanted = since or (covered - OVERLAP if covered else now - FIRST_LOOK)
    bounds = [wanted]
    if provider.LIST_WITHIN is not None:
        bounds.append(now - provider.LIST_WITHIN)
    days = config.event_days if coverage.event_days is None else coverage.event_days
    if days:
        bounds.append(now - timedelta(days=days))
    is_whole = since is None or (covered is not None and since <= covered)
    return Span(since=max(bounds), is_whole=is_whole)


async def take_list(
    conn: Connection, found: MessageList, hold: Hold, span: Span
) -> AsyncGenerator[int]:
    """Go through a list, and note what came of it; each page yields how many were new."""
    async for count in found.take(conn):
        yield count
    await _end(conn, hold, found, span)


async def _reconcile_held(
    conn: Connection, config: ListingConfig, hold: Hold
) -> AsyncGenerator[int]:
    channel = await _open_channel(conn, config, hold)
    if isinstance(channel, NotFetched):
        await _fail(conn, hold, channel)
        return
    provider = config.providers.get(channel.provider)
    if provider is None:
        await _fail(conn, hold, _NO_LIST)
        return
    obstacle = provider.list_obstacle(channel)
    if obstacle:
        detail = f"its provider cannot be asked: {obstacle}"
        await _fail(conn, hold, NotFetched(error_class="no_list", detail=detail, is_for_good=True))
        return
    span = span_of(await find_coverage(conn, channel), provider, config)
    found = MessageList(
        config=config, provider=provider, channel=channel, since=span.since, hold=hold
    )
    async for count in take_list(conn, found, hold, span):
        yield count
    if found.failed is not None:
        _log_failure(hold, found.failed)
    if found.new:
        _LOG.warning(
            "missed_messages_found", channel_id=channel.id, new=found.new, listed=found.listed
        )


async def _open_channel(
    conn: Connection, config: ListingConfig, hold: Hold
) -> Channel | NotFetched:
    stored = await find_channel(conn, hold.customer_id, hold.channel_id)
    try:
        return stored.open(config.sealer) if stored else _NO_LIST
    except OperatorError:
        return _SEALED


async def _end(conn: Connection, hold: Hold, found: MessageList, span: Span) -> None:
    failed = found.failed
    await end_hold(
        conn,
        hold,
        Outcome(
            covered_until=hold.began_at if span.is_whole and failed is None else None,
            listed_count=found.listed,
            new_count=found.new,
            error_class=failed.error_class if failed else None,
            detail=failed.detail if failed else None,
        ),
    )


async def _fail(conn: Connection, hold: Hold, failed: NotFetched) -> None:
    outcome = Outcome(
        covered_until=None,
        listed_count=0,
        new_count=0,
        error_class=failed.error_class,
        detail=failed.detail,
    )
    await end_hold(conn, hold, outcome)
    _log_failure(hold, failed)


def _log_failure(hold: Hold, failed: NotFetched) -> None:
    _LOG.warning(
        "reconciliation_failed", channel_id=hold.channel_id, error_class=failed.error_class
    )
