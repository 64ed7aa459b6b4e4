"""One batch, one transaction: claim, read, normalise, write, settle.

An event that cannot be read or written is taken out and its neighbours go on; only what is nobody's
fault among them fails the whole transaction, and the loop tries again. Knows no clock, no process.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from time import perf_counter

from domain.event import LARGE_BYTES, ClaimedEvent
from domain.message import FetchNeeded
from domain.provider import Provider
from domain.receipt import NewReceipt
from domain.retry import RetryPolicy, wait_before_next
from store.channels import channels_of
from store.database import Connection
from store.fetching import with_fetched
from store.queue import (
    ISOLATED,
    LIVE,
    REPEATED,
    Failure,
    Lane,
    await_fetch,
    claim,
    hold,
    isolate,
    limit_claim,
    record_failures,
    settle,
)
from store.receipts import hold_receipts, record_receipts
from store.suppressions import suppress_by_receipts
from worker.reading.draft import MessageDraft
from worker.reading.event import Channels, Outcome, Read, Unread
from worker.writing.consents import write_consents, write_refusals
from worker.writing.messages import write_messages
from worker.writing.partial_write import Readings, Refused, Written, write_around
from worker.writing.parts import JoinedParts, Part, gather_parts, settle_parts
from worker.writing.reports import attach_reports
from worker.writing.row_cache import Learned, RowCache

_MOST_REPEATED = 50


@dataclass(frozen=True, slots=True)
class WorkerLocks:
    """Whose turn it is where several batches of one worker are under way.

    There is one reader. Who writes does so from the first row to the commit, so that batches of one
    worker never wait for each other's rows.
    """

    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchConfig:
    """What every batch needs and no batch changes. `random` gives numbers in [0, 1).

    `read` reads the events of a batch. `fetching` names the providers that keep a part of their
    events. `timeouts` counts, by event, how often its statements took too long when it was written
    alone.
    """

    providers: Mapping[str, Provider]
    claim_timeout_seconds: float
    retry: RetryPolicy
    random: Callable[[], float]
    locks: WorkerLocks
    read: Read
    fetching: frozenset[str]
    timeouts: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True, kw_only=True)
class BatchResult:
    """What became of a batch, and where its time went.

    `isolated` are to be read alone, `incomplete` to be fetched for, `waiting` are parts that wait
    for others; `joined` waited since before, and are settled by what was claimed. `largest_bytes`
    is how long the largest event is; once one is large, none has its content any more when it was
    read.
    """

    lane: Lane = LIVE
    claimed: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])
    failures: list[Failure] = field(default_factory=list[Failure])
    isolated: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])
    incomplete: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])
    waiting: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])
    joined: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])
    largest_bytes: int = 0
    claim_seconds: float = 0.0
    read_seconds: float = 0.0
    write_seconds: float = 0.0

    @property
    def processed(self) -> list[ClaimedEvent]:
        """The events that are settled."""
        others = {failure.event.id for failure in self.failures}
        unsettled = (*self.isolated, *self.incomplete, *self.waiting)
        others.update(event.id for event in unsettled)
        return [event for event in self.claimed if event.id not in others] + self.joined


class BatchFailed(Exception):
    """The transaction came to nothing; `claimed` says for which events."""

    def __init__(self, claimed: Sequence[ClaimedEvent], error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.claimed = claimed
        self.error = error


async def process_batch(
    conn: Connection,
    most_events: int,
    row_cache: RowCache,
    config: BatchConfig,
    lanes: Sequence[Lane] = (LIVE, REPEATED),
) -> BatchResult:
    """Process up to `most_events` due events of the first of these lanes that has any.

    An empty result means that nothing is due.

    Raises: BatchFailed.
    """
    result = BatchResult()
    try:
        async with AsyncExitStack() as turn:
            async with conn.pipeline(), conn.transaction():
                outcomes = await _claim_and_read(conn, most_events, config, lanes, result)
                if not result.claimed:
                    return result
                await turn.enter_async_context(config.locks.writing)
                written = await finish(conn, outcomes, row_cache, config, result)
                began = perf_counter()
            result.write_seconds += perf_counter() - began
            for learned in written.learned:
                row_cache.learn(learned)
    except Exception as error:
        # The server went away, a neighbour was in the way, or the commit was refused.
        raise BatchFailed(result.claimed, error) from error
    return result


async def process_isolated(
    conn: Connection, row_cache: RowCache, config: BatchConfig
) -> BatchResult:
    """Process one event of those that are dangerous to read.

    Nothing is locked while it is read, for that may take long and whoever follows the outbox waits
    for transactions; who is first to hold the event afterwards settles it.

    Raises: BatchFailed.
    """
    result = BatchResult(lane=ISOLATED)
    claimed: list[ClaimedEvent] = []
    try:
        async with conn.transaction():
            claimed = await claim(conn, 1, config.claim_timeout_seconds, ISOLATED)
            claimed = await _with_fetched(conn, claimed, config)
            channels = await channels_of(
                conn, [(event.customer_id, event.channel_id) for event in claimed]
            )
        waiting = [event for event in claimed if not event.is_settled]
        outcomes = await config.read(waiting, channels)
        async with config.locks.writing, conn.pipeline(), conn.transaction():
            await limit_claim(conn, config.claim_timeout_seconds)
            if not claimed or not await hold(conn, claimed[0]):
                return result
            result.claimed = claimed
            written = await finish(conn, outcomes, row_cache, config, result)
    except Exception as error:
        raise BatchFailed(claimed, error) from error
    for learned in written.learned:
        row_cache.learn(learned)
    return result


async def finish(
    conn: Connection,
    outcomes: Sequence[Outcome],
    row_cache: RowCache,
    config: BatchConfig,
    result: BatchResult,
) -> Written:
    """Write what was read of a claim, keep what failed, and settle the rest."""
    began = perf_counter()
    waiting = [event for event in result.claimed if not event.is_settled]
    readings, parts = _sort_out(waiting, outcomes, config, result)
    joined = await gather_parts(conn, parts, _one_at_a_time(config)) if parts else JoinedParts()
    readings += [text.draft for text in joined.texts]
    written = await write_around(
        conn, readings, lambda part: _write(conn, part, row_cache, config), row_cache
    )
    result.failures += [
        _refusal(replace(refused, event=event), config)
        for refused in written.refused
        for event in joined.blamed(refused.event)
    ]
    if parts:
        result.waiting = joined.waiting
        result.joined = await settle_parts(
            conn, joined, {refused.event.id for refused in written.refused}
        )
    await record_failures(conn, result.failures)
    await isolate(conn, result.isolated)
    await await_fetch(conn, result.incomplete)
    await settle(conn, result.processed)
    result.write_seconds = perf_counter() - began
    return written


async def fail_event(conn: Connection, refused: Refused, config: BatchConfig) -> BatchResult:
    """Record a failed attempt at one event, unless somebody else has it by now."""
    failure = _refusal(refused, config)
    async with conn.transaction():
        if not await hold(conn, refused.event):
            return BatchResult()
        await record_failures(conn, [failure])
    return BatchResult(claimed=[refused.event], failures=[failure])


async def _claim_and_read(
    conn: Connection,
    most_events: int,
    config: BatchConfig,
    lanes: Sequence[Lane],
    result: BatchResult,
) -> Sequence[Outcome]:
    began = perf_counter()
    for result.lane in lanes:
        most = min(most_events, _MOST_REPEATED) if result.lane == REPEATED else most_events
        claimed = await claim(conn, most, config.claim_timeout_seconds, result.lane)
        result.claimed = await _with_fetched(conn, claimed, config)
        if result.claimed:
            break
    else:
        return []
    keys = [(event.customer_id, event.channel_id) for event in result.claimed]
    channels = await channels_of(conn, keys)
    waiting = [event for event in result.claimed if not event.is_settled]
    result.claim_seconds = perf_counter() - began
    async with config.locks.reading:
        began = perf_counter()
        outcomes = await config.read(waiting, channels)
        result.read_seconds = perf_counter() - began
    result.largest_bytes = max(event.size_bytes for event in result.claimed)
    if result.largest_bytes > LARGE_BYTES:
        result.claimed = [event.without_content() for event in result.claimed]
    return outcomes


async def _with_fetched(
    conn: Connection, claimed: list[ClaimedEvent], config: BatchConfig
) -> list[ClaimedEvent]:
    if config.fetching.isdisjoint(event.provider for event in claimed):
        return claimed
    return await with_fetched(conn, claimed)


def _sort_out(
    events: Sequence[ClaimedEvent],
    outcomes: Sequence[Outcome],
    config: BatchConfig,
    result: BatchResult,
) -> tuple[list[MessageDraft | NewReceipt], list[Part]]:
    """Return what was read, and parts of what is not whole; what was not read is added to the
    failures, or waits for what its provider keeps.
    """
    readings: list[MessageDraft | NewReceipt] = []
    parts: list[Part] = []
    for event, outcome in zip(events, outcomes, strict=True):
        if isinstance(outcome, Unread) and outcome.fate == "isolate" and result.lane != ISOLATED:
            result.isolated.append(event)
        elif isinstance(outcome, Unread):
            result.failures.append(_unread(event, outcome, config))
        elif isinstance(outcome, FetchNeeded):
            result.incomplete.append(event)
        elif isinstance(outcome, MessageDraft) and outcome.part is not None:
            parts.append((outcome, outcome.part))
        else:
            readings.append(outcome)
    return readings, parts


def _one_at_a_time(config: BatchConfig) -> Read:
    """Read when it is this batch's turn: it has no turn any more when it writes."""

    async def read(events: Sequence[ClaimedEvent], channels: Channels) -> Sequence[Outcome]:
        async with config.locks.reading:
            return await config.read(events, channels)

    return read


