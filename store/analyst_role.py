"""The role that analysts read with. A role is the whole server's, so no migration makes it.

Whoever may not make roles goes on without: then nobody reads as an analyst. Knows no view.
"""

from store.database import Connection
from store.sql import statements

ANALYST = "inlet_analyst"
NO_ANALYSTS = (
    "nobody can read as an analyst: the role inlet_analyst is not there, or not open to us"
)
MAKE_ANALYSTS = (
    "let whoever may run `CREATE ROLE inlet_analyst NOLOGIN` and grant it to the owner of the "
    "tables, then run `inlet migrate apply`"
)

_SQL = statements("analyst_role")
_MAKE_ROLE = _SQL["make_role"]
_OPEN_VIEWS = _SQL["open_views"]
_JOIN_ANALYSTS = _SQL["join_analysts"]
_IS_ANALYST = _SQL["is_analyst"]
_IS_OPEN = _SQL["is_open"]
_IS_READY = _SQL["is_ready"]


async def ensure_analyst_role(conn: Connection) -> bool:
    """Make the role and let it read, as far as we may; says whether it can read now."""
    async with conn.transaction():
        await conn.execute(_MAKE_ROLE)
        await conn.execute(_OPEN_VIEWS)
        await conn.execute(_JOIN_ANALYSTS)
        return await analysts_can_read(conn)


async def analysts_can_read(conn: Connection) -> bool:
    """Say whether the role is there, may read this database's views, and is open to us."""
    row = await (await conn.execute(_IS_READY)).fetchone()
    return bool(row and row[0])


async def views_are_open(conn: Connection) -> bool:
    """Say whether the role is there and may read this database's views, whoever we are."""
    row = await (await conn.execute(_IS_OPEN)).fetchone()
    return bool(row and row[0])


async def reads_as_analyst(conn: Connection) -> bool:
    """Say whether this connection has the role."""
    row = await (await conn.execute(_IS_ANALYST)).fetchone()
    return bool(row and row[0])
