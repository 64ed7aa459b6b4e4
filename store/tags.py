"""Tags on conversations. Knows no rule of what can be a tag."""

from store.database import Connection
from store.sql import statements

_SQL = statements("tags")
_INSERT = _SQL["insert_tag"]
_HAS = _SQL["has_tag"]
_DELETE = _SQL["delete_tag"]
_BUMP = _SQL["bump_version"]
_LIST = _SQL["list_tags"]

MOST_TAGS = 50


async def has_tag(conn: Connection, customer_id: int, conversation_id: str, tag: str) -> bool:
    """Say whether a conversation has a tag."""
    row = await (await conn.execute(_HAS, _named(customer_id, conversation_id, tag))).fetchone()
    return bool(row and row[0])


async def insert_tag(conn: Connection, customer_id: int, conversation_id: str, tag: str) -> bool:
    """Put a tag on a held conversation; False where it has too many, or this one already."""
    parameters = {**_named(customer_id, conversation_id, tag), "most": MOST_TAGS}
    return await (await conn.execute(_INSERT, parameters)).fetchone() is not None


async def delete_tag(conn: Connection, customer_id: int, conversation_id: str, tag: str) -> bool:
    """Take a tag off a held conversation; False where it has not got it."""
    cursor = await conn.execute(_DELETE, _named(customer_id, conversation_id, tag))
    return await cursor.fetchone() is not None


async def bump_version(conn: Connection, customer_id: int, conversation_id: str) -> int | None:
    """Give a held conversation its next version."""
    parameters = {"customer_id": customer_id, "conversation_id": conversation_id}
    row = await (await conn.execute(_BUMP, parameters)).fetchone()
    return row[0] if row else None


async def list_tags(
    conn: Connection, customer_id: int, *, after: str | None, row_count: int, most_counted: int
) -> list[tuple[str, int]]:
    """List a customer's tags by name after one, each with the number of its conversations.

    Shape: (tag, number); a number greater than `most_counted` means more than that.
    """
    parameters = {
        "customer_id": customer_id,
        "after": after,
        "row_count": row_count,
        "most_counted": most_counted,
    }
    cursor = await conn.execute(_LIST, parameters)
    return [(tag, number) for tag, number in await cursor.fetchall()]


def _named(customer_id: int, conversation_id: str, tag: str) -> dict[str, object]:
    return {"customer_id": customer_id, "conversation_id": conversation_id, "tag": tag}
