"""Does what is due by the clock, beside the main loop: wakes what is snoozed, renews, forgets.

Any number of workers may do this at once: whoever moves a chore's time on does it, and a row that
is woken is held by whoever wakes it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import structlog

from domain.actor import Actor
from domain.where_raised import where_raised
from store.audit import AuditEntry, record_audit
from store.chores import begin_chores, end_chore
from store.database import Connection
from store.faults import fault_of
from store.planner_statistics import count_dead_rows, vacuum_queue
from store.snoozing import find_next_wake, wake_snoozed
from worker.background.file_forgetting import collect_files
from worker.background.file_moving import move_files
from worker.background.mail_cleaning import renew_clean_mail
from worker.background.repeating import BackgroundConfig, repeat_connected
from worker.background.retention import (
    Steps,
    forget_answers,
    forget_changes,
    forget_given_up,
    forget_received,
    forget_refused,
    forget_reports,
    forget_told,
)
from worker.background.rollups import rebuild_rollups
from worker.background.switching import catch_up
from worker.comparing.rounds import compare_at_night, compare_some

_LOG = structlog.get_logger(__name__)

_AT_ONCE = 200
_MOST_DEAD_ROWS = 5_000
_LONGEST_SLEEP = timedelta(seconds=1)
_SHORTEST_SLEEP = timedelta(milliseconds=10)


async def run_chores(
    config: BackgroundConfig, stop: asyncio.Event, chores: Mapping[str, "Chore"] | None = None
) -> None:
    """Do chores until told to stop; the step in hand is finished first."""
    doing = Chores(config, CHORES if chores is None else chores)
    await repeat_connected(doing.step, config.connect, stop, random=config.random)


async def tidy_queue(conn: Connection, _now: datetime, _config: BackgroundConfig) -> Steps:
    """Clear the queue's dead rows sooner than autovacuum does: claims would walk over them."""
    dead = await count_dead_rows(conn)
    if dead >= _MOST_DEAD_ROWS:
        await vacuum_queue(conn)
    yield dead if dead >= _MOST_DEAD_ROWS else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do every so many seconds, by one worker, in steps that say what they did."""

    every_seconds: float
    steps: Callable[[Connection, datetime, BackgroundConfig], Steps]


CHORES: Mapping[str, Chore] = {
    "tidy_queue": Chore(every_seconds=15, steps=tidy_queue),
    "compare_derived": Chore(every_seconds=60, steps=compare_some),
    "renew_clean_mail": Chore(every_seconds=10, steps=renew_clean_mail),
    "rebuild_rollups": Chore(every_seconds=5, steps=rebuild_rollups),
    "forget_answers": Chore(every_seconds=60, steps=forget_answers),
    "forget_changes": Chore(every_seconds=60, steps=forget_changes),
    "forget_events": Chore(every_seconds=300, steps=forget_received),
    "forget_dead_letters": Chore(every_seconds=300, steps=forget_given_up),
    "forget_quarantined": Chore(every_seconds=300, steps=forget_refused),
    "forget_told": Chore(every_seconds=300, steps=forget_told),
    "forget_reports": Chore(every_seconds=3600, steps=forget_reports),
}
# These may take minutes, so nothing else is done between them.
LONG_CHORES: Mapping[str, Chore] = {
    "catch_up": Chore(every_seconds=10, steps=catch_up),
    "compare_all": Chore(every_seconds=900, steps=compare_at_night),
}
# What is asked of providers has a loop of its own: app/work.py makes it of what it takes.
RECONCILE, LOOK_UP = "reconcile", "look_up"
ASKING_SECONDS: Mapping[str, float] = {RECONCILE: 20, LOOK_UP: 10}
# These wait for a store that may be slow or away, so nothing else is done between them.
FILE_CHORES: Mapping[str, Chore] = {
    "move_files": Chore(every_seconds=5, steps=move_files),
    "collect_files": Chore(every_seconds=3600, steps=collect_files),
}


@dataclass(slots=True, kw_only=True)
class _AtHand:
    """The chore that is being done, over which connection, and what it has done so far."""

    name: str
    steps: Steps
    conn: Connection
    began: datetime
    rows: int = 0


class Chores:
    """One worker's chores."""

    def __init__(self, config: BackgroundConfig, chores: Mapping[str, Chore] = CHORES) -> None:
        self._config = config
        self._chores = chores
        self._every = {name: chore.every_seconds for name, chore in chores.items()}
        self._due: list[tuple[str, datetime]] = []
        self._at_hand: _AtHand | None = None

    async def step(self, conn: Connection) -> float:
        """Do one step of what is due; return how many seconds there is nothing to do."""
        now = self._config.clock()
        while await self._wake(conn, now) == _AT_ONCE:
            pass
        if self._at_hand is None and not self._due:
            self._due = await begin_chores(conn, self._every)
        if await self._go_on(conn, now):
            return 0.0
        waking_at = await find_next_wake(conn)
        sleep = _LONGEST_SLEEP if waking_at is None else waking_at - self._config.clock()
        return min(max(sleep, _SHORTEST_SLEEP), _LONGEST_SLEEP).total_seconds()

    async def _wake(self, conn: Connection, now: datetime) -> int:
        async with conn.transaction():
            woken = await wake_snoozed(conn, now, _AT_ONCE)
            for customer_id, group in groupby(woken, key=itemgetter(0)):
                entries = [
                    AuditEntry(
                        id=self._config.new_id(),
                        action="conversation.woke",
                        conversation_id=conversation_id,
                    )
                    for _, conversation_id in group
                ]
                await record_audit(conn, Actor(customer_id=customer_id), entries)
        if woken:
            self._config.on_commit()
        return len(woken)

    async def _go_on(self, conn: Connection, now: datetime) -> bool:
        """Do a step of the chore at hand, or begin the next; False when nothing is due."""
        at_hand = self._at_hand
        if at_hand is None or at_hand.conn is not conn:
            if at_hand is not None:
                await at_hand.steps.aclose()
            self._at_hand = self._begin(conn, now)
            return self._at_hand is not None
        try:
            at_hand.rows += await anext(at_hand.steps)
        except StopAsyncIteration:
            self._at_hand = None
            seconds = (now - at_hand.began).total_seconds()
            await end_chore(conn, at_hand.name, max(0.0, seconds), at_hand.rows)
            if at_hand.rows:
                _LOG.info("chore_done", chore=at_hand.name, rows=at_hand.rows)
        except Exception as error:
            # The next one has its turn; this one is tried again when it is due.
            self._at_hand = None
            if fault_of(error, conn) == "outage":
                raise
            _LOG.error(
                "chore_failed",
                chore=at_hand.name,
                error_class=type(error).__name__,
                where=where_raised(error),
            )
        return True

    def _begin(self, conn: Connection, now: datetime) -> _AtHand | None:
        if not self._due:
            return None
        name, at_database = self._due.pop(0)
        # A clock of ours that is ahead must not make anything old.
        steps = self._chores[name].steps(conn, min(now, at_database), self._config)
        return _AtHand(name=name, steps=steps, conn=conn, began=now)
