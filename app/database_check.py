"""Says in one line why a database cannot be used, before anything depends on it."""

import asyncio

from domain.errors import OperatorError
from store.app_role import read_login
from store.database import Connection, DatabaseError, connect, message_of
from store.schema import connection_parameters


def check_database(database_url: str, *, as_owner: bool = False) -> None:
    """Connect once, and see whether we may do what only the owner of the tables may.

    Raises: OperatorError; it names no password.
    """
    connection_parameters(database_url)
    try:
        asyncio.run(_reach(database_url, as_owner))
    except DatabaseError as error:
        raise OperatorError(f"database not reachable: {message_of(error)}") from None


async def check_owner(conn: Connection) -> None:
    """See whether we are the owner of the tables, or may become it.

    Raises: OperatorError.
    """
    login = await read_login(conn)
    if not login.is_owner:
        raise OperatorError(
            f"{login.role_name} does not own the tables, and only their owner may do this: "
            "set OWNER_DATABASE_URL"
        )


async def _reach(database_url: str, as_owner: bool) -> None:
    async with await connect(database_url, "inlet check", prepare=False) as conn:
        if as_owner:
            await check_owner(conn)
