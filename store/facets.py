"""Counts conversations that were found, by what they have in common. Knows no search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_COUNT = statements("facets")["count_facets"]

Facet = Literal["status", "channel", "assignee", "tag", "day"]

_MOST_VALUES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedValue:
    """How many have this value of a facet. An id has a `name`; nobody's assignee is `none`."""

    facet: Facet
    value: str
    name: str | None
    number: int


async def count_facets(
    conn: Connection, customer_id: int, message_ids: Sequence[str]
) -> list[CountedValue]:
    """Count the conversations of these messages, one each, by facet; the most frequent first."""
    cursor = conn.cursor(row_factory=class_row(CountedValue))
    await cursor.execute(
        _COUNT,
        {
            "customer_id": customer_id,
            "message_ids": list(message_ids),
            "most_values": _MOST_VALUES,
        },
    )
    return await cursor.fetchall()