async def _write(
    conn: Connection, readings: Readings, row_cache: RowCache, config: BatchConfig
) -> Learned | None:
    readings = await attach_reports(conn, readings)
    receipts = [reading for reading in readings if isinstance(reading, NewReceipt)]
    drafts = [reading for reading in readings if isinstance(reading, MessageDraft)]
    if receipts:
        await hold_receipts(conn, map(_sent_of, receipts))
        await suppress_by_receipts(conn, receipts)
    learned = await write_messages(conn, drafts, row_cache) if drafts else None
    if receipts:
        await record_receipts(
            conn, receipts, lambda provider, code: config.providers[provider].explain(code)
        )
        await write_refusals(conn, receipts)
    await write_consents(conn, drafts)
    return learned


def _sent_of(receipt: NewReceipt) -> tuple[str, str]:
    return receipt.event.channel_id, receipt.receipt.provider_message_id


def _unread(event: ClaimedEvent, unread: Unread, config: BatchConfig) -> Failure:
    """Say what becomes of an event that was not read."""
    failure = _failure(event, unread.error_class, unread.detail, config)
    return failure if unread.fate == "again" else replace(failure, wait_seconds=None)


def _refusal(refused: Refused, config: BatchConfig) -> Failure:
    failure = _failure(refused.event, refused.error_class, refused.detail, config)
    return replace(failure, wait_seconds=None) if refused.is_permanent else failure


def _failure(event: ClaimedEvent, error_class: str, detail: str, config: BatchConfig) -> Failure:
    wait = wait_before_next(config.retry, event.attempt, config.random())
    return Failure(
        event=event,
        error_class=error_class,
        detail=detail,
        wait_seconds=None if wait is None else wait.total_seconds(),
    )
