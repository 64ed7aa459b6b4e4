"""People at the inbox: their own process, raw sockets, one stream and one connection for each.

Everybody thinks, takes a step, waits for the answer and thinks again, by the API or at the page.
The page does more by itself: it asks for what the stream says has changed, and says who is here.
They share two cores with what they measure, so nothing is parsed that need not be.
"""

import asyncio
import gc
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from random import Random
from time import perf_counter, process_time

import msgspec
import uvloop

from app.clock import utc_now
from app.descriptor_limit import raise_descriptor_limit
from bench.child import serve_one
from bench.messages import sms
from bench.people_connections import Connection, Stream, TakesAll
from bench.people_requests import STEPS, Desk, Kind, Person
from bench.processor_time import cpu_seconds_of, resident_bytes_of

_OPENED_PER_SECOND = 200.0
_SETTLE_SECONDS = 5.0
# As `inbox/page/static/live.js` and `presence.js` have them.
_ROWS_EVERY_SECONDS = 0.1
_COUNTS_EVERY_SECONDS = 2.0
_PRESENCE_SECONDS = 20.0
_MOST_IDS = 50
_BESIDE_A_THREAD: tuple[Kind, ...] = ("side panel", "read mark", "presence")
_CHANGED = re.compile(rb'"conversation_id":"([0-9a-f-]{36})"')
_KINDS: list[Kind] = [kind for kind, _ in STEPS]
_WEIGHTS = [weight for _, weight in STEPS]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """So many people of so many customers; `writers` text to them as often as they reply."""

    host: str
    port: int
    provider_port: int
    customers: int
    people: int
    conversations: list[str]
    words: list[str]
    writers: int
    think_seconds: float
    seconds: float
    seed: str
    is_page: bool
    web_pid: int
    pids: list[int]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that each kind took in the measured time, and processor seconds of both sides.

    `opened` are the streams of the beginning, when everybody comes.
    """

    taken: dict[str, list[float]]
    opened: list[float]
    failed: dict[str, int]
    seconds: float
    server_cpu: float
    web_cpu: float
    own_cpu: float
    events: int
    person_bytes: float


def main() -> None:
    """Do the job on stdin."""
    serve_one(Job, _prepare)


def _prepare(job: Job) -> Callable[[], Result]:
    raise_descriptor_limit()

    def work() -> Result:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_measure(job))

    return work


class _Office:
    """What all sessions share, and what is written down."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.rng = Random(job.seed)
        self.loop = asyncio.get_running_loop()
        self.taken: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self.opened = array("d")
        self.failed: Counter[str] = Counter()
        self.events = 0
        self.is_measuring = False

    def note(self, kind: str, seconds: float, *, is_good: bool) -> None:
        if not is_good:
            self.failed[kind] += 1
        elif self.is_measuring:
            self.taken[kind].append(seconds)


