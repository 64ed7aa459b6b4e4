"""What was accepted is committed, once; what cannot be is refused, alone and soon."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from conftest import OpenConnection
from flows import an_sms, count_of, event_of, make_channel, until, until_blocked, values

from domain.channel import Channel
from domain.errors import Unavailable
from ingest.group_commit import GroupCommit
from ingest.spooling import Spooling
from store.database import Connection, DatabaseUnavailable, connect
from store.events import NewEvent

_TERMINATE = b"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'group commit' AND datname = current_database()
"""


@dataclass(slots=True)
class House:
    """A group commit that runs, and what it asked for."""

    database_url: str
    is_away: bool = False
    commits: int = 0
    connections: int = 0
    spooling: Spooling = field(init=False)
    group_commit: GroupCommit = field(init=False)

    def __post_init__(self) -> None:
        self.spooling = Spooling(Path("/nowhere"), 0)
        self.group_commit = GroupCommit(
            self._connect, self.spooling, on_commit=self._committed, on_duplicates=_nobody_counts
        )

    async def _connect(self) -> Connection:
        if self.is_away:
            raise DatabaseUnavailable("connection refused")
        self.connections += 1
        return await connect(self.database_url, "group commit")

    def _committed(self) -> None:
        self.commits += 1

    def submit(self, *events: NewEvent) -> asyncio.Task[None]:
        return asyncio.create_task(self.group_commit.submit(events))


def _nobody_counts(_events: Sequence[NewEvent], _fresh: Mapping[str, int]) -> None:
    return


@asynccontextmanager
async def _running(database_url: str) -> AsyncGenerator[House]:
    house = House(database_url)
    running = asyncio.create_task(house.group_commit.run())
    try:
        yield house
    finally:
        house.group_commit.close()
        async with asyncio.timeout(120):
            await running


@asynccontextmanager
async def _held_up(conn: Connection) -> AsyncGenerator[None]:
    """Let every flush wait until the end."""
    async with conn.transaction():
        await conn.execute("LOCK TABLE inbound_queue IN ACCESS EXCLUSIVE MODE")
        yield


def _events(channel: Channel, *names: str) -> list[NewEvent]:
    return [event_of(channel, an_sms(name)) for name in names]


async def _outcomes(tasks: Sequence[asyncio.Task[None]]) -> list[type[BaseException] | None]:
    async with asyncio.timeout(120):
        done = await asyncio.gather(*tasks, return_exceptions=True)
    return [type(outcome) if outcome else None for outcome in done]


