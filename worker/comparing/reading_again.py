"""Reads settled events again, as a rebuild does. Knows no comparison.

Events are read in this process: they were read once without harm.
"""

from collections.abc import Sequence

from domain.receipt import NewReceipt
from store.database import Connection
from store.rebuild import Scope, events_of
from worker.background.repeating import BackgroundConfig
from worker.reading.draft import MessageDraft
from worker.rebuild.derive import read_all


async def read_drafts(
    conn: Connection, config: BackgroundConfig, customer_id: int, event_ids: Sequence[str]
) -> dict[str, MessageDraft]:
    """Read the messages of events that are still there; what is a part of a text is none."""
    outcomes = await _read(conn, config, customer_id, event_ids)
    return {
        found.event.id: found
        for found in outcomes
        if isinstance(found, MessageDraft) and found.part is None
    }


async def read_receipts(
    conn: Connection, config: BackgroundConfig, customer_id: int, event_ids: Sequence[str]
) -> dict[str, NewReceipt]:
    """Read the receipts of events that are still there."""
    outcomes = await _read(conn, config, customer_id, event_ids)
    return {found.event.id: found for found in outcomes if isinstance(found, NewReceipt)}


async def _read(
    conn: Connection, config: BackgroundConfig, customer_id: int, event_ids: Sequence[str]
) -> list[object]:
    events = await events_of(conn, Scope(customer_id=customer_id), event_ids)
    return list(await read_all(conn, events, config.providers)) if events else []
