"""Connects as an analyst: who logs in is the owner or an analyst, and takes the role to read."""

from collections.abc import Mapping

from app.database_check import check_owner
from domain.errors import OperatorError
from store.analyst_role import (
    ANALYST,
    MAKE_ANALYSTS,
    NO_ANALYSTS,
    analysts_can_read,
    reads_as_analyst,
)
from store.database import DatabaseError, connect, message_of
from store.schema import connection_parameters

_AS_ANALYST = f"-c role={ANALYST} -c search_path=analytics -c default_transaction_read_only=on"


def analyst_parameters(database_url: str, longest: str) -> dict[str, str]:
    """Return with what to connect as an analyst; a statement takes `longest` at most, as `5min`."""
    parameters = connection_parameters(database_url)
    options = f"{parameters.get('options', '')} {_AS_ANALYST} -c statement_timeout={longest}"
    return parameters | {"options": options.strip()}


async def check_analyst(
    database_url: str, parameters: Mapping[str, str], otherwise: str = ""
) -> None:
    """See whether one is an analyst who connects with these parameters.

    Raises: OperatorError; where there are no analysts, it says what else can be done.
    """
    async with await connect(database_url, "inlet check", prepare=False) as conn:
        if not await analysts_can_read(conn):
            await check_owner(conn)
            raise OperatorError(f"{NO_ANALYSTS}; {MAKE_ANALYSTS}{otherwise}")
    try:
        async with await connect(joined(parameters), "inlet check", prepare=False) as conn:
            is_analyst = await reads_as_analyst(conn)
    except DatabaseError as error:
        raise OperatorError(f"cannot read as an analyst: {message_of(error)}") from None
    if not is_analyst:
        raise OperatorError("a pooler keeps the role away: use the server's own DATABASE_URL")


def joined(parameters: Mapping[str, str]) -> str:
    """Write parameters as libpq reads them."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in parameters.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
