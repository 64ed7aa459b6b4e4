"""An embedded Postgres that hangs is started again; one that answers anything is left alone."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event

import psutil
import pytest
from flows import count_of, make_channel, until
from inlet_up import postgres_of, wait_until
from scratch_folders import scratch_folder
from spool_house import open_spool_house, outcomes

from app.embedded_postgres import EmbeddedPostgres, embedded_server
from app.migrations import apply_migrations
from app.postgres_tools import account_for, run_tool
from app.postgres_watch import PostgresWatch
from store.database import DatabaseUnavailable, connect

_PATIENCE = 3


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    with scratch_folder("inlet-hangs-") as path:
        yield path


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Generator[EmbeddedPostgres]:
    with embedded_server(folder) as server:
        asyncio.run(apply_migrations(server.url))
        yield server


@contextmanager
def _watch(postgres: EmbeddedPostgres, is_over: Event | None = None) -> Generator[PostgresWatch]:
    """Watch a server that answers."""
    watch = PostgresWatch(postgres, lambda: 0.0, is_over or Event(), _PATIENCE)
    try:
        wait_until(postgres.question().is_answered)
        watch.look()
        yield watch
    finally:
        watch.close()


def _look(watch: PostgresWatch, times: int) -> None:
    for _ in range(times):
        watch.look()


def _hang(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a process for one connection ends by itself
            process.suspend()


def _first(folder: Path) -> list[psutil.Process]:
    return postgres_of(folder)[:1]


async def _refusal(postgres: EmbeddedPostgres) -> str:
    """Say why nobody is let in."""
    try:
        async with await connect(postgres.url, "tests"):
            return ""
    except DatabaseUnavailable as error:
        return str(error)


@pytest.mark.parametrize("choose", [postgres_of, _first], ids=["all", "postmaster"])
async def test_one_that_hangs_is_started_again_and_nothing_is_lost(
    folder: Path,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    choose: Callable[[Path], list[psutil.Process]],
) -> None:
    async with await connect(postgres.url, "tests") as conn:
        channel = await make_channel(conn, choose.__name__)
        before = await count_of(conn, "inbound_events")
    with _watch(postgres) as watch:
        async with open_spool_house(postgres.url, tmp_path) as house:
            await house.submit(channel, "before")
            pid = postgres.pid()
            _hang(choose(folder))
            names = [str(number) for number in range(20)]
            assert await outcomes([house.submit(channel, name) for name in names]) == [None] * 20
            await asyncio.to_thread(_look, watch, _PATIENCE - 1)
            assert postgres.pid() == pid
            await asyncio.to_thread(watch.look)
            assert postgres.pid() not in (None, pid)
            await house.until_back()
        async with await connect(postgres.url, "tests") as conn:
            assert await count_of(conn, "inbound_events") == before + 21


def test_a_pause_that_ends_counts_for_nothing(folder: Path, postgres: EmbeddedPostgres) -> None:
    with _watch(postgres) as watch:
        pid = postgres.pid()
        for _ in range(3):
            _hang(postgres_of(folder))
            _look(watch, _PATIENCE - 1)
            for process in postgres_of(folder):
                with suppress(psutil.NoSuchProcess):
                    process.resume()
            wait_until(postgres.question().is_answered)
            watch.look()
        assert postgres.pid() == pid


def test_of_two_who_watch_the_second_leaves_the_new_one_alone(
    folder: Path, postgres: EmbeddedPostgres
) -> None:
    with _watch(postgres) as watch, _watch(postgres) as another:
        _hang(postgres_of(folder))
        _look(watch, _PATIENCE - 1)
        _look(another, _PATIENCE - 1)
        hanging = postgres.pid()
        watch.look()
        pid = postgres.pid()
        another.look()
        postgres.start_again(lambda: False, hanging=hanging)
        assert postgres.pid() == pid != hanging


def test_none_is_started_where_it_is_over_anyway(folder: Path, postgres: EmbeddedPostgres) -> None:
    is_over = Event()
    with _watch(postgres, is_over) as watch:
        _hang(postgres_of(folder))
        is_over.set()
        _look(watch, _PATIENCE)
        assert postgres_of(folder) == []
    postgres.start_again(lambda: False)


async def test_one_without_a_free_connection_is_left_alone(postgres: EmbeddedPostgres) -> None:
    with _watch(postgres) as watch:
        pid = postgres.pid()
        async with AsyncExitStack() as connections:
            while "too many clients" not in await _refusal(postgres):
                with suppress(DatabaseUnavailable):
                    await connections.enter_async_context(await connect(postgres.url, "tests"))
            _look(watch, 2 * _PATIENCE)
            assert "too many clients" in await _refusal(postgres)
        assert postgres.pid() == pid


async def test_one_that_recovers_is_left_alone() -> None:
    """As a standby that nobody may read it recovers for ever."""
    with scratch_folder("inlet-recovers-") as folder, embedded_server(folder) as postgres:
        data = folder / "postgres"

        def pg_ctl(*arguments: str) -> None:
            done = run_tool(account_for(data), "pg_ctl", *arguments, folder=data)
            assert done.returncode == 0, done.stderr

        pg_ctl("-m", "immediate", "-w", "stop")
        (data / "standby.signal").touch()
        pg_ctl("-o", "-c hot_standby=off", "-l", "log", "-W", "start")

        async def recovers() -> bool:
            return "not accepting connections" in await _refusal(postgres)

        await until(recovers)
        with _watch(postgres) as watch:
            pid = postgres.pid()
            _look(watch, 2 * _PATIENCE)
            assert await recovers()
            assert postgres.pid() == pid
