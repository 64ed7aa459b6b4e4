"""One batch, one transaction: claim, read, normalise, write, settle.

A failure of one event in Python takes that event out; a failure in SQL fails the whole
transaction, and the loop tries again with fewer. Knows no clock and no process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import ClaimedEvent
from domain.message import DeliveryReceipt
from domain.provider import Provider, ReadingContext
from domain.retry import RetryPolicy, wait_before_next
from store.channels import channels_of
from store.database import Connection
from store.queue import Failure, claim, hold, record_failures, settle
from store.receipts import NewReceipt, hold_receipts, record_receipts
from worker.draft import MessageDraft
from worker.known import Known
from worker.normalise import normalise
from worker.write import Learned, write_messages


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchConfig:
    """What every batch needs and no batch changes. `dice` gives numbers in [0, 1)."""

    providers: Mapping[str, Provider]
    claim_timeout_seconds: float
    retry: RetryPolicy
    dice: Callable[[], float]


@dataclass(slots=True, kw_only=True)
class BatchResult:
    """What became of a batch, and where its time went."""

    claimed: list[ClaimedEvent] = field(default_factory=list[ClaimedEvent])
    failures: list[Failure] = field(default_factory=list[Failure])
    claim_seconds: float = 0.0
    read_seconds: float = 0.0
    write_seconds: float = 0.0

    @property
    def processed(self) -> list[ClaimedEvent]:
        """The events that are settled."""
        failed = {failure.event.id for failure in self.failures}
        return [event for event in self.claimed if event.id not in failed]


@dataclass(slots=True)
class _Read:
    """A batch once its events are read."""

    drafts: list[MessageDraft] = field(default_factory=list[MessageDraft])
    receipts: list[NewReceipt] = field(default_factory=list[NewReceipt])
    failures: list[Failure] = field(default_factory=list[Failure])


class BatchFailed(Exception):
    """The transaction came to nothing; `claimed` says for which events."""

    def __init__(self, claimed: Sequence[ClaimedEvent], error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.claimed = claimed
        self.error = error


async def process_batch(
    conn: Connection, most_events: int, known: Known, config: BatchConfig
) -> BatchResult:
    """Process up to `most_events` due events; an empty result means that nothing is due.

    Raises: BatchFailed.
    """
    result = BatchResult()
    try:
        async with conn.pipeline(), conn.transaction():
            learned = await _process(conn, most_events, known, config, result)
            began = perf_counter()
        result.write_seconds += perf_counter() - began
    except Exception as error:
        # Postgres refused it, or the driver refused a value: somebody's event is to blame.
        raise BatchFailed(result.claimed, error) from error
    if learned is not None:
        known.learn_addresses(learned.hashes, learned.outside)
        known.learn_participants(learned.participants)
        known.learn_places(learned.places)
    return result


async def fail_event(
    conn: Connection, event: ClaimedEvent, error_class: str, config: BatchConfig
) -> BatchResult:
    """Record a failed attempt at one event, unless somebody else has it by now."""
    failure = _failure(event, error_class, "the event's rows could not be written", config)
    async with conn.transaction():
        if not await hold(conn, event):
            return BatchResult()
        await record_failures(conn, [failure])
    return BatchResult(claimed=[event], failures=[failure])


async def _process(
    conn: Connection, most_events: int, known: Known, config: BatchConfig, result: BatchResult
) -> Learned | None:
    began = perf_counter()
    result.claimed = await claim(conn, most_events, config.claim_timeout_seconds)
    if not result.claimed:
        return None
    keys = [(event.customer_id, event.channel_id) for event in result.claimed]
    channels = await channels_of(conn, keys)
    read_began = perf_counter()
    read = _read_all(result.claimed, channels, config)
    result.failures = read.failures
    write_began = perf_counter()
    if read.receipts:
        await hold_receipts(conn, map(_sent_of, read.receipts))
    learned = await write_messages(conn, read.drafts, known) if read.drafts else None
    if read.receipts:
        await record_receipts(
            conn, read.receipts, lambda provider, code: config.providers[provider].explain(code)
        )
    await record_failures(conn, read.failures)
    await settle(conn, result.processed)
    result.claim_seconds = read_began - began
    result.read_seconds = write_began - read_began
    result.write_seconds = perf_counter() - write_began
    return learned


def _read_all(
    claimed: Sequence[ClaimedEvent],
    channels: Mapping[tuple[int, str], Channel],
    config: BatchConfig,
) -> _Read:
    read = _Read()
    for event in claimed:
        if event.is_settled:
            continue
        try:
            _read_one(event, channels[event.customer_id, event.channel_id], config, read)
        except Unreadable as error:
            failure = Failure(
                event=event, error_class=error.code, detail=error.detail, wait_seconds=None
            )
            read.failures.append(failure)
        except Exception as error:
            # Whatever it is, one event must never fail its neighbours.
            detail = "the event could not be read or normalised"
            read.failures.append(_failure(event, type(error).__name__, detail, config))
    return read


def _read_one(event: ClaimedEvent, channel: Channel, config: BatchConfig, read: _Read) -> None:
    if event.kind == "unreadable":
        raise Unreadable("the delivery does not have the provider's documented shape")
    provider = config.providers[event.provider]
    context = ReadingContext(kind=channel.kind, own_address=channel.own_address)
    reading = provider.read(event, context)
    if isinstance(reading, DeliveryReceipt):
        occurred_at = reading.occurred_at or event.received_at
        read.receipts.append(NewReceipt(event=event, receipt=reading, occurred_at=occurred_at))
    else:
        read.drafts.append(normalise(event, reading, channel))


def _sent_of(receipt: NewReceipt) -> tuple[str, str]:
    return receipt.event.channel_id, receipt.receipt.provider_message_id


def _failure(event: ClaimedEvent, error_class: str, detail: str, config: BatchConfig) -> Failure:
    wait = wait_before_next(config.retry, event.attempt, config.dice())
    return Failure(
        event=event,
        error_class=error_class,
        detail=detail,
        wait_seconds=None if wait is None else wait.total_seconds(),
    )
