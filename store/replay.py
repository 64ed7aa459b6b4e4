"""Queues settled events again, on purpose. The worker changes nothing that is already right."""

from dataclasses import dataclass

from domain.recovery import MOST_COUNTED_EVENTS, Counted, EventSelection
from store.database import Connection
from store.sql import statements

_SQL = statements("replay")
_REPLAY = _SQL["replay_events"]
_COUNT = _SQL["count_events"]

_ALL = EventSelection()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The events that matched, in order, and those of them that did not wait in the queue."""

    event_ids: tuple[str, ...]
    queued_ids: frozenset[str]


async def replay_events(
    conn: Connection,
    customer_id: int,
    selection: EventSelection = _ALL,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> Replayed:
    """Queue events again, in the lane that live events do not wait for; dead letters too.

    Takes at most `limit` of those beyond event `after`.
    """
    wanted = _wanted(customer_id, selection) | {"after": after, "limit": limit}
    rows = sorted(await (await conn.execute(_REPLAY, wanted)).fetchall())
    return Replayed(
        event_ids=tuple(event_id for event_id, _ in rows),
        queued_ids=frozenset(event_id for event_id, is_queued in rows if is_queued),
    )


async def count_events(
    conn: Connection, customer_id: int, selection: EventSelection = _ALL
) -> Counted:
    """Count the events that match, up to `MOST_COUNTED_EVENTS`."""
    wanted = _wanted(customer_id, selection) | {"most": MOST_COUNTED_EVENTS}
    row = await (await conn.execute(_COUNT, wanted)).fetchone()
    count: int = row[0] if row else 0
    return Counted(count=count, is_capped=count >= MOST_COUNTED_EVENTS)


def _wanted(customer_id: int, selection: EventSelection) -> dict[str, object]:
    return {
        "customer_id": customer_id,
        "event_ids": None if selection.ids is None else list(selection.ids),
        "provider": selection.provider,
        "channel_id": selection.channel_id,
        "since": selection.since,
        "until": selection.until,
    }
