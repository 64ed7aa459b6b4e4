"""Keeps the roll-ups: a consumer of the outbox that counts the conversations anew that changed.

It rests between two batches, for as long as keeps it to a small share of a processor. A rebuild
counts all conversations anew and then holds the roll-ups of each day against them; both take the
consumer's turn, portion by portion. Knows no figure and no report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.changes import OutboxRow
from store.consumers import wait_for_turn
from store.database import Connection
from store.rollup_days import (
    EARLIEST,
    correct_rollups,
    list_conversations_to_count,
    list_differing_rollups,
    next_span,
)
from store.rollup_rebuilds import (
    RollupRebuild,
    end_rebuild,
    find_rebuild,
    note_rebuild,
    request_rebuild,
    request_rebuilds,
)
from store.rollups import list_differing_figures, note_refresh, write_figures
from worker.background.consumers import Consumer, Write, write_nothing
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

ROLLUPS = "rollups"

_BATCH = 4_000
_AT_ONCE = 500  # conversations
_PORTIONS = 5  # each time that the chore is due: some twentieth of a processor
_COUNTED = frozenset(
    {
        "message.received",
        "message.queued",
        "message.updated",
        "conversation.created",
        "conversation.updated",
        "conversation.merged",
        "conversation.split",
        "note.created",
    }
)
_OF_TWO = frozenset({"conversation.merged", "conversation.split"})


def rollup_consumer() -> Consumer:
    """Make the consumer that keeps the roll-ups."""
    return Consumer(name=ROLLUPS, handle=count_changes, batch_size=_BATCH, rests=True)


async def count_changes(conn: Connection, rows: Sequence[OutboxRow]) -> Write:
    """Say how the roll-ups follow some changes, whatever was counted of them before."""
    changed = dict.fromkeys(
        (row.customer_id, conversation_id)
        for row in rows
        if row.type in _COUNTED
        for conversation_id in (row.conversation_id, row.object_id if row.type in _OF_TWO else None)
        if conversation_id
    )
    of_other_calendar = {row.customer_id for row in rows if row.type == "calendar.updated"}
    if not changed and not of_other_calendar:
        return write_nothing
    differing = await list_differing_figures(conn, changed) if changed else []

    async def write(conn: Connection) -> None:
        for customer_id in of_other_calendar:
            await request_rebuild(conn, customer_id, "calendar")
        if differing:
            await write_figures(conn, differing)
        await note_refresh(
            conn,
            "changes",
            changes=len(rows),
            conversations=len(changed),
            rows=len(differing),
        )

    return write


async def count_everybody_again(conn: Connection, _config: BackgroundConfig) -> Steps:
    """Make up for changes that are gone: all customers are counted again, by and by."""
    yield await request_rebuilds(conn, "missed")


async def rebuild_rollups(conn: Connection, _now: datetime, _config: BackgroundConfig) -> Steps:
    """Go on with the rebuild that was asked for first; each step says how many rows were wrong."""
    for _ in range(_PORTIONS):
        done = await rebuild_portion(conn)
        if done is None:
            break
        yield done.differing


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuiltPortion:
    """What a portion of a rebuild looked at, and how many rows were wrong in it."""

    conversations: int = 0
    differing: int = 0


async def rebuild_portion(
    conn: Connection, customer_id: int | None = None
) -> RebuiltPortion | None:
    """Do a portion of the rebuild of a customer, or of the first; None where there is none."""
    async with conn.transaction():
        await wait_for_turn(conn, ROLLUPS)
        rebuild = await find_rebuild(conn, customer_id)
        if rebuild is None:
            return None
        if rebuild.from_day is None:
            return await _count_again(conn, rebuild)
        return await _add_up_again(conn, rebuild, rebuild.from_day)


async def _count_again(conn: Connection, rebuild: RollupRebuild) -> RebuiltPortion:
    customer_id = rebuild.customer_id
    ids = await list_conversations_to_count(conn, customer_id, rebuild.after_id, _AT_ONCE)
    differing = await list_differing_figures(conn, [(customer_id, each) for each in ids])
    if differing:
        # Each roll-up is written once, when its day is added up: not for each conversation.
        await write_figures(conn, differing, adds_up=False)
    is_over = len(ids) < _AT_ONCE
    await note_rebuild(
        conn,
        customer_id,
        after_id=ids[-1] if ids else rebuild.after_id,
        from_day=EARLIEST if is_over else None,
        differing=len(differing),
    )
    await note_refresh(conn, "rebuild", changes=0, conversations=len(ids), rows=len(differing))
    return RebuiltPortion(conversations=len(ids), differing=len(differing))


async def _add_up_again(conn: Connection, rebuild: RollupRebuild, from_day: str) -> RebuiltPortion:
    customer_id = rebuild.customer_id
    span = await next_span(conn, customer_id, from_day)
    missing = await list_differing_rollups(conn, customer_id, span)
    await correct_rollups(conn, customer_id, span, missing)
    if span.is_last:
        await end_rebuild(conn, customer_id)
    else:
        await note_rebuild(
            conn,
            customer_id,
            after_id=rebuild.after_id,
            from_day=span.until_day,
            differing=len(missing),
        )
    return RebuiltPortion(differing=len(missing))
