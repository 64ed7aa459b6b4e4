"""Queues events again or gives dead letters up, a step of a job at a time.

What is queued goes behind what is live, no faster than the job's rate, and waits while much that
was queued before is not processed yet.
"""

from dataclasses import replace
from typing import assert_never

from domain.recovery import EVENTS_PER_SECOND, EventSelection, RecoveryKind
from store.bulk import SetOutcome
from store.database import Connection
from store.dead_letters import drop_dead_letters, retry_dead_letters
from store.jobs import ClaimedJob, advance_recovery, read_selection, repeated_depth
from store.replay import replay_events
from store.wake import wake

_MOST_AT_ONCE = 2_000
_DEEP = 2_000
_FIRST_SECONDS = 0.2
_LONGEST_CATCH_UP_SECONDS = 1.0
_NOTHING = SetOutcome(changed=0, unchanged=0, failed=0)


async def step_recovery(conn: Connection, job: ClaimedJob, kind: RecoveryKind) -> None:
    """Do the next events of a job.

    What was given up or received after it was asked for is none of its business.
    """
    limit = _MOST_AT_ONCE if kind == "drop" else _allowed(job)
    if kind != "drop" and await repeated_depth(conn, _DEEP) >= _DEEP:
        await advance_recovery(conn, job, _NOTHING, after=None, is_done=False)
        return
    selection = read_selection(job.request)
    until = min(selection.until or job.created_at, job.created_at)
    selection = replace(selection, until=until)
    event_ids, changed = await _do(conn, job, kind, selection, limit)
    await advance_recovery(
        conn,
        job,
        SetOutcome(changed=changed, unchanged=len(event_ids) - changed, failed=0),
        after=event_ids[-1] if event_ids else None,
        is_done=len(event_ids) < limit,
    )
    if changed and kind != "drop":
        await wake(conn)


def _allowed(job: ClaimedJob) -> int:
    """Say how many events may be queued now; time in which nothing could be done is lost."""
    rate = job.events_per_second or EVENTS_PER_SECOND
    rested = _FIRST_SECONDS if job.rested_seconds is None else job.rested_seconds
    seconds = min(rested, max(_LONGEST_CATCH_UP_SECONDS, 1 / rate))
    return min(max(1, int(rate * seconds)), _MOST_AT_ONCE)


async def _do(
    conn: Connection, job: ClaimedJob, kind: RecoveryKind, selection: EventSelection, limit: int
) -> tuple[list[str], int]:
    """Return the events that matched, in order, and how many of them it changed anything for."""
    customer_id, after = job.customer_id, job.cursor_id
    match kind:
        case "retry":
            done = await retry_dead_letters(conn, customer_id, selection, after=after, limit=limit)
            return done, len(done)
        case "drop":
            done = await drop_dead_letters(conn, customer_id, selection, after=after, limit=limit)
            return done, len(done)
        case "replay":
            replayed = await replay_events(conn, customer_id, selection, after=after, limit=limit)
            return list(replayed.event_ids), len(replayed.queued_ids)
        case _:
            assert_never(kind)
