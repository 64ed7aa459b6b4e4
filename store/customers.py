"""Reads customers. Knows nothing of what they receive."""

from store.database import Connection
from store.sql import statements

_SQL = statements("customers")
_FIND = _SQL["find_customer"]
_NAME_OF = _SQL["name_of_customer"]


async def find_customer(conn: Connection, name: str) -> int | None:
    """Find a customer's id by name."""
    cursor = await conn.execute(_FIND, {"name": name})
    row = await cursor.fetchone()
    return row[0] if row else None


async def name_of_customer(conn: Connection, customer_id: int) -> str | None:
    """Read what operators call a customer."""
    row = await (await conn.execute(_NAME_OF, {"customer_id": customer_id})).fetchone()
    return row[0] if row else None
