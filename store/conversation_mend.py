"""Makes conversations say what their messages say, where a recount alone does not.

The caller holds the conversations. Knows no rule by which they differ.
"""

from collections.abc import Sequence

from store.database import Connection
from store.sql import statements

_SQL = statements("conversation_mend")
_LIST_EMPTY = _SQL["list_empty"]
_EMPTY = tuple(_SQL[name] for name in ("empty_participants", "empty_awaited", "drop_empty"))
_NUMBER = tuple(
    _SQL[name] for name in ("lower_read_marks", "lift_numbers", "lower_numbers", "renumber_queued")
)
_WRITE_PARTICIPANTS = _SQL["write_participants"]
_DROP_PARTICIPANTS = _SQL["drop_participants"]
_SUBJECT_AGAIN = _SQL["subject_again"]


async def drop_empty(conn: Connection, customer_id: int, ids: Sequence[str]) -> list[str]:
    """Drop those of these conversations that nothing is in and nobody handled; return them."""
    if not ids:
        return []
    cursor = await conn.execute(_LIST_EMPTY, _of(customer_id, ids))
    empty = [row[0] for row in await cursor.fetchall()]
    for statement in _EMPTY:
        await conn.execute(statement, _of(customer_id, empty))
    return empty


async def number_again(conn: Connection, customer_id: int, ids: Sequence[str]) -> None:
    """Number the messages of conversations without a hole; what was read stays read."""
    if ids:
        for statement in _NUMBER:
            await conn.execute(statement, _of(customer_id, ids))


async def write_participants(conn: Connection, customer_id: int, ids: Sequence[str]) -> None:
    """Let everybody take part who wrote or was written to."""
    if ids:
        await conn.execute(_WRITE_PARTICIPANTS, _of(customer_id, ids))


async def drop_participants(conn: Connection, customer_id: int, ids: Sequence[str]) -> None:
    """Let nobody take part who neither wrote nor was written to, but for ourselves."""
    if ids:
        await conn.execute(_DROP_PARTICIPANTS, _of(customer_id, ids))


async def subject_again(conn: Connection, customer_id: int, ids: Sequence[str]) -> None:
    """Give conversations the subject of their first message."""
    if ids:
        await conn.execute(_SUBJECT_AGAIN, _of(customer_id, ids))


def _of(customer_id: int, ids: Sequence[str]) -> dict[str, object]:
    return {"customer_id": customer_id, "ids": list(ids)}
