"""An event that kills or stalls whoever reads it harms no neighbour and is given up alone."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenConnection
from flows import (
    an_sms,
    count_of,
    make_channel,
    record,
    until,
    values,
    worker_config,
)

from store.database import connect
from worker.config import WorkerConfig
from worker.loop import drain, run_worker
from worker.reading.batch_reader import ReaderConfig
from worker.reading.limits import Limits
from worker.step import Worker

_IN_BATCH = Limits(cpu_seconds=0.1, blocked_seconds=0.3, seconds_per_mib=0.1)
_ISOLATED = Limits(cpu_seconds=0.4, blocked_seconds=0.4, seconds_per_mib=0.1, niceness=1)
_DEAD = b"SELECT error_class FROM dead_letters"


_DEADLY = {
    "KILLS": "reader_killed",
    "CRASHES": "reader_killed",
    "LEAVES": "reader_killed",
    "SPINS": "took_too_long",
    "SPINS_AND_SWALLOWS": "took_too_long",
    "BACKTRACKS": "took_too_long",
    "COMPUTES_IN_C": "took_too_long",
    "SLEEPS": "took_too_long",
    "IGNORES_SIGNALS": "took_too_long",
}


def _apart(
    url: str, harm: str, in_batch: Limits = _IN_BATCH, isolated: Limits = _ISOLATED
) -> WorkerConfig:
    """Configure a worker whose readers suffer some harm from `odd` events."""
    readers = ReaderConfig(registry=f"deadly_provider:{harm}", in_batch=in_batch, isolated=isolated)
    return replace(worker_config(url), readers=readers)


def _count_files(folder: Path) -> int:
    return len(list(folder.iterdir()))


@pytest.mark.parametrize("deadly", _DEADLY)
async def test_it_is_given_up_when_it_did_so_twice_alone(
    database_url: str, open_connection: OpenConnection, deadly: str
) -> None:
    error_class = _DEADLY[deadly]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        names = [f"fine-{number:03}" for number in range(150)]
        await record(conn, channel, *(an_sms(name) for name in (*names, "odd", "fine-last")))
        async with asyncio.timeout(120):
            await drain(_apart(database_url, deadly))
        assert await count_of(conn, "messages") == 151
        assert await values(conn, _DEAD) == [error_class]
        assert await values(conn, b"SELECT attempts FROM dead_letters") == [1]
        assert await values(conn, b"SELECT error_class FROM inbound_failures") == [error_class]
        assert await count_of(conn, "inbound_queue") == 0


@pytest.mark.parametrize("deadly", ["KILLS", "SPINS"])
async def test_several_in_one_batch(
    database_url: str, open_connection: OpenConnection, deadly: str
) -> None:
    """First, last, and two in a row."""
    error_class = _DEADLY[deadly]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        names = ["odd-1", "a", "odd-2", "odd-3", "b", "odd-4"]
        await record(conn, channel, *(an_sms(name) for name in names))
        await drain(_apart(database_url, deadly))
        assert await count_of(conn, "messages") == 2
        assert await values(conn, _DEAD) == [error_class] * 4


@pytest.mark.parametrize("losses", [1, 2])
async def test_a_healthy_event_that_lost_its_reader_is_not_recorded_as_failed(
    database_url: str, open_connection: OpenConnection, tmp_path: Path, losses: int
) -> None:
    """As when the machine was short of memory, in its batch and once more alone."""

    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        odd = an_sms("odd", body=f"{losses} {tmp_path}")
        await record(conn, channel, an_sms("a"), odd, an_sms("b"))
        await drain(_apart(database_url, "DIES_AT_FIRST"))
        assert _count_files(tmp_path) == losses
        assert await count_of(conn, "messages") == 3
        assert await count_of(conn, "dead_letters") == 0
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_paused_reader_is_nobodys_fault(
    database_url: str, open_connection: OpenConnection
) -> None:
    """It stands still for longer than it may compute, and its event is not even moved aside."""

    isolated: list[int] = []
    patient = replace(_IN_BATCH, blocked_seconds=30.0)
    config = _apart(database_url, "STANDS_STILL", patient)
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), an_sms("odd"), an_sms("b"))
        worker = Worker(config)
        worker.on_dangerous = lambda: isolated.append(1)
        await worker.step()
        await worker.close()
        assert await count_of(conn, "messages") == 3
        assert await count_of(conn, "inbound_failures") == 0
        assert not isolated


async def test_neighbours_do_not_wait_for_what_hangs(fresh_database_url: str) -> None:
    """While the stalled one has its long time alone, live events come and go."""
    patient = replace(_ISOLATED, cpu_seconds=600.0, blocked_seconds=600.0)
    config = _apart(fresh_database_url, "SPINS", isolated=patient)
    stop = asyncio.Event()
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        working = asyncio.create_task(run_worker(config, stop))
        for round_number in range(3):
            await record(
                conn, channel, an_sms(f"odd-{round_number}"), an_sms(f"fine-{round_number}")
            )

            async def is_there(count: int = round_number + 1) -> bool:
                return await count_of(conn, "messages") == count

            await until(is_there)
        assert await values(conn, b"SELECT lane FROM inbound_queue") == [2, 2, 2]
        stop.set()
        async with asyncio.timeout(120):
            await working
        assert await count_of(conn, "dead_letters") == 0


async def test_big_events_have_more_time(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        big = an_sms("big", body="x" * (8 << 20))
        await record(conn, channel, big, an_sms("a"))
        await drain(_apart(database_url, "KILLS"))
        assert await count_of(conn, "messages") == 2
        assert await count_of(conn, "inbound_failures") == 0


async def test_repeated_events_wait_for_live_ones_but_not_for_ever(
    fresh_database_url: str,
) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, *(an_sms(f"r{number}") for number in range(120)))
        await conn.execute("UPDATE inbound_queue SET lane = 1")
        await record(conn, channel, *(an_sms(f"live{number}") for number in range(10)))
        worker = Worker(worker_config(fresh_database_url))
        first, second = await worker.step(), await worker.step()
        assert (first.lane, len(first.claimed)) == (0, 10)
        assert (second.lane, len(second.claimed)) == (1, 50)
        await worker.close()
