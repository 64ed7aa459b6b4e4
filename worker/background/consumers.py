"""Runs the consumers of the outbox: each reads on from its own cursor, batch by batch, in order.

What a consumer writes and its cursor commit together, so each change counts once. Any number of
workers may run it, one at a time does. Whatever breaks, it goes on: an outage is waited out, and a
change that cannot be done is narrowed down and set aside. Knows no consumer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from domain.backoff import Backoff
from store.changes import OutboxRow, changes_of_all
from store.consumers import (
    add_consumer,
    advance_consumer,
    find_consumer,
    hold_consumer,
    is_off,
    note_on,
    set_aside,
    take_turn,
)
from store.database import Connection
from store.faults import fault_of
from store.notifications import listen_changes
from store.polling import Connect, keep_listening, wait_for, wake_at
from worker.background.repeating import half, repeat_connected

_LOG = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_HELD_BACK_SECONDS = 0.05
_CONTENTION_PAUSE_SECONDS = 0.1
_SHORTEST_REST_SECONDS = 1.0
_LONGEST_REST_SECONDS = 5.0
_REST_PER_SECOND = 8.0

Write = Callable[[Connection], Awaitable[None]]
Handle = Callable[[Connection, Sequence[OutboxRow]], Awaitable[Write]]


async def write_nothing(_conn: Connection) -> None:
    """Write nothing: there is nothing to do about these changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Somebody who follows the outbox. `name` is that of its cursor.

    `handle` is given changes of any customers in order; it reads, computes as long as it needs, off
    the event loop, and returns what writes. That runs in the transaction that advances the cursor,
    and all who follow the outbox wait for it: it should take some ten milliseconds. A change may
    come again whose transaction failed. Whoever `rests` does so after each batch, so that it works
    for a ninth of the time at most and has more at once the next time.
    """

    name: str
    handle: Handle
    batch_size: int = 200
    rests: bool = False


async def run_consumers(
    connect: Connect,
    consumers: Sequence[Consumer],
    stop: asyncio.Event,
    *,
    random: Callable[[], float] = half,
) -> None:
    """Let every consumer follow until told to stop; what is in hand is finished first."""
    woken = [asyncio.Event() for _ in consumers]
    listening = asyncio.create_task(_listen(connect, woken, Backoff(random)))
    stopping = asyncio.create_task(wake_at(stop, *woken))
    try:
        await asyncio.gather(
            *(
                _follow(connect, consumer, its_news, stop, random)
                for consumer, its_news in zip(consumers, woken, strict=True)
            )
        )
    finally:
        listening.cancel()
        stopping.cancel()
        await asyncio.gather(listening, stopping, return_exceptions=True)


async def drain_consumer(conn: Connection, consumer: Consumer) -> int:
    """Let a consumer do all that can be read now; return how many changes it was given."""
    follower = Follower(consumer)
    while (await follower.step(conn)).has_more:
        pass
    return follower.done


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch left: more to do at once, or more that an open transaction holds back."""

    has_more: bool
    is_held_back: bool = False


class Follower:
    """One consumer at work. `done` and `set_aside` count changes since the start."""

    def __init__(self, consumer: Consumer) -> None:
        self.done = 0
        self.set_aside = 0
        self._consumer = consumer
        self._is_on = False
        self._limit = consumer.batch_size

    async def step(self, conn: Connection) -> Step:
        """Do one batch, or a smaller one after a failure.

        Raises: DatabaseError or OSError when Postgres is away.
        """
        name = self._consumer.name
        if not self._is_on:
            if await is_off(conn, name):
                await note_on(conn, name)
            self._is_on = True
        after = await find_consumer(conn, name)
        if after is None:
            await add_consumer(conn, name)
            return Step(True)
        # A look without a transaction, so that an idle consumer holds nobody back.
        waiting = await changes_of_all(conn, after, 1)
        if not waiting.rows:
            return Step(False, waiting.is_held_back)
        given: Sequence[OutboxRow] = ()
        try:
            async with conn.transaction():
                turn = await take_turn(conn, name)
                if turn is None:
                    return Step(False)
                found = await changes_of_all(conn, turn, self._limit)
                given = found.rows
                write = await self._consumer.handle(conn, given) if given else None
                if await hold_consumer(conn, name) != turn:
                    return Step(False, is_held_back=True)
                if write is not None:
                    await write(conn)
                await advance_consumer(conn, name, found.read_to)
        except Exception as error:
            await self._narrow(conn, given, error)
            return Step(True)
        self.done += len(given)
        self._limit = min(self._limit * 2, self._consumer.batch_size)
        return Step(found.has_more, found.is_held_back)

    async def _narrow(self, conn: Connection, given: Sequence[OutboxRow], error: Exception) -> None:
        """Halve the batch, or set the one change aside that is left.

        Raises: the error, where the database is to blame.
        """
        fault = fault_of(error, conn)
        if fault == "outage":
            raise error
        error_class = type(error).__name__
        _LOG.warning(
            "consumer_failed",
            consumer=self._consumer.name,
            error_class=error_class,
            changes=len(given),
        )
        if fault == "contention" or not given:
            await asyncio.sleep(_CONTENTION_PAUSE_SECONDS)
        elif len(given) > 1:
            self._limit = len(given) // 2
        else:
            await self._set_aside(conn, given[0], error_class)

    async def _set_aside(self, conn: Connection, row: OutboxRow, error_class: str) -> None:
        """Pass over a change that cannot be done, if nobody else has done it meanwhile."""
        name = self._consumer.name
        async with conn.transaction():
            held = await hold_consumer(conn, name)
            if held is None or held >= row.cursor:
                return
            await advance_consumer(conn, name, row.cursor)
            await set_aside(conn, name, row, error_class)
        self.set_aside += 1
        _LOG.error(
            "change_set_aside",
            consumer=name,
            xid=row.xid,
            seq=row.seq,
            type=row.type,
            error_class=error_class,
        )


def rest_after(seconds: float) -> float:
    """Say how many seconds a consumer rests that was at work for so long."""
    return min(max(seconds * _REST_PER_SECOND, _SHORTEST_REST_SECONDS), _LONGEST_REST_SECONDS)


async def _follow(
    connect: Connect,
    consumer: Consumer,
    woken: asyncio.Event,
    stop: asyncio.Event,
    random: Callable[[], float],
) -> None:
    follower = Follower(consumer)
    loop = asyncio.get_running_loop()

    async def step(conn: Connection) -> float:
        began, before = loop.time(), follower.done
        done = await follower.step(conn)
        if consumer.rests and follower.done > before:
            await wait_for(stop, rest_after(loop.time() - began))
        if done.has_more:
            return 0.0
        return _HELD_BACK_SECONDS if done.is_held_back else _POLL_SECONDS

    await repeat_connected(step, connect, stop, random=random, woken=woken, consumer=consumer.name)


async def _listen(connect: Connect, woken: Sequence[asyncio.Event], backoff: Backoff) -> None:
    def wake_all(_notification: object) -> None:
        for event in woken:
            event.set()

    await keep_listening(connect, [listen_changes], wake_all, backoff)
