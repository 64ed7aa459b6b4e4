"""While the database is away the disk takes over: nothing lost, nothing twice, nobody waits."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenConnection
from flows import an_sms, count_of, event_of, make_channel, until, until_blocked, values
from spool_house import database_away, open_spool_house, outcomes

from domain.errors import Unavailable
from ingest.spool_folder import SpoolFolder
from ingest.spooling import Spooling
from store.database import Connection
from store.spool import SpoolFile

_NAMES = b"SELECT provider_message_id FROM inbound_events ORDER BY received_at, id"
_TERMINATE = b"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'spool house' AND datname = current_database()
        AND wait_event_type = 'Lock'
"""


async def _kept(conn: Connection) -> list[object]:
    names = await values(conn, _NAMES)
    assert await count_of(conn, "inbound_queue") == len(names)
    return names


async def test_an_outage_is_bridged_in_order(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn, open_spool_house(database_url, tmp_path) as house:
        channel = await make_channel(conn, "sms")
        await house.submit(channel, "before")
        async with database_away(database_url):
            names = [f"{number:03d}" for number in range(50)]
            assert await outcomes([house.submit(channel, name) for name in names]) == [None] * 50
            assert await outcomes([house.submit(channel, "before"), house.submit(channel, "007")])
            assert house.spooling.is_away
            assert house.spooling.figures.rows == 52
            assert house.spooling.figures.oldest_at is not None
        await house.until_back()
        await house.until_drained(*names, "before", "007")
        await house.submit(channel, "after")
        assert sorted(map(str, await _kept(conn))) == sorted([*names, "before", "after"])
        assert house.spooling.figures.size_bytes == 0


async def test_nobody_connects_for_each_batch_of_an_outage(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn, open_spool_house(database_url, tmp_path) as house:
        channel = await make_channel(conn, "sms")
        house.drainer.stop()
        async with database_away(database_url):
            await house.submit(channel, "first")
            connections = house.connections
            for number in range(20):
                await house.submit(channel, str(number))
            assert house.connections == connections


async def test_a_database_that_does_not_answer_is_left_in_time(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    """Both the statement in flight and what waits behind it; its late commit changes nothing."""
    async with open_connection() as conn, open_spool_house(database_url, tmp_path) as house:
        channel = await make_channel(conn, "sms")
        async with open_connection() as holder, holder.transaction():
            await holder.execute("LOCK TABLE inbound_queue IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(120):
                first = house.submit(channel, "a")
                await until_blocked(conn)
                assert await outcomes([first, house.submit(channel, "b")]) == [None, None]
            assert house.spooling.is_away
            assert house.spooling.figures.rows == 2
        await house.until_back()
        assert sorted(map(str, await _kept(conn))) == ["a", "b"]


async def test_a_connection_cut_in_mid_commit_while_the_database_goes(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with (
        open_connection() as conn,
        open_spool_house(database_url, tmp_path, patience_seconds=20) as house,
    ):
        channel = await make_channel(conn, "sms")
        async with open_connection() as holder, holder.transaction():
            await holder.execute("LOCK TABLE inbound_queue IN ACCESS EXCLUSIVE MODE")
            tasks = [house.submit(channel, "a")]
            await until_blocked(conn)
            tasks += [house.submit(channel, name) for name in "bc"]
            await asyncio.sleep(0)
            async with database_away(database_url):
                assert await outcomes(tasks) == [None] * 3
        await house.until_back()
        assert sorted(map(str, await _kept(conn))) == ["a", "b", "c"]


async def test_a_drain_cut_off_in_the_middle_is_done_again(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn, open_spool_house(database_url, tmp_path) as house:
        channel = await make_channel(conn, "sms")
        async with open_connection() as holder, holder.transaction():
            async with database_away(database_url):
                await house.submit(channel, *(str(number) for number in range(700)))
                await holder.execute("LOCK TABLE inbound_queue IN ACCESS EXCLUSIVE MODE")

            async def is_cut_off() -> bool:
                return await values(conn, _TERMINATE) == [1]

            for _ in range(3):
                await until(is_cut_off)
        await house.until_back()
        assert len(await _kept(conn)) == 700


async def test_a_restart_in_the_outage_loses_nothing(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        async with database_away(database_url):
            async with open_spool_house(database_url, tmp_path) as house:
                await house.submit(channel, "a", "b")
            async with open_spool_house(database_url, tmp_path) as house:
                assert house.spooling.figures.rows == 2
                await house.submit(channel, "c")
        async with open_spool_house(database_url, tmp_path) as house:
            await house.until_drained("a", "b", "c")
        assert sorted(map(str, await _kept(conn))) == ["a", "b", "c"]


async def test_leftovers_of_others_are_adopted_but_not_those_in_use(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    """Also by a process whose own spool is off."""
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        folder = SpoolFolder(tmp_path)
        in_use, left = folder.open_own(), folder.open_own()
        in_use.file.append([event_of(channel, an_sms("in use"))])
        left.file.append([event_of(channel, an_sms("left"))])
        left.close()
        assert [in_use.file.path.name, left.file.path.name] == ["1.sqlite", "2.sqlite"]
        async with open_spool_house(database_url, tmp_path, most_bytes=0):

            async def is_adopted() -> bool:
                return await values(conn, _NAMES) == ["left"] and not left.file.path.exists()

            await until(is_adopted)
        in_use.close()
        async with open_spool_house(database_url, tmp_path) as house:
            assert house.spooling.figures.rows == 1
            await house.until_back()
        assert sorted(map(str, await _kept(conn))) == ["in use", "left"]


@pytest.mark.parametrize("most_bytes", [0, 3000])
async def test_off_or_full_is_refused_at_once(
    database_url: str, open_connection: OpenConnection, tmp_path: Path, most_bytes: int
) -> None:
    async with (
        open_connection() as conn,
        open_spool_house(database_url, tmp_path, most_bytes=most_bytes) as house,
    ):
        channel = await make_channel(conn, "sms")
        async with database_away(database_url):
            tasks = [house.submit(channel, str(number)) for number in range(3)]
            fitting = [None] * 3 if most_bytes else [Unavailable] * 3
            assert await outcomes(tasks) == fitting
            with pytest.raises(Unavailable):
                await house.submit(channel, *(f"x{number}" for number in range(20)))
        await house.until_back()
        await house.submit(channel, "later")
        assert len(await _kept(conn)) == (4 if most_bytes else 1)


async def test_a_row_that_the_database_refuses_is_set_aside(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn, open_spool_house(database_url, tmp_path) as house:
        channel = await make_channel(conn, "sms")
        async with database_away(database_url):
            tasks: list[asyncio.Task[None]] = []
            for number in range(40):
                event = event_of(channel, an_sms(str(number)))
                if number in (0, 17, 18, 39):
                    event = replace(event, kind="fax")  # pyright: ignore[reportArgumentType]
                tasks.append(house.submit_events(event))
            unwritable = replace(event_of(channel, an_sms("x")), dedup_key="\ud800")
            tasks.append(house.submit_events(unwritable))
            assert await outcomes(tasks) == [None] * 40 + [Unavailable]
        await house.until_back()
        assert len(await _kept(conn)) == 36
        await house.submit(channel, "later")
    spool = SpoolFile(tmp_path / "1.sqlite")
    assert (spool.rows, spool.refused_rows) == (0, 4)
    spool.close()


async def test_a_stop_in_the_outage_puts_what_was_accepted_on_the_disk(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        async with (
            database_away(database_url),
            open_spool_house(database_url, tmp_path) as house,
        ):
            tasks = [house.submit(channel, str(number)) for number in range(1200)]
            await asyncio.sleep(0)
            house.group_commit.close()
            assert await outcomes(tasks) == [None] * 1200
        async with open_spool_house(database_url, tmp_path) as house:
            await house.until_back()
        assert len(await _kept(conn)) == 1200


async def test_without_a_folder_to_write_to_it_is_as_if_it_were_off(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    spooling = Spooling(tmp_path / "spool", 1 << 20)
    await spooling.open()
    assert not spooling.can_keep
    with pytest.raises(Unavailable):
        await spooling.keep([])
    await spooling.close()


async def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "1.sqlite").write_bytes(b"torn" * 1000)
    spooling = Spooling(tmp_path, 1 << 20)
    await spooling.open()
    assert spooling.own is not None
    assert spooling.own.file.path.name == "2.sqlite"
    assert await spooling.adopt() is None
    assert (tmp_path / "1.sqlite").exists()
    await spooling.close()
