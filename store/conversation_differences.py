"""Which conversations do not say what their messages say, or lack what belongs to them.

Each statement sees one moment, so what is being written is no difference. Knows neither what is
kept of it nor what is done about it.
"""

from collections.abc import Sequence

from domain.preview import preview
from store.database import Connection
from store.derived_rows import Differing
from store.sql import statements

_SQL = statements("conversation_differences")
_LIST_CHANGED = _SQL["list_changed"]
_LIST_INCOMPLETE = _SQL["list_incomplete"]
_LIST_PREVIEWS = _SQL["list_previews"]


async def list_changed(conn: Connection, customer_id: int, ids: Sequence[str]) -> Differing:
    """Say which of these conversations are wrong about their messages, and in which columns."""
    return await _list(conn, _LIST_CHANGED, customer_id, ids)


async def list_incomplete(conn: Connection, customer_id: int, ids: Sequence[str]) -> Differing:
    """Say which of these conversations lack messages, events or participants."""
    return await _list(conn, _LIST_INCOMPLETE, customer_id, ids)


async def list_unlike_previews(conn: Connection, customer_id: int, ids: Sequence[str]) -> Differing:
    """Say which of these conversations show another beginning than that of their last message."""
    cursor = await conn.execute(_LIST_PREVIEWS, {"customer_id": customer_id, "ids": list(ids)})
    return {
        row[0]: ["last_message_preview"]
        for row in await cursor.fetchall()
        if row[1] != preview(row[2], row[3], row[5], row[4])
    }


async def _list(
    conn: Connection, statement: bytes, customer_id: int, ids: Sequence[str]
) -> Differing:
    cursor = await conn.execute(statement, {"customer_id": customer_id, "ids": list(ids)})
    return dict(await cursor.fetchall())
