"""Opens connections and pools. Knows no table.

UUIDs are read as text: the same in Python, JSON and psql. No session state is set, and statements
are prepared only where they are kept, so that a transaction-mode PgBouncer may stand between.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from store.large_bytes import LargeBytes, LargeBytesDumper
from store.pooling import WatchedConnection, watch

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
DatabaseError = psycopg.Error
DatabaseUnavailable = psycopg.OperationalError

_USES_BEFORE_PREPARED = 5
_RECONNECT_SECONDS = 5
# A host that vanishes says nothing, and the system's own patience is a quarter of an hour for what
# was sent, and two hours for who listens. On other systems than Linux the last is for nothing.
_PATIENCE_WITH_HOST = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}


class Pool(AsyncConnectionPool[WatchedConnection]):
    """A pool that cuts a connection which is used for too long: its server does not answer."""

    longest_use_seconds = 60.0

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the driver's own
    ) -> AsyncGenerator[WatchedConnection]:
        """As the driver does; who has it for too long gets a DatabaseError."""
        async with super().connection(timeout) as connection:
            with cut_after(connection, self.longest_use_seconds):
                yield connection


async def connect(database_url: str, application_name: str, *, prepare: bool = True) -> Connection:
    """Open one connection in autocommit mode: transactions are written out where they matter."""
    connection = await WatchedConnection.connect(
        _noticing_lost_hosts(database_url),
        autocommit=True,
        application_name=application_name,
        connect_timeout=10,
        prepare_threshold=0 if prepare else None,
    )
    try:
        await configure(connection)
    except BaseException:
        connection.pgconn.finish()
        raise
    return connection


async def configure(connection: WatchedConnection) -> None:
    """Teach a new connection how our values are read, and learn whether it may prepare."""
    connection.adapters.register_loader("uuid", TextLoader)
    connection.adapters.register_dumper(LargeBytes, LargeBytesDumper)
    await watch(connection)


def cut(connection: Connection) -> None:
    """End a connection whose server does not answer: whoever waits on it hears so at once."""
    with (
        suppress(psycopg.Error, OSError),
        socket.socket(fileno=os.dup(connection.fileno())) as ours,
    ):
        ours.shutdown(socket.SHUT_RDWR)


@contextmanager
def cut_after(connection: Connection, seconds: float) -> Generator[None]:
    """Cut a connection that is not done after so many seconds; the caller gets a DatabaseError.

    Cheaper than a timeout around every statement, and certain: to cancel one that way waits for the
    server to agree. A process that was stopped may find the answer and the end of the time at once:
    then there is no error, but the connection is closed, and a pool knows it.
    """
    was_cut = False

    def end() -> None:
        nonlocal was_cut
        was_cut = True
        cut(connection)

    alarm = asyncio.get_running_loop().call_later(seconds, end)
    try:
        yield
    finally:
        alarm.cancel()
        if was_cut:
            connection.pgconn.finish()


def open_pool(database_url: str, application_name: str, size: int, *, prepare: bool = True) -> Pool:
    """Make a pool of autocommit connections; it opens with `async with`."""
    return Pool(
        _noticing_lost_hosts(database_url),
        connection_class=WatchedConnection,
        min_size=1,
        max_size=size,
        open=False,
        configure=configure,
        kwargs={
            "autocommit": True,
            "application_name": application_name,
            "connect_timeout": 10,
            "prepare_threshold": _USES_BEFORE_PREPARED if prepare else None,
        },
        timeout=5,
        # The pool's own pauses double up to minutes; whoever asks after this begins anew.
        reconnect_timeout=_RECONNECT_SECONDS,
    )


def _noticing_lost_hosts(database_url: str) -> str:
    """Add to the URL after what time a silent host is given up; what it says itself counts."""
    return make_conninfo("", **(_PATIENCE_WITH_HOST | conninfo_to_dict(database_url)))


def message_of(error: DatabaseError) -> str:
    """Return what Postgres said, in its first line, which holds no row and no password."""
    return error.diag.message_primary or str(error).strip().split("\n", 1)[0]
