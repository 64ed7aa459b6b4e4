"""Compares settled events with what was made of them: a message, a copy, a receipt, or nothing."""

from collections.abc import Sequence

from domain.recovery import EventSelection
from store.database import Connection
from store.derived_rows import Differing, list_unmade
from store.replay import replay_events
from worker.background.repeating import BackgroundConfig
from worker.comparing.part import Part


async def compare(
    conn: Connection, _config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say of which events nothing was made."""
    return await list_unmade(conn, customer_id, ids)


async def mend(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Queue the events again, behind what is live: a worker writes what is missing."""
    async with conn.transaction():
        await replay_events(conn, customer_id, EventSelection(ids=tuple(differing)))
    config.on_commit()


INBOUND_EVENTS = Part(name="inbound_events", tables=(), at_once=500, compare=compare, mend=mend)
