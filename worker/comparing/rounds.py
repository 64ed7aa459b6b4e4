"""Which rows are compared when: some every minute, all of them at night, a customer's when asked.

Every minute: what differed before, then rows that were written lately, by whomever, then a piece of
the walk through all rows; each within its share of the minute, and in steps, so that other chores
wait for none. What is done about a difference is the part's.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import structlog

from domain.where_raised import where_raised
from store.comparisons import find_last_night, forget_runs
from store.customers import list_customers
from store.database import Connection
from store.derived_rows import Walk, conversations_of, list_noted, next_rows, next_walk, note_walk
from store.faults import fault_of
from store.written_lately import scan_on
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps
from worker.comparing.conversations import CONVERSATIONS
from worker.comparing.look import Looking
from worker.comparing.parts import ALL_PARTS

_LOG = structlog.get_logger(__name__)

_SCAN_SECONDS = 0.2  # of each table
_WALK_SECONDS = 0.1  # of each part
_NIGHT = range(1, 5)  # hours of UTC
_A_DAY = timedelta(hours=20)
_REST = 3.0  # so many times as long as a step took nothing is done at night
_LONGEST_REST = 1.0
_FORGOTTEN_AT_ONCE = 1_000


async def compare_some(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Look at some rows of each part; each step says how many differed."""
    for part in ALL_PARTS:
        looking = Looking(part=part, reason="minute", began_at=now, mends=config.mends_derived)
        try:
            for steps in (_again, _lately, _on):
                async for differing in steps(conn, looking, config):
                    yield differing
        except Exception as error:
            # The other parts have their turn all the same.
            if fault_of(error, conn) == "outage":
                raise
            _LOG.error(
                "part_not_compared",
                part=part.name,
                error_class=type(error).__name__,
                where=where_raised(error),
            )
        if looking.seen:
            await looking.keep(conn, config)
    await forget_runs(conn, _FORGOTTEN_AT_ONCE)


async def compare_at_night(conn: Connection, now: datetime, config: BackgroundConfig) -> Steps:
    """Look at all rows of all customers, once a night."""
    at, last = await find_last_night(conn)
    if now.hour in _NIGHT and (last is None or at - last > _A_DAY):
        customer_ids = [customer.id for customer in await list_customers(conn)]
        for part in ALL_PARTS:
            looking = Looking(part=part, reason="night", began_at=now, mends=config.mends_derived)
            for customer_id in customer_ids:
                async for differing in _through(conn, looking, config, customer_id):
                    yield differing
                    await asyncio.sleep(min(_LONGEST_REST, _REST * looking.last_seconds))
            await looking.keep(conn, config)


async def compare_customer(
    conn: Connection,
    config: BackgroundConfig,
    customer_id: int,
    *,
    mends: bool,
    progress: Callable[[int], None] = lambda seen: None,
) -> list[Looking]:
    """Look at all rows of a customer, their messages read again too; say what each part came to."""
    done: list[Looking] = []
    seen = 0
    for part in ALL_PARTS:
        looking = Looking(
            part=part,
            reason="asked",
            began_at=config.clock(),
            mends=mends,
            customer_id=customer_id,
        )
        async for _ in _through(conn, looking, config, customer_id):
            progress(seen + looking.seen)
        seen += looking.seen
        await looking.keep(conn, config)
        done.append(looking)
    return done


async def _again(conn: Connection, looking: Looking, config: BackgroundConfig) -> Steps:
    """Look at what differed before; go on while many were mended at once."""
    part = looking.part
    noted, differing = [(0, "")], 0
    while noted and not differing:
        noted, differing = await list_noted(conn, part.name, part.at_once), 0
        for customer_id, rows in groupby(noted, key=itemgetter(0)):
            ids = [row[1] for row in rows]
            differing += await looking.look_at(conn, config, customer_id, ids)
        yield differing


async def _lately(conn: Connection, looking: Looking, config: BackgroundConfig) -> Steps:
    """Look at what was written lately, table by table."""
    for table in looking.part.tables:
        until = config.clock() + timedelta(seconds=_SCAN_SECONDS)
        is_over = False
        while not is_over and config.clock() < until:
            scanned = await scan_on(conn, table)
            is_over = scanned.is_round_over
            for customer_id, group in groupby(sorted(set(scanned.rows)), key=itemgetter(0)):
                ids = [row.id for row in group]
                for some in _portions(ids, looking.part.at_once):
                    yield await looking.look_at(conn, config, customer_id, some)
                if table == "messages":
                    places = await conversations_of(conn, customer_id, ids)
                    yield await _look_at_places(conn, looking, config, customer_id, places)


async def _on(conn: Connection, looking: Looking, config: BackgroundConfig) -> Steps:
    """Go on with the walk through all rows, customer by customer, once round at most."""
    part = looking.part
    until = config.clock() + timedelta(seconds=_WALK_SECONDS)
    finished: set[int] = set()
    is_first = True
    while is_first or config.clock() < until:
        is_first = False
        walk = await next_walk(conn, part.name)
        if walk.customer_id in finished:
            return
        ids = await next_rows(conn, part.name, walk, part.at_once)
        looking.walk_over(ids)
        yield await looking.look_at(conn, config, walk.customer_id, ids, is_walk=True)
        await note_walk(conn, part.name, Walk(walk.customer_id, ids[-1] if ids else None))
        if not ids:
            finished.add(walk.customer_id)


async def _through(
    conn: Connection, looking: Looking, config: BackgroundConfig, customer_id: int
) -> Steps:
    """Look at all rows of a customer."""
    walk = Walk(customer_id, None)
    while ids := await next_rows(conn, looking.part.name, walk, looking.part.at_once):
        looking.walk_over(ids)
        is_walk = looking.reason == "night"
        yield await looking.look_at(conn, config, customer_id, ids, is_walk=is_walk)
        walk = Walk(customer_id, ids[-1])


async def _look_at_places(
    conn: Connection,
    looking: Looking,
    config: BackgroundConfig,
    customer_id: int,
    conversation_ids: Sequence[str],
) -> int:
    """Look at the conversations of messages that were written lately."""
    places = Looking(
        part=CONVERSATIONS, reason=looking.reason, began_at=looking.began_at, mends=looking.mends
    )
    differing = 0
    for some in _portions(conversation_ids, CONVERSATIONS.at_once):
        differing += await places.look_at(conn, config, customer_id, some)
    if places.wrong:
        await places.keep(conn, config)
    return differing


def _portions(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]