async def test_what_is_answered_is_committed(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        for name in ("a", "b", "a"):
            await house.submit(*_events(channel, name))
            assert await values(
                conn, b"SELECT count(*) FROM inbound_events WHERE provider_message_id = %s", name
            ) == [1]
        assert await count_of(conn, "inbound_queue") == 2
        assert (house.commits, house.connections) == (3, 1)


async def test_an_empty_delivery_waits_for_nothing(database_url: str) -> None:
    async with _running(database_url) as house, asyncio.timeout(120):
        await house.submit()
        assert house.group_commit.waiting_rows == 0


async def test_what_gathers_during_a_flush_goes_together(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        async with open_connection() as holder, _held_up(holder):
            tasks = [house.submit(*_events(channel, "first"))]
            await until_blocked(conn)
            tasks += [house.submit(*_events(channel, str(n % 50))) for n in range(100)]
            await asyncio.sleep(0)
            assert not any(task.done() for task in tasks)
        assert await _outcomes(tasks) == [None] * 101
        assert house.commits == 2
        assert await count_of(conn, "inbound_queue") == 51


async def test_one_batch_is_bounded(database_url: str, open_connection: OpenConnection) -> None:
    """By 500 rows, and by 1 MiB of bodies."""
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        big = event_of(channel, an_sms("big", body="x" * (1 << 20)))
        async with open_connection() as holder, _held_up(holder):
            tasks = [house.submit(*_events(channel, "first"))]
            await until_blocked(conn)
            tasks += [house.submit(*_events(channel, str(n))) for n in range(1001)]
            tasks += [house.submit(big), *(house.submit(*_events(channel, n)) for n in "yz")]
            await asyncio.sleep(0)
        assert await _outcomes(tasks) == [None] * 1005
        assert house.commits == 1 + 2 + 2
        assert await count_of(conn, "inbound_queue") == 1005


async def test_a_full_queue_refuses(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        portions = [_events(channel, *(f"{n}-{m}" for m in range(1000))) for n in range(20)]
        async with open_connection() as holder, _held_up(holder):
            tasks = [house.submit(*_events(channel, "first"))]
            await until_blocked(conn)
            tasks += [house.submit(*portion) for portion in portions]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await house.group_commit.submit(_events(channel, "one too many"))
        assert await _outcomes(tasks) == [None] * 21
        await house.submit(*_events(channel, "again"))
        assert await count_of(conn, "inbound_queue") == 20_002


async def test_too_many_bytes_are_refused_too(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        event = event_of(channel, an_sms("big"))
        async with open_connection() as holder, _held_up(holder):
            tasks = [house.submit(*_events(channel, "first"))]
            await until_blocked(conn)
            body = b"x" * (16 << 20)
            tasks += [
                house.submit(replace(event, dedup_key=str(number), body=body))
                for number in range(4)
            ]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await house.group_commit.submit(_events(channel, "one too many"))
        assert await _outcomes(tasks) == [None] * 5
        await house.submit(*_events(channel, "again"))


async def test_who_hangs_up_disturbs_nobody(
    database_url: str, open_connection: OpenConnection
) -> None:
    """One of those in flight and one of those that wait are cancelled; all are kept."""
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        async with open_connection() as holder, _held_up(holder):
            in_flight = house.submit(*_events(channel, "in flight"))
            await until_blocked(conn)
            waiting = [house.submit(*_events(channel, str(number))) for number in range(3)]
            await asyncio.sleep(0)
            in_flight.cancel()
            waiting[1].cancel()
            await asyncio.sleep(0)
        assert await _outcomes([in_flight, *waiting]) == [
            asyncio.CancelledError, None, asyncio.CancelledError, None,
        ]  # fmt: skip
        await house.submit(*_events(channel, "later"))
        assert await count_of(conn, "inbound_queue") == 5


async def test_without_a_spool_an_outage_refuses_until_it_is_over(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        house.is_away = True
        refused = [house.submit(*_events(channel, f"refused {number}")) for number in range(5)]
        assert await _outcomes(refused) == [Unavailable] * 5
        assert house.spooling.is_away
        house.is_away = False
        house.spooling.mark_back()
        await house.submit(*_events(channel, "a", "refused 1"))
        assert await count_of(conn, "inbound_queue") == 2


async def test_a_lost_connection_is_made_again(
    database_url: str, open_connection: OpenConnection
) -> None:
    """Idle, and in the middle of a flush: nobody who waits is refused for it."""
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        await house.submit(*_events(channel, "a"))
        assert await values(conn, _TERMINATE) == [1]
        await house.submit(*_events(channel, "b"))
        async with open_connection() as holder, _held_up(holder):
            tasks = [house.submit(*_events(channel, "c"))]
            await until_blocked(conn)
            tasks += [house.submit(*_events(channel, name)) for name in "de"]
            await asyncio.sleep(0)
            assert await values(conn, _TERMINATE) == [1]
            await until_blocked(conn)
        assert await _outcomes(tasks) == [None, None, None]
        assert await count_of(conn, "inbound_queue") == 5
        assert await count_of(conn, "inbound_events") == 5


_REFUSED = {
    "NUL": {"provider_message_id": "a\0b"},
    "surrogate": {"provider_message_id": "\ud800"},
    "no JSON": {"headers": "{"},
    "no such channel": {"channel_id": "01930000-0000-7000-8000-00000000dead"},
    "not a kind": {"kind": "fax"},
    "NUL in JSON": {"headers": '{"a": "\\u0000"}'},
}


@pytest.mark.parametrize("refused", _REFUSED)
async def test_one_delivery_that_cannot_be_kept_takes_nobody_with_it(
    database_url: str, open_connection: OpenConnection, refused: str
) -> None:
    async with open_connection() as conn, _running(database_url) as house:
        channel = await make_channel(conn, "sms")
        (poison,) = _events(channel, "poison")
        poison = replace(poison, **_REFUSED[refused])
        async with open_connection() as holder, _held_up(holder):
            tasks = [house.submit(*_events(channel, "first"))]
            await until_blocked(conn)
            tasks += [house.submit(*_events(channel, "a")), house.submit(poison)]
            tasks += [house.submit(*_events(channel, "b"))]
            await asyncio.sleep(0)
        assert await _outcomes(tasks) == [None, None, Unavailable, None]
        assert await _outcomes([house.submit(poison)]) == [Unavailable]
        await house.submit(*_events(channel, "later"))
        assert await count_of(conn, "inbound_queue") == 4
        assert house.connections == 1


async def test_closing_flushes_what_was_accepted(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        async with _running(database_url) as house:
            async with open_connection() as holder, _held_up(holder):
                tasks = [house.submit(*_events(channel, "first"))]
                await until_blocked(conn)
                tasks += [house.submit(*_events(channel, str(n))) for n in range(1200)]
                await asyncio.sleep(0)
                house.group_commit.close()
                with pytest.raises(Unavailable):
                    await house.group_commit.submit(_events(channel, "too late"))
            assert await _outcomes(tasks) == [None] * 1201
        assert await count_of(conn, "inbound_queue") == 1201

        async def is_gone() -> bool:
            return await values(conn, _TERMINATE) == [0]

        await until(is_gone)