class _Session:
    """One person: their stream, their connection, and what comes next."""

    __slots__ = (
        "_are_rows_asked", "_changed", "_counts_at", "_office", "_person", "_stream", "connection"
    )  # fmt: skip

    def __init__(self, office: _Office, person: Person) -> None:
        self.connection = Connection(office, office.job.host, office.job.port)
        self._office = office
        self._person = person
        self._stream: Stream | None = None
        self._changed: dict[bytes, None] = {}
        self._are_rows_asked = False
        self._counts_at = 0.0

    def enter(self) -> None:
        """Open the page for the first time."""
        self._open_stream()
        if self._office.job.is_page:
            self._say_here()

    def _open_stream(self) -> None:
        if self._stream:
            self._stream.close()
        address = (self._office.job.host, self._office.job.port)
        self._stream = Stream(address, self._person.step("stream"), self._hear, self._opened)

    def _opened(self, seconds: float, is_good: bool) -> None:
        office = self._office
        if is_good and not office.is_measuring:
            office.opened.append(seconds)
        office.note("stream", seconds, is_good=is_good)
        self._think()

    def _think(self) -> None:
        office = self._office
        office.loop.call_later(office.rng.expovariate(1 / office.job.think_seconds), self._step)

    def _step(self) -> None:
        kind = self._office.rng.choices(_KINDS, _WEIGHTS)[0]
        if kind == "stream":
            self._open_stream()
            return
        self.connection.ask(kind, self._person.step(kind), self._think)
        if kind == "thread" and self._office.job.is_page:
            for other in _BESIDE_A_THREAD:
                self.connection.ask(other, self._person.step(other))

    def _hear(self, data: bytes, events: int) -> None:
        """Let the page ask for the rows that have changed, and for the counts."""
        office = self._office
        office.events += events
        found = _CHANGED.findall(data) if office.job.is_page else ()
        if not found:
            return
        self._changed.update(dict.fromkeys(found))
        now = perf_counter()
        if not self._are_rows_asked:
            self._are_rows_asked = True
            office.loop.call_later(_ROWS_EVERY_SECONDS, self._ask_for_rows)
        if now >= self._counts_at:
            self._counts_at = now + _COUNTS_EVERY_SECONDS
            self.connection.ask("counts", self._person.step("counts"))

    def _ask_for_rows(self) -> None:
        ids = [found.decode() for found in list(self._changed)[:_MOST_IDS]]
        self._changed.clear()
        self.connection.ask("changed rows", self._person.rows(ids), self._take_rows)

    def _take_rows(self) -> None:
        self._are_rows_asked = bool(self._changed)
        if self._changed:
            self._ask_for_rows()

    def _say_here(self) -> None:
        self.connection.ask("presence", self._person.step("presence"))
        self._office.loop.call_later(_PRESENCE_SECONDS, self._say_here)


async def _measure(job: Job) -> Result:
    """Let everybody in, wait until they take their steps evenly, and measure."""
    office = _Office(job)
    await office.loop.create_server(TakesAll, job.host, job.provider_port)
    desk = Desk(
        host=f"{job.host}:{job.port}",
        is_page=job.is_page,
        conversations=job.conversations,
        words=job.words,
    )
    sessions = [
        _Session(
            office,
            Person(desk, number % job.customers + 1, number // job.customers + 1, office.rng),
        )
        for number in range(job.people)
    ]
    gc.freeze()
    gc.disable()
    memory = resident_bytes_of(job.web_pid)
    for number, session in enumerate(sessions):
        office.loop.call_later(number / _OPENED_PER_SECOND, session.enter)
    texts = office.loop.create_task(_write_texts(office))
    await asyncio.sleep(job.people / _OPENED_PER_SECOND + _SETTLE_SECONDS)
    memory = resident_bytes_of(job.web_pid) - memory
    office.is_measuring, events, began = True, office.events, perf_counter()
    before = _processor_times(job)
    await asyncio.sleep(job.seconds)
    servers, web, own = (
        now - then for now, then in zip(_processor_times(job), before, strict=True)
    )
    ended = perf_counter()
    for session in sessions:
        session.connection.give_up(ended)
    texts.cancel()
    return Result(
        taken={kind: list(seconds) for kind, seconds in office.taken.items()},
        opened=list(office.opened),
        failed=dict(office.failed),
        seconds=ended - began,
        server_cpu=servers,
        web_cpu=web,
        own_cpu=own,
        events=office.events - events,
        person_bytes=memory / job.people,
    )


def _processor_times(job: Job) -> tuple[float, float, float]:
    return cpu_seconds_of(job.pids), cpu_seconds_of([job.web_pid]), process_time()


async def _write_texts(office: _Office) -> None:
    """Let a text come in for each reply that goes out."""
    job = office.job
    replies_per_second = job.people * dict(STEPS)["reply"] / sum(_WEIGHTS) / job.think_seconds
    connection = Connection(office, job.host, job.port)
    while True:
        await asyncio.sleep(office.rng.expovariate(replies_per_second))
        connection.ask("text in", _text(office))


def _text(office: _Office) -> bytes:
    job, rng = office.job, office.rng
    customer_id = rng.randrange(job.customers) + 1
    token = "bench-channel-0006" + (f"-{customer_id}" if customer_id > 1 else "")
    body = sms(
        rng.randbytes(16).hex(),
        rng.randrange(job.writers),
        rng.randrange(10**9),
        utc_now().isoformat(),
    )
    head = (
        f"POST /webhooks/generic/{token} HTTP/1.1\r\nHost: {job.host}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
