"""Walks through derived rows, some at a time, and keeps which differ for as long as they do.

Each customer has its turn; where a walk has come to is kept as well. Knows neither how rows are
compared nor any schedule, and mends nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("derived_rows")
_NEXT_WALK = _SQL["next_walk"]
_NOTE_WALK = _SQL["note_walk"]
_LIST_UNMADE = _SQL["list_unmade"]
_LIST_NOTED = _SQL["list_noted"]
_CONVERSATIONS_OF = _SQL["conversations_of"]
_FORGET_EQUAL = _SQL["forget_equal"]
_NOTE_DIFFERING = _SQL["note_differing"]
_COUNT_DIFFERING = _SQL["count_differing"]

# In the order in which they are compared: what is mended in one is what the next is derived from.
PartName = Literal[
    "inbound_events",
    "addresses",
    "bodies",
    "messages",
    "message_receipts",
    "conversations",
    "clean_bodies",
    "search_documents",
    "conversation_figures",
    "rollups",
]
PARTS: Sequence[PartName] = get_args(PartName)

# Which of these rows are wrong, and about what: columns, or what should be there beside them.
Differing = dict[str, list[str]]

_NEXT: Mapping[PartName, bytes] = {
    "inbound_events": _SQL["next_events"],
    "addresses": _SQL["next_addresses"],
    "bodies": _SQL["next_bodies"],
    "messages": _SQL["next_messages"],
    "message_receipts": _SQL["next_receipts"],
    "conversations": _SQL["next_conversations"],
    "clean_bodies": _SQL["next_clean_bodies"],
    "search_documents": _SQL["next_documents"],
    "conversation_figures": _SQL["next_figures"],
    "rollups": _SQL["next_days"],
}
_MOST_MESSAGES = 5_000  # one conversation may have more
_MOST_COUNTED = 100_000


class Walk(NamedTuple):
    """Whose rows are next, and behind which; None: from the first on."""

    customer_id: int
    after_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingRows:
    """How many rows of a part and a customer differ, and since when."""

    customer: str
    part: str
    rows: int
    since: datetime


async def next_walk(conn: Connection, part: PartName) -> Walk:
    """Say who has waited longest for rows to be looked at."""
    [row] = await (await conn.execute(_NEXT_WALK, {"part": part})).fetchall()
    return Walk(*row)


async def next_rows(conn: Connection, part: PartName, walk: Walk, limit: int) -> list[str]:
    """List the next rows of a walk, in the order of their ids; fewer than asked for at its end."""
    wanted = {
        "customer_id": walk.customer_id,
        "after_id": walk.after_id,
        "limit": limit,
        "most_messages": _MOST_MESSAGES,
    }
    return [row[0] for row in await (await conn.execute(_NEXT[part], wanted)).fetchall()]


async def note_walk(conn: Connection, part: PartName, walk: Walk) -> None:
    """Keep how far a walk has come."""
    reached = {"customer_id": walk.customer_id, "part": part, "after_id": walk.after_id}
    await conn.execute(_NOTE_WALK, reached)


async def list_noted(conn: Connection, part: PartName, limit: int) -> list[tuple[int, str]]:
    """List what differed before, longest not looked at first: customers and rows, by customer."""
    cursor = await conn.execute(_LIST_NOTED, {"part": part, "limit": limit})
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def list_unmade(conn: Connection, customer_id: int, ids: Sequence[str]) -> Differing:
    """Say of which of these events, which are settled, nothing was made."""
    cursor = await conn.execute(_LIST_UNMADE, {"customer_id": customer_id, "ids": list(ids)})
    return dict(await cursor.fetchall())


async def conversations_of(conn: Connection, customer_id: int, ids: Sequence[str]) -> list[str]:
    """Say in which conversations some messages are."""
    cursor = await conn.execute(_CONVERSATIONS_OF, {"customer_id": customer_id, "ids": list(ids)})
    return [row[0] for row in await cursor.fetchall()]


async def note_differing(
    conn: Connection, part: PartName, customer_id: int, ids: Sequence[str], found: Differing
) -> int:
    """Keep which of the rows that were compared differ; return how many did not before."""
    noted = {
        "customer_id": customer_id,
        "part": part,
        "compared": list(ids),
        "ids": list(found),
        "columns": [" ".join(columns) for columns in found.values()],
    }
    await conn.execute(_FORGET_EQUAL, noted)
    if not found:
        return 0
    rows = await (await conn.execute(_NOTE_DIFFERING, noted)).fetchall()
    return sum(is_new for (is_new,) in rows)


async def count_differing(conn: Connection) -> list[DifferingRows]:
    """Count what differs, by customer and part."""
    async with conn.cursor(row_factory=class_row(DifferingRows)) as cursor:
        await cursor.execute(_COUNT_DIFFERING, {"most": _MOST_COUNTED})
        return await cursor.fetchall()
