"""Has a batch read in a process apart, and finds out which event that process died of.

The worker's side: it sends events in small parts, so that both compute at once, and ends a reader
that gets nowhere. Knows no table.
"""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import structlog

from domain.channel import Channel
from domain.event import ClaimedEvent
from domain.receipt import NewReceipt
from worker.reading.draft import MessageDraft
from worker.reading.event import CannotRead, Channels, Outcome, Unread, unread_because_of
from worker.reading.limits import (
    EXIT_TOOK_TOO_LONG,
    IN_BATCH,
    ISOLATED,
    Limits,
    processor_seconds,
)
from worker.reading.reader import Reader, start_reader
from worker.reading.reader_process import READER_KILLED, TOOK_TOO_LONG
from worker.reading.wire import Question, read_answers, write_question

_LOG = structlog.get_logger(__name__)

_EVENTS_AT_ONCE = 32
_BYTES_AT_ONCE = 1 << 20
_PARTS_IN_FLIGHT = 2
_MOST_DEATHS_WITHOUT_EVENT = 3
_LOOK_SECONDS = 0.25
_DEAF_FACTOR = 2  # how much longer than an event that heeds its limits one has that does not
_LOST = (TOOK_TOO_LONG, READER_KILLED)
_TOO_LONG_ENDS = frozenset({EXIT_TOOK_TOO_LONG, -signal.SIGVTALRM})

Numbered = tuple[int, ClaimedEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderConfig:
    """What processes that read are started with. `registry` names the providers: `module:name`."""

    registry: str = "providers:REGISTRY"
    in_batch: Limits = IN_BATCH
    isolated: Limits = ISOLATED


class ReadersKeepDying(CannotRead):
    """Readers die without reading anything: the machine is to blame, not an event."""


class BatchReader:
    """Reads events in a process apart; `read` is what a batch is told to read with."""

    def __init__(self, registry: str, limits: Limits) -> None:
        self._registry = registry
        self._limits = limits
        self._reader: Reader | None = None
        self._counted = 0

    async def start(self) -> None:
        """Have a process ready, so that the first batch need not wait for it.

        Raises: NoReader.
        """
        if self._reader is None:
            self._reader = await start_reader(self._registry, self._limits)

    async def read(self, claimed: Sequence[ClaimedEvent], channels: Channels) -> list[Outcome]:
        """Read all; what kills or stalls the reader is left unread, its neighbours are not.

        One batch at a time. Raises: ReadersKeepDying, NoReader.
        """
        first = self._counted + 1
        self._counted += len(claimed)
        waiting: dict[int, ClaimedEvent] = dict(enumerate(claimed, first))
        outcomes: dict[int, Outcome] = {}
        deaths_without_event = 0
        while waiting:
            reader = self._reader or await start_reader(self._registry, self._limits)
            self._reader = reader
            try:
                await self._exchange(reader, waiting, channels, outcomes)
            except (OSError, asyncio.IncompleteReadError):
                self._reader = None
                number, unread = await _end_of(reader)
                if number in waiting:
                    del waiting[number]
                    outcomes[number] = unread
                    deaths_without_event = 0
                    continue
                deaths_without_event += 1
                if deaths_without_event == _MOST_DEATHS_WITHOUT_EVENT:
                    raise ReadersKeepDying from None
        return [outcomes[number] for number in range(first, first + len(claimed))]

    async def read_twice(
        self, claimed: Sequence[ClaimedEvent], channels: Channels
    ) -> list[Outcome]:
        """Read again what was lost once: memory may have been short, or somebody killed the reader.

        Raises: as `read` does.
        """
        outcomes = await self.read(claimed, channels)
        if any(outcome in _LOST for outcome in outcomes):
            return await self.read(claimed, channels)
        return outcomes

    async def close(self) -> None:
        """End the process."""
        if self._reader is not None:
            await self._reader.end()
            self._reader = None

    async def _exchange(
        self,
        reader: Reader,
        waiting: dict[int, ClaimedEvent],
        channels: Channels,
        outcomes: dict[int, Outcome],
    ) -> None:
        """Send what waits, part by part, and take out what is answered."""
        parts = list(_parts(waiting))
        watching = asyncio.create_task(self._watch(reader, waiting))
        sent = 0
        try:
            for nth, part in enumerate(parts):
                while sent < min(nth + _PARTS_IN_FLIGHT, len(parts)):
                    reader.send(write_question(_question(parts[sent], channels)))
                    sent += 1
                answers = read_answers(await reader.receive())
                for (number, event), answer in zip(part, answers, strict=True):
                    outcomes[number] = _checked(answer, event)
                    del waiting[number]
        except asyncio.CancelledError:
            # Answers that nobody takes would be taken for those to the next questions.
            reader.kill()
            raise
        finally:
            watching.cancel()

    async def _watch(self, reader: Reader, waiting: dict[int, ClaimedEvent]) -> None:
        """End a reader that gets nowhere and does not heed its own limits.

        Its processor time counts, not the clock: a machine that is busy or paused blames nobody.
        """
        limits = self._limits
        before, blocked, computed_before = -1, 0.0, 0.0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            number, computed = reader.current_number, processor_seconds(reader.pid)
            event = waiting.get(number)
            if event is None or number != before:
                before, blocked, computed_before = number, 0.0, computed
                continue
            blocked += _LOOK_SECONDS
            allowance = limits.allowance(event.size_bytes)
            if (
                computed - computed_before > _DEAF_FACTOR * limits.cpu_seconds + allowance
                or blocked > _DEAF_FACTOR * limits.blocked_seconds + allowance
            ):
                reader.has_stalled = True
                reader.kill()
                return


async def _end_of(reader: Reader) -> tuple[int, Unread]:
    """Return the number of the event that a reader died of, or 0."""
    exit_code = await reader.end()
    is_too_long = reader.has_stalled or exit_code in _TOO_LONG_ENDS
    unread = TOOK_TOO_LONG if is_too_long else READER_KILLED
    _LOG.warning("reader_died", error_class=unread.error_class, exit_code=exit_code)
    return reader.current_number, unread


def _parts(waiting: dict[int, ClaimedEvent]) -> Iterator[list[Numbered]]:
    part: list[Numbered] = []
    size = 0
    for number, event in waiting.items():
        if part and (len(part) == _EVENTS_AT_ONCE or size + event.size_bytes > _BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append((number, event))
        size += event.size_bytes
    if part:
        yield part


def _question(part: Sequence[Numbered], channels: Channels) -> Question:
    indexes: dict[tuple[int, str], int] = {}
    events: list[tuple[int, int, ClaimedEvent]] = []
    for number, event in part:
        index = indexes.setdefault((event.customer_id, event.channel_id), len(indexes))
        events.append((number, index, event))
    return Question(channels=[_harmless(channels[key]) for key in indexes], events=events)


def _harmless(channel: Channel) -> Channel:
    """Keep from a reader what it has no use for."""
    return replace(channel, token="", secrets=(), credential=None)


def _checked(answer: Outcome | msgspec.ValidationError, event: ClaimedEvent) -> Outcome:
    """Take an answer only where it is about the event that was asked about."""
    if isinstance(answer, msgspec.ValidationError):
        return unread_because_of(answer)
    if isinstance(answer, MessageDraft | NewReceipt) and answer.event.id != event.id:
        return unread_because_of(LookupError())
    return answer
