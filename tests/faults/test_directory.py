"""Channels are found while the database is there, away, or was never seen by this process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import OpenConnection
from flows import make_channel, until
from spool_house import database_away

from app.clock import monotonic
from domain.backoff import Backoff
from domain.channel import Channel
from domain.errors import Unavailable
from domain.sealing import Sealer
from ingest.directory import ChannelDirectory
from store.database import Connection, open_pool

_KEY = "a secret key of the tests"
_SET_MODE = b"UPDATE channels SET signature_mode = %s WHERE id = %s"
_SET_SECRETS = b"UPDATE channels SET secrets = %s WHERE id = %s"


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def _directory(
    database_url: str, copy: Path | None, clock: Clock | None = None, key: str = _KEY
) -> AsyncGenerator[ChannelDirectory]:
    pool = open_pool(database_url, "spool house directory", 2)
    await pool.open()
    backoff = Backoff(lambda: 0.0, shortest=0.01, longest=0.05)
    directory = ChannelDirectory(pool, Sealer(key), clock or monotonic, backoff, copy)
    await directory.load()
    try:
        yield directory
    finally:
        await pool.close()


@asynccontextmanager
async def _following(directory: ChannelDirectory) -> AsyncGenerator[None]:
    task = asyncio.create_task(directory.run())
    try:
        yield
    finally:
        while not task.done():  # the pool may swallow one: Python 3.11's wait_for does
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)


async def _seal(conn: Connection, channel: Channel, *secrets: str) -> None:
    await conn.execute(
        _SET_SECRETS, (Sealer(_KEY).seal(secrets, channel.secrets_place), channel.id)
    )


async def test_a_channel_is_found_with_its_secrets_before_and_after_the_first_look(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _directory(database_url, None) as directory:
        channel = await make_channel(conn, "sms")
        await _seal(conn, channel, "new", "old")
        for _ in range(2):
            found = await directory.find(channel.token)
            assert found is not None
            assert (found.id, found.secrets) == (channel.id, ("new", "old"))
            await directory.refresh()
        assert await directory.find("nobody") is None


async def test_a_change_is_seen_with_the_next_look(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _directory(database_url, None) as directory:
        one, other = await make_channel(conn, "sms"), await make_channel(conn, "email")
        await directory.refresh()
        first = await directory.find(one.token)
        unchanged = await directory.find(other.token)
        await _seal(conn, one, "turned")
        await conn.execute(_SET_MODE, ("enforce", one.id))
        assert await directory.find(one.token) == first
        await directory.refresh()
        found = await directory.find(one.token)
        assert found is not None
        assert (found.signature_mode, found.secrets) == ("enforce", ("turned",))
        assert await directory.find(other.token) is unchanged


async def test_a_token_that_names_none_is_asked_for_once_in_a_while(
    database_url: str, open_connection: OpenConnection
) -> None:
    clock = Clock()
    async with open_connection() as conn, _directory(database_url, None, clock) as directory:
        channel = await make_channel(conn, "sms")
        await conn.execute(b"UPDATE channels SET token = reverse(token)")
        assert await directory.find(channel.token) is None
        await conn.execute(b"UPDATE channels SET token = %s", (channel.token,))
        assert await directory.find(channel.token) is None
        clock.now = 2.5
        assert await directory.find(channel.token) is not None


async def test_in_an_outage_who_is_known_is_found_and_others_are_put_off(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _directory(database_url, None) as directory:
        known = await make_channel(conn, "sms")
        await directory.refresh()
        async with database_away(database_url), _following(directory):
            found = await directory.find(known.token)
            assert found is not None
            async with asyncio.timeout(120):
                with pytest.raises(Unavailable):
                    await directory.find("nobody")

        async def is_told() -> bool:
            try:
                return await directory.find("nobody") is None
            except Unavailable:
                return False

        async with _following(directory):
            await until(is_told)


async def test_a_start_without_a_database_goes_by_the_copy(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    copy = tmp_path / "spool" / "channels.json"
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await _seal(conn, channel, "a planted secret")
        async with _directory(database_url, copy) as directory:
            await directory.refresh()
            found = await directory.find(channel.token)
        assert copy.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in copy.parent.iterdir()] == ["channels.json"]
        assert b"a planted secret" not in copy.read_bytes()
        async with (
            database_away(database_url),
            _directory(database_url, copy) as directory,
            _following(directory),
        ):
            assert await directory.find(channel.token) == found
            with pytest.raises(Unavailable):
                await directory.find("nobody")


@pytest.mark.parametrize("written", [b"", b"{", b'{"version": 2, "channels": []}', b'{"a": 1}'])
async def test_a_copy_that_cannot_be_read_is_no_copy(
    database_url: str, open_connection: OpenConnection, tmp_path: Path, written: bytes
) -> None:
    copy = tmp_path / "channels.json"
    copy.write_bytes(written)
    async with open_connection() as conn, _directory(database_url, copy) as directory:
        channel = await make_channel(conn, "sms")
        assert await directory.find(channel.token) is not None
        await directory.refresh()
        assert copy.read_bytes() != written


async def test_secrets_sealed_with_another_key_are_no_reason_to_turn_away_for_good(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with (
        open_connection() as conn,
        _directory(database_url, None, key="another secret key") as directory,
    ):
        channel = await make_channel(conn, "sms")
        await _seal(conn, channel, "sealed")
        with pytest.raises(Unavailable):
            await directory.find(channel.token)
