"""What the database says of its own schema. Knows no migration file."""

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from domain.errors import OperatorError
from store.database import Connection
from store.sql import statements

_SQL = statements("schema")
_HAS_MIGRATIONS = _SQL["has_migrations"]
_LIST_APPLIED = _SQL["list_applied"]
_SERVER_VERSION = _SQL["server_version"]
LOCK_MIGRATIONS = _SQL["lock_migrations"]


def connection_parameters(database_url: str) -> dict[str, str]:
    """Take a database URL apart as libpq does.

    Raises: OperatorError; libpq's own message would repeat the URL, password included.
    """
    try:
        parts = conninfo_to_dict(database_url)
    except ProgrammingError:
        raise OperatorError("DATABASE_URL is not a postgresql:// URL") from None
    return {name: str(value) for name, value in parts.items() if value is not None}


async def list_applied(conn: Connection) -> frozenset[str]:
    """List the ids of the migrations in this database."""
    cursor = await conn.execute(_HAS_MIGRATIONS)
    if await cursor.fetchone() != (True,):
        return frozenset()
    cursor = await conn.execute(_LIST_APPLIED)
    return frozenset([migration_id for (migration_id,) in await cursor.fetchall()])


async def get_server_version(conn: Connection) -> int:
    """Ask the server for its version. Units: 180004 is 18.4."""
    cursor = await conn.execute(_SERVER_VERSION)
    row = await cursor.fetchone()
    return row[0] if row else 0
