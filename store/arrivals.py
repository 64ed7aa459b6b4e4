"""How much came to channels, and what was made of it: for who posted it and wants to compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("arrivals")
_COUNT = _SQL["count_arrivals"]
_COUNT_WAITING = _SQL["count_waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Counts of one channel since it was made; `failed` are events that ever did."""

    channel_id: str
    messages: int = 0
    receipts: int = 0
    waiting: int = 0
    failed: int = 0


async def count_arrivals(
    conn: Connection, customer_id: int, channel_ids: Sequence[str]
) -> Mapping[str, Arrivals]:
    """Count what came to each of these channels; to those that are not there nothing did."""
    parameters = {"customer_id": customer_id, "channel_ids": list(channel_ids)}
    async with conn.cursor(row_factory=class_row(Arrivals)) as cursor:
        rows = await (await cursor.execute(_COUNT, parameters)).fetchall()
    return {row.channel_id: row for row in rows}


async def count_waiting(conn: Connection, customer_id: int, channel_ids: Sequence[str]) -> int:
    """Count the events of these channels that are not settled."""
    parameters = {"customer_id": customer_id, "channel_ids": list(channel_ids)}
    row = await (await conn.execute(_COUNT_WAITING, parameters)).fetchone()
    return row[0] if row else 0
