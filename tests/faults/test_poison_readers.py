"""An event that kills or stalls whoever reads it harms no neighbour and is given up alone."""

import asyncio
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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
from odd_provider import Odd

from domain.event import ClaimedEvent
from domain.message import Reading
from store.database import connect
from worker.config import WorkerConfig
from worker.loop import drain, run_worker
from worker.reading.limits import Limits
from worker.reading.nursery import Nursery
from worker.step import Worker

_IN_BATCH = Limits(cpu_seconds=0.1, blocked_seconds=0.3, seconds_per_mib=0.1)
_ALL_ALONE = Limits(cpu_seconds=0.4, blocked_seconds=0.4, seconds_per_mib=0.1, niceness=1)
_HERE = Path(__file__).parent
_DEAD = b"SELECT error_class FROM dead_letters"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _crash() -> None:
    ctypes.string_at(0)


def _leave() -> None:
    os._exit(0)


def _spin() -> None:
    while True:
        pass


def _spin_and_swallow() -> None:
    while True:
        try:
            _spin()
        except BaseException:  # noqa: S112  # that is what it is here for
            continue


def _backtrack() -> None:
    re.fullmatch(r"(a+)+b", "a" * 40)


def _compute_in_c() -> None:
    pow(3, 1 << 27)


def _sleep() -> None:
    time.sleep(60)


def _ignore_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    _spin()


_DEADLY: dict[str, tuple[Callable[[], None], str]] = {
    "kills": (_die, "reader_killed"),
    "crashes": (_crash, "reader_killed"),
    "leaves": (_leave, "reader_killed"),
    "spins": (_spin, "took_too_long"),
    "spins and swallows": (_spin_and_swallow, "took_too_long"),
    "backtracks": (_backtrack, "took_too_long"),
    "computes in C": (_compute_in_c, "took_too_long"),
    "sleeps": (_sleep, "took_too_long"),
    "ignores signals": (_ignore_signals, "took_too_long"),
}


def _apart(url: str, what: Callable[[], None]) -> WorkerConfig:
    """Configure a worker that reads apart, and whose provider does `what` to `odd` events."""

    def read_one(event: ClaimedEvent) -> Reading | None:
        if event.dedup_key.startswith("message:odd"):
            what()
        return None

    providers = {"generic": Odd(read_one=read_one)}
    return replace(worker_config(url, providers=providers), nursery=Nursery(_IN_BATCH, _ALL_ALONE))


@pytest.mark.parametrize("deadly", _DEADLY)
async def test_it_is_given_up_when_it_did_so_twice_alone(
    database_url: str, open_connection: OpenConnection, deadly: str
) -> None:
    what, error_class = _DEADLY[deadly]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        names = [f"fine-{number:03}" for number in range(150)]
        await record(conn, channel, *(an_sms(name) for name in (*names, "odd", "fine-last")))
        async with asyncio.timeout(120):
            await drain(_apart(database_url, what))
        assert await count_of(conn, "messages") == 151
        assert await values(conn, _DEAD) == [error_class]
        assert await values(conn, b"SELECT attempts FROM dead_letters") == [1]
        assert await values(conn, b"SELECT error_class FROM inbound_failures") == [error_class]
        assert await count_of(conn, "inbound_queue") == 0


@pytest.mark.parametrize("deadly", ["kills", "spins"])
async def test_several_in_one_batch(
    database_url: str, open_connection: OpenConnection, deadly: str
) -> None:
    """First, last, and two in a row."""
    what, error_class = _DEADLY[deadly]
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        names = ["odd-1", "a", "odd-2", "odd-3", "b", "odd-4"]
        await record(conn, channel, *(an_sms(name) for name in names))
        await drain(_apart(database_url, what))
        assert await count_of(conn, "messages") == 2
        assert await values(conn, _DEAD) == [error_class] * 4


@pytest.mark.parametrize("losses", [1, 2])
async def test_a_healthy_event_that_lost_its_reader_is_not_recorded_as_failed(
    database_url: str, open_connection: OpenConnection, tmp_path: Path, losses: int
) -> None:
    """As when the machine was short of memory, in its batch and once more alone."""

    def losses_so_far() -> int:
        return len(list(tmp_path.iterdir()))

    def die_at_first() -> None:
        if losses_so_far() < losses:
            (tmp_path / str(os.getpid())).touch()
            _die()

    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), an_sms("odd"), an_sms("b"))
        await drain(_apart(database_url, die_at_first))
        assert losses_so_far() == losses
        assert await count_of(conn, "messages") == 3
        assert await count_of(conn, "dead_letters") == 0
        assert await count_of(conn, "inbound_failures") == 0


async def test_a_paused_reader_is_nobodys_fault(
    database_url: str, open_connection: OpenConnection
) -> None:
    """It stands still for longer than it may compute, and its event is not even moved aside."""

    def stand_still() -> None:
        reader = os.getpid()
        if os.fork() == 0:
            time.sleep(1.5)
            os.kill(reader, signal.SIGCONT)
            os._exit(0)
        os.kill(reader, signal.SIGSTOP)

    isolated: list[int] = []
    config = _apart(database_url, stand_still)
    limits = replace(_IN_BATCH, blocked_seconds=30.0)
    config = replace(config, nursery=Nursery(limits, _ALL_ALONE))
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
    patient = replace(_ALL_ALONE, cpu_seconds=600.0, blocked_seconds=600.0)
    config = _apart(fresh_database_url, _spin)
    config = replace(config, nursery=Nursery(_IN_BATCH, patient))
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
        async with asyncio.timeout(60):
            await working
        assert await count_of(conn, "dead_letters") == 0


async def test_who_kills_the_nursery_too_is_found_out(
    database_url: str, open_connection: OpenConnection
) -> None:
    def kill_parent() -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        _die()

    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("a"), an_sms("odd"), an_sms("b"))
        await drain(_apart(database_url, kill_parent))
        assert await count_of(conn, "messages") == 2
        assert await values(conn, _DEAD) == ["reader_killed"]


def test_a_nursery_that_is_forked_from_a_running_loop() -> None:
    """libuv closes its signal pipe in every child; no reader may have its line there."""
    program = (sys.executable, "-m", "nursery_program")
    said = subprocess.run(program, capture_output=True, cwd=_HERE, check=True, text=True)
    assert said.stdout.split() == ["open"] * 6


async def test_big_events_have_more_time(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        big = an_sms("big", body="x" * (8 << 20))
        await record(conn, channel, big, an_sms("a"))
        await drain(_apart(database_url, _die))
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
