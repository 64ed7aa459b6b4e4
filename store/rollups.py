"""Figures by hour and day: what conversations add to them, found anew and put in place of the old.

A conversation is counted whole, from its messages and the audit, so what is counted twice, late or
in another order gives the same. Writers come one at a time: they have the consumer's turn.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from store.database import Connection
from store.sql import statements

_SQL = statements("rollups")
_LIST_DIFFERING = _SQL["list_differing_figures"]
_WRITE = _SQL["write_figures"]
_NOTE_REFRESH = _SQL["note_refresh"]
_FORGET_REFRESHES = _SQL["forget_refreshes"]

ConversationKey = tuple[int, str]  # customer id, conversation id


class DifferingFigures(NamedTuple):
    """What a conversation adds to a day, and what is kept of that; arrays as Postgres writes."""

    customer_id: int
    conversation_id: str
    day_starts_at: datetime
    tags: str | None
    figures: str | None
    old_tags: str | None
    old_figures: str | None


async def list_differing_figures(
    conn: Connection, conversations: Collection[ConversationKey]
) -> list[DifferingFigures]:
    """Say which of these conversations add something else to their days than is kept of them."""
    parameters = {
        "customer_ids": [customer_id for customer_id, _ in conversations],
        "conversation_ids": [conversation_id for _, conversation_id in conversations],
    }
    # A plan for any conversations would be one for few of them.
    rows = await (await conn.execute(_LIST_DIFFERING, parameters, prepare=False)).fetchall()
    return [DifferingFigures(*row) for row in rows]


async def write_figures(
    conn: Connection, differing: Sequence[DifferingFigures], *, adds_up: bool = True
) -> None:
    """Keep what differs, and correct the roll-ups by as much, unless they are added up anew."""
    await conn.execute(
        _WRITE,
        {
            "customer_ids": [row.customer_id for row in differing],
            "conversation_ids": [row.conversation_id for row in differing],
            "days": [row.day_starts_at for row in differing],
            "tags": [row.tags for row in differing],
            "figures": [row.figures for row in differing],
            "old_tags": [row.old_tags for row in differing],
            "old_figures": [row.old_figures for row in differing],
            "adds_up": adds_up,
        },
    )


async def note_refresh(
    conn: Connection, reason: str, *, changes: int, conversations: int, rows: int
) -> None:
    """Note what this transaction brought up to date."""
    await conn.execute(
        _NOTE_REFRESH,
        {"reason": reason, "changes": changes, "conversations": conversations, "rows": rows},
    )


async def forget_refreshes(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` refreshes of before a time; return how many are gone."""
    return (await conn.execute(_FORGET_REFRESHES, {"before": before, "limit": limit})).rowcount
