"""Tries dead letters again, gives them up, and replays events: by name at once, by filter as a job.

Whoever may do it has been decided before. Every order leaves an audit entry with its reason.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import assert_never

from domain.actor import Actor
from domain.errors import Conflict, NotFound, invalid_field, wrong_field
from domain.recovery import (
    MOST_EVENTS_PER_SECOND,
    MOST_SELECTED,
    Counted,
    EventSelection,
    Order,
    RecoveryKind,
)
from inbox.operations.jobs import get_job
from inbox.operations.reason import checked_reason
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.dead_letters import count_dead_letters, drop_dead_letters, retry_dead_letters
from store.jobs import StoredJob, insert_recovery
from store.replay import count_events, replay_events
from store.wake import wake

_ACTIONS: dict[RecoveryKind, str] = {
    "retry": "dead_letters.retried",
    "drop": "dead_letters.dropped",
    "replay": "events.replayed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What came of an order: done at once for `count` events, or a job for about as many."""

    count: int
    job: StoredJob | None


async def count_selected(
    conn: Connection, customer_id: int, kind: RecoveryKind, selection: EventSelection
) -> Counted:
    """Count what an order would be about; changes nothing.

    Raises: ValidationFailed.
    """
    _check_selection(kind, selection)
    if kind == "replay":
        return await count_events(conn, customer_id, selection)
    return await count_dead_letters(conn, customer_id, selection)


async def recover(
    conn: Connection,
    actor: Actor,
    kind: RecoveryKind,
    selection: EventSelection,
    order: Order,
    *,
    new_id: Callable[[], str],
) -> Recovery:
    """Do an order to events by name at once, or put it on the list for all that match.

    Call it in a transaction. Nothing is asked for where nothing matches.
    Raises: ValidationFailed; Conflict or NotFound where one of those named cannot be meant.
    """
    _check_selection(kind, selection)
    order = _checked(order)
    if selection.ids is not None:
        return await _now(conn, actor, kind, selection, order, new_id())
    counted = await count_selected(conn, actor.customer_id, kind, selection)
    if counted.count == 0:
        return Recovery(count=0, job=None)
    job_id = new_id()
    await insert_recovery(
        conn,
        actor,
        job_id,
        kind,
        selection,
        total=counted.count,
        events_per_second=None if kind == "drop" else order.events_per_second,
        reason=order.reason,
    )
    await _note(conn, actor, kind, order, new_id(), counted.count, job_id, selection)
    job = await get_job(conn, actor.customer_id, job_id)
    return Recovery(count=counted.count, job=job)


async def _now(
    conn: Connection,
    actor: Actor,
    kind: RecoveryKind,
    selection: EventSelection,
    order: Order,
    entry_id: str,
) -> Recovery:
    named = frozenset(selection.ids or ())
    match kind:
        case "retry":
            done = await retry_dead_letters(conn, actor.customer_id, selection)
            _all_are_letters(named, done)
        case "drop":
            done = await drop_dead_letters(conn, actor.customer_id, selection)
            _all_are_letters(named, done)
        case "replay":
            replayed = await replay_events(conn, actor.customer_id, selection)
            if missing := len(named) - len(replayed.event_ids):
                raise NotFound(f"{missing} of these events do not exist; nothing was queued")
            done = sorted(replayed.queued_ids)
        case _:
            assert_never(kind)
    if done:
        about = done[0] if len(done) == 1 else None
        await _note(
            conn, actor, kind, order, entry_id, len(done), about, EventSelection(ids=tuple(done))
        )
    if done and kind != "drop":
        await wake(conn)
    return Recovery(count=len(done), job=None)


def _all_are_letters(named: Collection[str], done: Collection[str]) -> None:
    if missed := len(named) - len(done):
        raise Conflict(
            f"{missed} of these are not dead letters that wait for somebody; nothing was changed"
        )


async def _note(
    conn: Connection,
    actor: Actor,
    kind: RecoveryKind,
    order: Order,
    entry_id: str,
    count: int,
    object_id: str | None,
    selection: EventSelection,
) -> None:
    asked = {
        "events": count,
        "reason": order.reason,
        "error_class": selection.error_class,
        "provider": selection.provider,
        "channel_id": selection.channel_id,
        "since": selection.since,
        "until": selection.until,
        "event_ids": selection.ids,
    }
    detail = {name: value for name, value in asked.items() if value is not None}
    entry = AuditEntry(id=entry_id, action=_ACTIONS[kind], object_id=object_id, detail=detail)
    await record_audit(conn, actor, [entry])


def _check_selection(kind: RecoveryKind, selection: EventSelection) -> None:
    if selection.ids is not None and not 1 <= len(selection.ids) <= MOST_SELECTED:
        raise invalid_field("ids", "out_of_range", f"a list of 1 to {MOST_SELECTED}")
    if kind == "replay" and selection.error_class is not None:
        raise wrong_field("error_class", "contradiction", "error_class is for dead letters alone")
    if selection.since and selection.until and selection.since >= selection.until:
        raise invalid_field("until", "out_of_range", "later than since")


def _checked(order: Order) -> Order:
    if not 1 <= order.events_per_second <= MOST_EVENTS_PER_SECOND:
        expected = f"from 1 to {MOST_EVENTS_PER_SECOND}"
        raise invalid_field("events_per_second", "out_of_range", expected)
    return Order(reason=checked_reason(order.reason), events_per_second=order.events_per_second)
