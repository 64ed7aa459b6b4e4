"""What presence needs of the tables: that a conversation is there, and how agents are called."""

from collections.abc import Sequence

from store.database import Connection
from store.sql import statements

_SQL = statements("presence")
_CONVERSATION_EXISTS = _SQL["conversation_exists"]
_NAMES_OF_AGENTS = _SQL["names_of_agents"]


async def conversation_exists(conn: Connection, customer_id: int, conversation_id: str) -> bool:
    """Say whether a customer has a conversation."""
    parameters = {"customer_id": customer_id, "conversation_id": conversation_id}
    row = await (await conn.execute(_CONVERSATION_EXISTS, parameters)).fetchone()
    return bool(row and row[0])


async def names_of_agents(conn: Connection, customer_id: int, ids: Sequence[str]) -> dict[str, str]:
    """Read the names of some agents by id."""
    parameters = {"customer_id": customer_id, "ids": list(ids)}
    return dict(await (await conn.execute(_NAMES_OF_AGENTS, parameters)).fetchall())
