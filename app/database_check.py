"""Says in one line why a database cannot be reached, before anything depends on it."""

import asyncio

from domain.errors import OperatorError
from store.database import DatabaseError, connect, message_of
from store.schema import connection_parameters


def check_database(database_url: str) -> None:
    """Connect once.

    Raises: OperatorError; it names no password.
    """
    connection_parameters(database_url)
    try:
        asyncio.run(_reach(database_url))
    except DatabaseError as error:
        raise OperatorError(f"database not reachable: {message_of(error)}") from None


async def _reach(database_url: str) -> None:
    async with await connect(database_url, "inlet check", prepare=False):
        pass
