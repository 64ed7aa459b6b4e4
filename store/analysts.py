"""Which roles of the server read which customers in the schema `analytics`.

Makes no role and gives none anything. Knows no view.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from store.database import Connection
from store.sql import statements

_SQL = statements("analysts")
_FIND_ROLE = _SQL["find_role"]
_SET = _SQL["set_analyst"]
_LIST = _SQL["list_analysts"]
_DELETE = _SQL["delete_analyst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyst:
    """A row of `analysts`. `can_read` is false where the role is gone or no analyst any more."""

    role_name: str
    sees_people: bool
    created_at: datetime
    can_read: bool


@dataclass(frozen=True, slots=True)
class Role:
    """What Postgres knows of a role. `quoted` is its name as SQL has it."""

    quoted: str
    exists: bool
    can_log_in: bool
    is_analyst: bool
    is_owner: bool


async def find_role(conn: Connection, role_name: str) -> Role:
    """Read what a role is to analysts, if it exists."""
    (row,) = await (await conn.execute(_FIND_ROLE, {"role_name": role_name})).fetchall()
    return Role(*row)


async def set_analyst(
    conn: Connection, customer_id: int, role_name: str, *, sees_people: bool
) -> bool:
    """Let a role read a customer, with or without people; False where that is so already."""
    wanted = {"customer_id": customer_id, "role_name": role_name, "sees_people": sees_people}
    return await (await conn.execute(_SET, wanted)).fetchone() is not None


async def list_analysts(conn: Connection, customer_id: int) -> list[Analyst]:
    """List who reads a customer, by name."""
    cursor = conn.cursor(row_factory=class_row(Analyst))
    await cursor.execute(_LIST, {"customer_id": customer_id})
    return await cursor.fetchall()


async def delete_analyst(conn: Connection, customer_id: int, role_name: str) -> bool:
    """Let a role read a customer no more; False where it did not."""
    named = {"customer_id": customer_id, "role_name": role_name}
    return await (await conn.execute(_DELETE, named)).fetchone() is not None
