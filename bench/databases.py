"""Databases to measure on: fresh, migrated, with channels. Knows no figure."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

import uvloop

from app.embedded_postgres import DATABASE
from app.ids import new_id, new_token
from app.migrations import apply_migrations
from domain.channel import Channel, ChannelKind
from domain.sealing import Sealer
from store.channels import StoredChannel, insert_channel
from store.database import Connection, connect

T = TypeVar("T")

SECRET_KEY = "the-key-of-the-benchmarks"  # noqa: S105  # seals secrets that are thrown away
CUSTOMER_ID = 1
_OWN_ADDRESSES: dict[ChannelKind, str] = {"sms": "+15005550006", "email": "desk@example.com"}
_NUMBERS = count(1)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on an event loop of the kind the programs use."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


@contextmanager
def fresh_database(server_url: str) -> Generator[str]:
    """Make a migrated database and drop it in the end; yields its URL."""
    with empty_database(server_url) as url:
        run(apply_migrations(url))
        yield url


@contextmanager
def empty_database(server_url: str) -> Generator[str]:
    """Make a database without any table and drop it in the end; yields its URL."""
    with _database(server_url, "template0") as url:
        yield url


@contextmanager
def copied_database(server_url: str, url: str) -> Generator[str]:
    """Make a copy of a database that nobody is connected to, and drop it in the end."""
    with _database(server_url, url.rsplit("/", 1)[1].partition("?")[0]) as copy_url:
        yield copy_url


@contextmanager
def _database(server_url: str, template: str) -> Generator[str]:
    name = f"bench_{next(_NUMBERS)}"
    run(execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}".encode()))
    try:
        yield server_url.replace(f"/{DATABASE}?", f"/{name}?")
    finally:
        run(execute(server_url, f"DROP DATABASE {name} WITH (FORCE)".encode()))


async def execute(url: str, *commands: bytes) -> None:
    """Run commands, each committed for itself."""
    async with await connect(url, "bench", prepare=False) as conn:
        for command in commands:
            await conn.execute(command)


async def read_one(conn: Connection, query: bytes) -> Any:
    """Read a single value."""
    row = await (await conn.execute(query)).fetchone()
    assert row is not None
    return row[0]


async def add_channel(
    conn: Connection,
    kind: ChannelKind,
    name: str,
    secrets: tuple[str, ...] = (),
    provider: str = "generic",
) -> Channel:
    """Add a channel; with secrets it enforces signatures."""
    channel = Channel(
        customer_id=CUSTOMER_ID,
        id=new_id(),
        token=new_token(),
        kind=kind,
        provider=provider,
        name=name,
        own_address=_OWN_ADDRESSES[kind],
        region="US",
        signature_mode="enforce" if secrets else "off",
    )
    sealed = Sealer(SECRET_KEY).seal(secrets, channel.secrets_place) if secrets else None
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
    return channel
