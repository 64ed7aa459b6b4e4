"""Finds out whether a pooler stands between that forgets prepared statements, and does without.

In transaction mode each transaction may have another session of the server: what was prepared in
one is missing in the next, or is another process's statement of the same name. Knows no table.
"""

from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
import structlog
from psycopg.abc import PQGen

from store.sql import statements

_LOG = structlog.get_logger(__name__)

_SQL = statements("pooling")
_SERVER_PROCESS = _SQL["server_process"]
_HAS_OUR_STATEMENT = _SQL["has_our_statement"]

T = TypeVar("T")

# A name that is unknown, or taken already; and 08P01, parameters that do not fit the statement
# which has the name, or what PgBouncer itself says before it hangs up.
_FORGOTTEN = frozenset({"26000", "42P05", "08P01"})
_READ_ONLY = "25006"
_WAIT_SECONDS = 0.1  # as the driver's own: how often a wait looks whether it was interrupted

Server = tuple[str, int]

# What this process has learned, by host and port.
_FORGETFUL: set[Server] = set()


class StatementForgotten(psycopg.OperationalError):
    """A pooler lost what was prepared: nothing was done, and the connection is closed."""


class StandbyAnswers(psycopg.OperationalError):
    """The server takes no writes: it is a standby that was not promoted yet."""


class WatchedConnection(psycopg.AsyncConnection[tuple[Any, ...]]):
    """A connection that tells what looks like our mistake and is the server's state.

    Its prepared statements were forgotten, or it is that of a standby.
    """

    async def wait(
        self,
        gen: PQGen[T],
        interval: float = _WAIT_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own
    ) -> T:
        """As the driver does; whoever loses a statement is told of an outage, and connects anew."""
        try:
            return await super().wait(gen, interval, timeout)
        except psycopg.Error as error:
            if error.sqlstate == _READ_ONLY:
                raise StandbyAnswers("the server is a standby") from error
            server = _WATCHED.get(self)
            if server is None or error.sqlstate not in _FORGOTTEN:
                raise
            _do_without(server, "forgotten")
            self.pgconn.finish()
            raise StatementForgotten("the pooler forgot a prepared statement") from error


_WATCHED: WeakKeyDictionary[WatchedConnection, Server] = WeakKeyDictionary()


async def watch(connection: WatchedConnection) -> None:
    """Let a new connection prepare statements only where they are kept, and see that they are."""
    if connection.prepare_threshold is None:
        return
    server = connection.info.host, connection.info.port
    if server not in _FORGETFUL and not await _keeps_statements(connection):
        _do_without(server, "pooler")
    if server in _FORGETFUL:
        connection.prepare_threshold = None
    else:
        _WATCHED[connection] = server


async def _keeps_statements(connection: WatchedConnection) -> bool:
    """Prepare a statement, if there is a pooler, and look whether the pooler has renamed it."""
    cursor = await connection.execute(_SERVER_PROCESS, prepare=False)
    if await cursor.fetchone() == (connection.info.backend_pid,):
        return True
    try:
        async with connection.transaction():
            cursor = await connection.execute(_HAS_OUR_STATEMENT, prepare=True)
            return await cursor.fetchone() == (False,)
    except psycopg.Error as error:
        if error.sqlstate in _FORGOTTEN:
            return False
        raise


def _do_without(server: Server, found: str) -> None:
    """Prepare nothing on this server from now on, in this process."""
    if server not in _FORGETFUL:
        _LOG.warning("prepared_statements_off", found=found)
    _FORGETFUL.add(server)
    for connection in [watched for watched, its in _WATCHED.items() if its == server]:
        connection.prepare_threshold = None
