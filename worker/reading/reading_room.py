"""Has a batch read in a process apart, and finds out who is to blame when that process dies.

The worker's side of the line: it sends events in small parts, so that both compute at once, and
kills a reader that gets nowhere. Knows no table.
"""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec
import structlog

from domain.channel import Channel
from domain.event import ClaimedEvent
from store.receipts import NewReceipt
from worker.reading.draft import MessageDraft
from worker.reading.event import CannotRead, Channels, Outcome, Unread, unread_because_of
from worker.reading.limits import EXIT_TOOK_TOO_LONG, processor_seconds
from worker.reading.nursery import Nursery, Place
from worker.reading.reader_process import READER_KILLED, TOOK_TOO_LONG
from worker.reading.wire import HEAD_BYTES, Question, read_answers, write_question

_LOG = structlog.get_logger(__name__)

_EVENTS_AT_ONCE = 32
_BYTES_AT_ONCE = 1 << 20
_PARTS_ON_THE_WAY = 2
_MOST_DEATHS_OF_NOBODY = 3
_LOOK_SECONDS = 0.25
_DEAF_FACTOR = 2  # how much longer than an event that heeds its limits one has that does not
_LOST = (TOOK_TOO_LONG, READER_KILLED)
_TOO_LONG_ENDS = frozenset({EXIT_TOOK_TOO_LONG, -signal.SIGVTALRM})

Numbered = tuple[int, ClaimedEvent]


class ReadersKeepDying(CannotRead):
    """Readers die without reading anything: the machine is to blame, not an event."""


class ReadingRoom:
    """Reads events in a process apart; `read` is what a batch is told to read with."""

    def __init__(self, nursery: Nursery, place: Place) -> None:
        self._nursery = nursery
        self._place: Place = place
        self._line: _Line | None = None
        self._counted = 0

    async def read(self, claimed: Sequence[ClaimedEvent], channels: Channels) -> list[Outcome]:
        """Read all; what kills or stalls the reader is left unread, its neighbours are not.

        In a batch that says only that it is to be read alone; alone, that it did so twice: once
        proves nothing, for memory may have been short, or somebody killed the reader.

        One batch at a time. Raises: ReadersKeepDying, NurseryGone.
        """
        outcomes = await self._read_once(claimed, channels)
        if self._place == "all_alone" and any(outcome in _LOST for outcome in outcomes):
            return await self._read_once(claimed, channels)
        return outcomes

    def close(self) -> None:
        """Hang up; the reader then ends."""
        if self._line is not None:
            self._line.close()
            self._line = None

    async def _read_once(
        self, claimed: Sequence[ClaimedEvent], channels: Channels
    ) -> list[Outcome]:
        first = self._counted + 1
        self._counted += len(claimed)
        waiting: dict[int, ClaimedEvent] = dict(enumerate(claimed, first))
        outcomes: dict[int, Outcome] = {}
        deaths_of_nobody = 0
        while waiting:
            line = self._line or await self._open(0)
            try:
                await self._exchange(line, waiting, channels, outcomes)
            except (OSError, asyncio.IncompleteReadError):
                number, unread = await self._bury(line)
                if number in waiting:
                    del waiting[number]
                    outcomes[number] = unread
                    deaths_of_nobody = 0
                    continue
                deaths_of_nobody += 1
                if deaths_of_nobody == _MOST_DEATHS_OF_NOBODY:
                    raise ReadersKeepDying from None
        return [outcomes[number] for number in range(first, first + len(claimed))]

    async def _open(self, old_pid: int) -> "_Line":
        reader = await self._nursery.replace(self._place, old_pid)
        streams = await asyncio.open_connection(sock=reader.line, limit=4 * _BYTES_AT_ONCE)
        self._line = _Line(reader.pid, reader.end_of_last, *streams)
        return self._line

    async def _bury(self, line: "_Line") -> tuple[int, Unread]:
        """Take a new reader; return the number of the event the old one died of, or 0."""
        number = self._nursery.mark(self._place)
        self.close()
        new = await self._open(line.pid)
        is_too_long = line.has_stalled or new.end_of_last in _TOO_LONG_ENDS
        unread = TOOK_TOO_LONG if is_too_long else READER_KILLED
        _LOG.warning("reader_died", error_class=unread.error_class, exit_code=new.end_of_last)
        return number, unread

    async def _exchange(
        self,
        line: "_Line",
        waiting: dict[int, ClaimedEvent],
        channels: Channels,
        outcomes: dict[int, Outcome],
    ) -> None:
        """Send what waits, part by part, and take out what is answered."""
        parts = list(_parts(waiting))
        watching = asyncio.create_task(self._watch(line, waiting))
        sent = 0
        try:
            for nth, part in enumerate(parts):
                while sent < min(nth + _PARTS_ON_THE_WAY, len(parts)):
                    line.send(write_question(_question(parts[sent], channels)))
                    sent += 1
                answers = read_answers(await line.receive())
                for (number, event), answer in zip(part, answers, strict=True):
                    outcomes[number] = _checked(answer, event)
                    del waiting[number]
        except asyncio.CancelledError:
            # Answers that nobody takes would be taken for those to the next questions.
            self.close()
            raise
        finally:
            watching.cancel()

    async def _watch(self, line: "_Line", waiting: dict[int, ClaimedEvent]) -> None:
        """Cut the line to a reader that gets nowhere and does not heed its own limits.

        Its processor time counts, not the clock: a machine that is busy or paused blames nobody.
        """
        limits = self._nursery.limits[self._place]
        before, blocked, computed_before = -1, 0.0, 0.0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            number, computed = self._nursery.mark(self._place), processor_seconds(line.pid)
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
                line.has_stalled = True
                line.close()
                return


class _Line:
    """The connection to one reader."""

    def __init__(
        self,
        pid: int,
        end_of_last: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.pid = pid
        self.end_of_last = end_of_last
        self.has_stalled = False
        self._reader = reader
        self._writer = writer

    def send(self, frame: bytes) -> None:
        self._writer.write(frame)

    async def receive(self) -> bytes:
        head = await self._reader.readexactly(HEAD_BYTES)
        return await self._reader.readexactly(int.from_bytes(head, "big"))

    def close(self) -> None:
        with suppress(OSError):
            self._writer.transport.abort()


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
