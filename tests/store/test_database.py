"""A connection that was given up is closed, and a server that says nothing is given up in time."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from flows import values

from store.database import Connection, DatabaseUnavailable, connect, cut_after, open_pool


async def test_a_connection_is_closed_that_was_answered_too_late(database_url: str) -> None:
    """As in a process that is stopped for a while: the answer is there, and the time is over."""
    async with await connect(database_url, "tests") as conn:
        with cut_after(conn, 0.01):
            await conn.execute(b"SELECT 1")
            time.sleep(0.05)  # noqa: ASYNC251 - the whole process stands still
            await asyncio.sleep(0)
        assert conn.closed


async def test_a_connection_that_answers_in_time_stays_open(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        with cut_after(conn, 60):
            await conn.execute(b"SELECT 1")
        assert await values(conn, b"SELECT 1") == [1]


async def test_a_pool_cuts_a_connection_that_is_used_too_long(database_url: str) -> None:
    async with open_pool(database_url, "tests", 1) as pool:
        pool.longest_use_seconds = 0.05
        with pytest.raises(DatabaseUnavailable):
            async with pool.connection() as conn:
                await conn.execute(b"SELECT pg_sleep(60)")
        pool.longest_use_seconds = 60
        async with pool.connection() as conn:
            assert await values(conn, b"SELECT 1") == [1]


@asynccontextmanager
async def _over_tcp(database_url: str) -> AsyncGenerator[str]:
    """Let the server be reached over TCP; yield the URL."""
    parts = urlsplit(database_url)
    asked = parse_qs(parts.query)
    path = f"{asked['host'][0]}/.s.PGSQL.{asked['port'][0]}"

    passing = list[asyncio.Task[None] | None]()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing.append(asyncio.current_task())
        server_reader, server_writer = await asyncio.open_unix_connection(path)
        await asyncio.gather(_copy(reader, server_writer), _copy(server_reader, writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"
    await asyncio.gather(*filter(None, passing))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
    writer.close()
    await writer.wait_closed()


def _patience(conn: Connection) -> tuple[int, int]:
    """Read after how many milliseconds, and how many idle seconds, a silent host is doubted."""
    with socket.socket(fileno=os.dup(conn.fileno())) as ours:
        return (
            ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
            ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel cannot be told")
async def test_a_host_that_vanishes_is_given_up_in_seconds(database_url: str) -> None:
    async with _over_tcp(database_url) as url:
        async with await connect(url, "tests") as conn:
            assert _patience(conn) == (25_000, 10)
        async with open_pool(url, "tests", 1) as pool, pool.connection() as conn:
            assert _patience(conn) == (25_000, 10)
        async with await connect(f"{url}?tcp_user_timeout=3000", "tests") as conn:
            assert _patience(conn) == (3_000, 10)
