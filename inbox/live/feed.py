"""The live feed of one web process: reads each change once and tells every stream that wants it.

One connection listens, one reads. Being told that there are changes only makes it sooner: the feed
looks once a second anyway, and often while an open transaction holds something back. Whatever
breaks, the streams stay and the feed reads on from where it was. Knows no HTTP.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from math import ceil

import structlog

from domain.api_key import ApiKey
from domain.backoff import Backoff
from domain.errors import Unavailable
from inbox.http.auth import Credential, KeysOf
from inbox.live.event import ACCESS_CHANGED
from inbox.live.metrics import CHANGES, HELD_BACK, STREAMS
from inbox.live.subscriber import Block, Subscriber
from store import notifications
from store.changes import ChangeCursor, OutboxRow, changes_of_all, cursor_of_now
from store.database import Connection
from store.polling import Connect, Notification, keep_listening, wait_for

_LOG = structlog.get_logger(__name__)

MOST_STREAMS = 10_000
_BATCH = 1_000
_AT_A_TIME = 64
_MOST_MENTIONS = 1_000
_SHORTEST_HOLD_SECONDS = 0.01
_LONGEST_HOLD_SECONDS = 0.1
_GATHER_SECONDS = 0.005
_ADMISSION_SECONDS = 1.0
# So many keys take some milliseconds, in which nobody else is answered.
_ADMITTED_TOGETHER = 250


def _always_longest() -> float:
    return 1.0


class Feed:
    """Tells streams what happens to their customer. `random` gives numbers in [0, 1)."""

    def __init__(
        self,
        connect: Connect,
        *,
        random: Callable[[], float] = _always_longest,
        poll_seconds: float = 1.0,
        heartbeat_seconds: float = 20.0,
    ) -> None:
        self.on_presence: Callable[[str], None] = _nobody_asks
        self.on_channels: Callable[[str], None] = _nobody_asks
        self.keys_of: KeysOf = _not_looked_at
        self._connect = connect
        self._random = random
        self._poll_seconds = poll_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._head: ChangeCursor | None = None
        self._streams: defaultdict[int, dict[Subscriber, None]] = defaultdict(dict)
        self._count = 0
        self._woken = asyncio.Event()
        self._mentions: list[tuple[int, bytes]] = []
        self._hold_seconds = _SHORTEST_HOLD_SECONDS
        self._held_since: float | None = None
        self._beat_at = 0.0
        self._beats = 0
        self._is_closed = False

    @property
    def open_streams(self) -> int:
        return self._count

    @property
    def is_ready(self) -> bool:
        return self._head is not None

    def head(self) -> ChangeCursor:
        """Say how far every stream has been told everything.

        Raises: Unavailable before the database was first reached.
        """
        if self._head is None:
            raise Unavailable("the database does not answer")
        return self._head

    def join(self, stream: Subscriber) -> None:
        """Tell a stream what comes behind the head of this moment.

        Raises: Unavailable where there are too many, or the process is about to stop.
        """
        if self._is_closed or self._count >= MOST_STREAMS:
            raise Unavailable("no more streams can be opened here")
        self._count += 1
        self._streams[stream.customer_id][stream] = None
        STREAMS.inc()
        self._woken.set()

    def leave(self, stream: Subscriber) -> None:
        """Forget a stream."""
        own = self._streams[stream.customer_id]
        del own[stream]
        if not own:
            del self._streams[stream.customer_id]
        self._count -= 1
        STREAMS.dec()

    def poke(self) -> None:
        """Say that there may be changes; returns at once."""
        self._woken.set()

    def mention(self, customer_id: int, frame: bytes) -> None:
        """Send all streams of a customer what is of the moment only; returns at once."""
        if customer_id in self._streams and len(self._mentions) < _MOST_MENTIONS:
            self._mentions.append((customer_id, frame))
            self._woken.set()

    def close(self) -> None:
        """End every stream and let no more in: the process is about to stop."""
        self._is_closed = True
        for stream in self._all():
            stream.end()

    async def run(self) -> None:
        """Feed until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._listen())
                group.create_task(self._admit_again())
        finally:
            self.close()

    async def _follow(self) -> None:
        backoff = Backoff(self._random)
        while True:
            try:
                async with await self._connect() as conn:
                    while True:
                        await self._step(conn)
                        backoff.reset()
            except Exception as error:
                _LOG.warning("feed_waits", error_class=type(error).__name__)
            self._beat_when_due()
            await asyncio.sleep(backoff.pause())

    async def _step(self, conn: Connection) -> None:
        """Tell everything that can be told now, then wait for more."""
        self._woken.clear()
        if self._head is None or not self._count:
            now = await cursor_of_now(conn)
            if self._head is None or not self._count:
                self._head = now
                await self._rest(self._poll_seconds)
            return
        found = await changes_of_all(conn, self._head, _BATCH)
        if found.misses(self._head):
            self._head = found.here
            for stream in self._all():
                stream.reset()
        else:
            await self._tell(found.rows, found.read_to)
        await self._tell_mentions()
        self._beat_when_due()
        hold = self._hold(is_held_back=found.is_held_back)
        if not found.has_more:
            await self._rest(self._poll_seconds if hold is None else hold)

    def _hold(self, *, is_held_back: bool) -> float | None:
        """Say how soon to look again for what an open transaction holds back; None without one."""
        if not is_held_back:
            self._held_since = None
            HELD_BACK.set(0)
            return None
        now = asyncio.get_running_loop().time()
        if self._held_since is None:
            self._held_since = now
            self._hold_seconds = _SHORTEST_HOLD_SECONDS
        HELD_BACK.set(now - self._held_since)
        seconds = self._hold_seconds
        self._hold_seconds = min(seconds * 1.2, _LONGEST_HOLD_SECONDS)
        return seconds

    async def _tell(self, rows: Sequence[OutboxRow], read_to: ChangeCursor) -> None:
        """Encode once per customer, write to all of its streams, and let others run in between.

        Who joins meanwhile joins at the new head, and reads what is told here from the outbox.
        """
        by_customer: defaultdict[int, list[OutboxRow]] = defaultdict(list)
        for row in rows:
            if row.customer_id in self._streams:
                by_customer[row.customer_id].append(row)
        told = [
            (Block(own), tuple(self._streams[customer_id]))
            for customer_id, own in by_customer.items()
        ]
        self._head = read_to
        CHANGES.inc(len(rows))
        written = 0
        # Few first: they should not wait for the many.
        for block, streams in sorted(told, key=lambda pair: len(pair[1])):
            for stream in streams:
                stream.tell(block)
                written += 1
                if written % _AT_A_TIME == 0:
                    await asyncio.sleep(0)

    async def _tell_mentions(self) -> None:
        mentions, self._mentions = self._mentions, []
        for customer_id, frame in mentions:
            for number, stream in enumerate(tuple(self._streams.get(customer_id, ())), 1):
                stream.mention(frame)
                if number % _AT_A_TIME == 0:
                    await asyncio.sleep(0)

    async def _rest(self, seconds: float) -> None:
        await wait_for(self._woken, seconds)
        # What comes together is told together.
        await asyncio.sleep(_GATHER_SECONDS)

    def _beat_when_due(self) -> None:
        """Show life on a part of the streams at a time, so that it never takes long."""
        now = asyncio.get_running_loop().time()
        if now < self._beat_at:
            return
        parts = max(1, int(self._heartbeat_seconds))
        self._beat_at = now + self._heartbeat_seconds / parts
        self._beats += 1
        for number, stream in enumerate(self._all()):
            if (number + self._beats) % parts == 0:
                stream.beat()

    async def _admit_again(self) -> None:
        """Look every second what each stream's key may do, at a part of them at a time."""
        while True:
            streams = self._all()
            parts = max(1, ceil(len(streams) / _ADMITTED_TOGETHER))
            for first in range(parts):
                await asyncio.sleep(_ADMISSION_SECONDS / parts)
                await self._admit(streams[first::parts])

    async def _admit(self, given: Sequence[Subscriber]) -> None:
        """End those of these streams whose key may do something else than it could."""
        streams = [stream for stream in given if not stream.is_over]
        try:
            keys = await self.keys_of({stream.credential for stream in streams})
        except Exception as error:
            # Whether a key is still good cannot be seen now; the next round asks again.
            _LOG.info("admission_waits", error_class=type(error).__name__)
            return
        for stream in streams:
            if keys.get(stream.credential) != stream.key:
                stream.mention(ACCESS_CHANGED)
                stream.end()

    async def _listen(self) -> None:
        """Listen to other processes."""
        topics = [
            notifications.listen_changes,
            notifications.listen_presence,
            notifications.listen_channels,
        ]
        await keep_listening(self._connect, topics, self._on_notified, Backoff(self._random))

    def _on_notified(self, notification: Notification) -> None:
        match notification.channel:
            case notifications.PRESENCE:
                self.on_presence(notification.payload)
            case notifications.CHANNELS:
                self.on_channels(notification.payload)
            case _:
                self._woken.set()

    def _all(self) -> list[Subscriber]:
        return [stream for own in self._streams.values() for stream in own]


async def _not_looked_at(_credentials: Collection[Credential]) -> dict[Credential, ApiKey]:
    raise Unavailable("nobody has said who looks at keys")


def _nobody_asks(_payload: str) -> None:
    pass
