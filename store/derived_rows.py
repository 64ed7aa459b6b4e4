"""Walks through derived rows, some at a time, and keeps which differ for as long as they do.

Each customer has its turn; where a walk has come to is kept as well. Knows no schedule and mends
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Literal

from psycopg.rows import class_row

from store.conversation_differences import Differing, list_changed, list_incomplete
from store.database import Connection
from store.sql import statements

_SQL = statements("derived_rows")
_NEXT_WALK = _SQL["next_walk"]
_NOTE_WALK = _SQL["note_walk"]
_LIST_UNMADE = _SQL["list_unmade"]
_LIST_NOTED = _SQL["list_noted"]
_FORGET_EQUAL = _SQL["forget_equal"]
_NOTE_DIFFERING = _SQL["note_differing"]
_COUNT_DIFFERING = _SQL["count_differing"]

Part = Literal["conversations", "inbound_events"]

_NEXT: Mapping[Part, bytes] = {
    "conversations": _SQL["next_conversations"],
    "inbound_events": _SQL["next_events"],
}
PARTS: Sequence[Part] = tuple(_NEXT)

_AT_ONCE: Mapping[Part, int] = {"conversations": 250, "inbound_events": 500}
_MOST_MESSAGES = 5_000  # one conversation may have more
_MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingRows:
    """How many conversations and settled events of a customer differ, and since when."""

    customer: str
    conversations: int
    events: int
    since: datetime


async def look_on(conn: Connection, part: Part) -> int:
    """Look at the next rows of whoever has waited longest; return how many of them differ."""
    [(customer_id, after_id)] = await (await conn.execute(_NEXT_WALK, {"part": part})).fetchall()
    wanted = {
        "customer_id": customer_id,
        "after_id": after_id,
        "limit": _AT_ONCE[part],
        "most_messages": _MOST_MESSAGES,
    }
    ids = [row[0] for row in await (await conn.execute(_NEXT[part], wanted)).fetchall()]
    differing = await _look_at(conn, part, customer_id, ids)
    reached = {"customer_id": customer_id, "part": part, "after_id": ids[-1] if ids else None}
    await conn.execute(_NOTE_WALK, reached)
    return differing


async def look_again(conn: Connection, part: Part) -> tuple[int, int]:
    """Look again at some rows that differed; return how many they were, and how many still do."""
    cursor = await conn.execute(_LIST_NOTED, {"part": part, "limit": _AT_ONCE[part]})
    noted = await cursor.fetchall()
    differing = 0
    for customer_id, rows in groupby(noted, key=itemgetter(0)):
        differing += await _look_at(conn, part, customer_id, [row[1] for row in rows])
    return len(noted), differing


async def count_differing(conn: Connection) -> list[DifferingRows]:
    """Count what differs, customer by customer."""
    async with conn.cursor(row_factory=class_row(DifferingRows)) as cursor:
        await cursor.execute(_COUNT_DIFFERING, {"most": _MOST_COUNTED})
        return await cursor.fetchall()


async def _look_at(conn: Connection, part: Part, customer_id: int, ids: Sequence[str]) -> int:
    """Compare rows with what is below them, and keep what differs."""
    found = await _list_differing(conn, part, customer_id, ids)
    noted = {
        "customer_id": customer_id,
        "part": part,
        "compared": list(ids),
        "ids": list(found),
        "columns": [" ".join(columns) for columns in found.values()],
    }
    await conn.execute(_FORGET_EQUAL, noted)
    if found:
        await conn.execute(_NOTE_DIFFERING, noted)
    return len(found)


async def _list_differing(
    conn: Connection, part: Part, customer_id: int, ids: Sequence[str]
) -> Differing:
    if part == "inbound_events":
        wanted = {"customer_id": customer_id, "ids": list(ids)}
        return dict(await (await conn.execute(_LIST_UNMADE, wanted)).fetchall())
    changed = await list_changed(conn, customer_id, ids)
    incomplete = await list_incomplete(conn, customer_id, ids)
    return {
        conversation_id: changed.get(conversation_id, []) + incomplete.get(conversation_id, [])
        for conversation_id in changed.keys() | incomplete.keys()
    }
