"""Which own address answers in a conversation leave from. Knows neither who writes nor to whom."""

from collections.abc import Sequence

from domain.address import Address
from store.database import Connection
from store.sql import statements

_SQL = statements("own_participants")
_FIND_ANSWERING = _SQL["find_answering"]


async def find_answering(
    conn: Connection, customer_id: int, conversation_ids: Sequence[str]
) -> dict[str, Address]:
    """Find the own address that an answer in each conversation leaves from.

    One is left out where none can be written from any more.
    """
    cursor = await conn.execute(
        _FIND_ANSWERING,
        {"customer_id": customer_id, "conversation_ids": list(conversation_ids)},
    )
    return {row[0]: Address(row[1], row[2]) for row in await cursor.fetchall()}
