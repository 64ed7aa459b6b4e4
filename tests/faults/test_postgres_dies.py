"""The embedded Postgres comes back while `inlet up` runs, which ends whatever is broken."""

import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest
from flows import count_of
from inlet_up import (
    PATIENCE_SECONDS,
    Running,
    folder_of_its_own,
    has_ended,
    is_alive,
    kill_postgres_of,
    postgres_of,
    up,
    wait_until,
)

from app.embedded_postgres import embedded_postgres
from store.database import connect

_LONGEST_STOP_SECONDS = 60.0  # what hangs hangs for ever; a machine may be busy


@pytest.fixture(scope="module")
def shared_folder() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


@pytest.fixture(scope="module")
def inlet(shared_folder: Path) -> Generator[Running]:
    with up(shared_folder) as running:
        yield running


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


def _first(processes: list[psutil.Process]) -> psutil.Process:
    return processes[0]


def _named(word: str) -> Callable[[list[psutil.Process]], psutil.Process]:
    def find(processes: list[psutil.Process]) -> psutil.Process:
        return next(process for process in processes if word in " ".join(process.cmdline()))

    return find


@pytest.mark.parametrize(
    "find",
    [_first, _named("checkpointer"), _named("walwriter"), _named(" inlet [local]")],
    ids=["postmaster", "checkpointer", "walwriter", "backend"],
)
def test_a_killed_process_of_postgres_is_made_good(
    inlet: Running,
    shared_folder: Path,
    find: Callable[[list[psutil.Process]], psutil.Process],
    request: pytest.FixtureRequest,
) -> None:
    before = inlet.known_message_count()
    name = f"after the kill of {request.node.callspec.id}"
    killed = find(postgres_of(shared_folder))
    began = time.monotonic()
    killed.kill()

    wait_until(lambda: inlet.send(name) == 200)
    wait_until(lambda: inlet.message_count() == before + 1)
    assert time.monotonic() - began < _LONGEST_STOP_SECONDS
    assert has_ended(inlet.process) is False


def test_a_postgres_that_dies_with_all_it_has_comes_back(
    inlet: Running, shared_folder: Path
) -> None:
    before = inlet.known_message_count()
    kill_postgres_of(shared_folder)

    wait_until(lambda: inlet.send("after all of it was killed") == 200)
    wait_until(lambda: inlet.message_count() == before + 1)


def _kill_for_good(data_dir: Path, _inlet: Running) -> None:
    (data_dir / "postgres" / "global" / "pg_control").rename(data_dir / "pg_control")
    kill_postgres_of(data_dir)
    wait_until(lambda: not postgres_of(data_dir))


def _hang_postgres(data_dir: Path, _inlet: Running) -> None:
    for process in postgres_of(data_dir):
        process.suspend()


def _hang_web(_data_dir: Path, inlet: Running) -> None:
    for web in inlet.children("serve"):
        web.suspend()


def _hang_worker(_data_dir: Path, inlet: Running) -> None:
    for worker in inlet.children("work"):
        worker.suspend()


def _hang_all(data_dir: Path, inlet: Running) -> None:
    _hang_postgres(data_dir, inlet)
    _hang_web(data_dir, inlet)
    _hang_worker(data_dir, inlet)


@pytest.mark.parametrize(
    "break_it", [_kill_for_good, _hang_postgres, _hang_web, _hang_worker, _hang_all]
)
def test_it_stops_in_time_whatever_is_broken(
    data_dir: Path, break_it: Callable[[Path, Running], None], run: Callable[..., int]
) -> None:
    with up(data_dir) as inlet:
        assert inlet.send("kept") == 200
        children = psutil.Process(inlet.process.pid).children()
        break_it(data_dir, inlet)

        code, seconds = inlet.stop()

        assert code == 0
        assert seconds < _LONGEST_STOP_SECONDS
        assert not any(is_alive(child) for child in children)
        assert postgres_of(data_dir) == []
    if (data_dir / "pg_control").exists():
        (data_dir / "pg_control").rename(data_dir / "postgres" / "global" / "pg_control")
    assert run(_event_count, data_dir) == 1


async def _event_count(data_dir: Path) -> int:
    """Count what is kept, after whatever repair Postgres needs."""
    with embedded_postgres(data_dir) as url:
        async with await connect(url, "tests") as conn:
            return await count_of(conn, "inbound_events")


def test_it_stops_in_time_while_postgres_is_coming_back(data_dir: Path) -> None:
    with up(data_dir) as inlet:
        kill_postgres_of(data_dir)
        inlet.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert inlet.process.wait(PATIENCE_SECONDS) == 0
        assert time.monotonic() - began < _LONGEST_STOP_SECONDS
    assert postgres_of(data_dir) == []
