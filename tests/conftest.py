"""What every test may ask for: a migrated Postgres, and a way to run coroutines.

- `async def test_...` runs on a fresh uvloop event loop, as the programs do.
- `database_url`: the working database, migrated and emptied (customer 1 stays) before each test.
- `fresh_database_url`: a database of the test's own, for tests that break things.
- `empty_database_url`: the same without any table, for tests of the migrations; its owner's.
- `prepared_databases`: databases that are filled once, and copied for each test.
- `inlet`: `inlet("channel", "list")` runs a command on the working database.
- `open_connection`: `async with open_connection() as conn:` on the working database.
- `open_owner_connection`: the same as the owner of its tables.
- `run`: `run(coroutine_function, *arguments)` for fixtures and plain tests.

All of them log in as web and workers do; `as_owner(URL)` is for who migrates, changes a table or
ends the sessions of others.

One embedded Postgres serves each process of a run, with durability off; sockets reach loopback
only.
"""

import asyncio
import gc
import inspect
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvloop
from command_line import Inlet, command_line
from databases import (
    PreparedDatabases,
    as_app,
    as_owner,
    copy_of,
    create_database,
    execute,
    run_coroutine,
)
from emptying import Emptier
from hypothesis import HealthCheck, settings
from parallel import Scheduling
from psycopg import sql
from scratch_folders import scratch_folder
from xdist.remote import Producer

from app.embedded_postgres import embedded_postgres
from app.migrations import apply_migrations
from store.analyst_role import ensure_analyst_role
from store.app_role import ensure_app_role
from store.database import Connection, connect

T = TypeVar("T")
OpenConnection = Callable[[], AbstractAsyncContextManager[Connection]]

_TEMPLATE = "inlet_template"
_WORKING = "inlet_test"
# A test run survives no power cut, so it need not wait for the disk, nor keep much of its log. The
# programs of several tests may run at once.
_SETTINGS = (
    sql.SQL("ALTER SYSTEM SET max_connections = 200"),
    sql.SQL("ALTER SYSTEM SET max_wal_size = '256MB'"),
    sql.SQL("ALTER SYSTEM SET fsync = off"),
    sql.SQL("ALTER SYSTEM SET synchronous_commit = off"),
    sql.SQL("ALTER SYSTEM SET full_page_writes = off"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="150 new examples, not the same 25")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Say how many examples a property is tried on, and refuse sockets beyond loopback."""
    is_thorough = bool(config.getoption("--thorough"))
    settings.register_profile(
        "inlet",
        max_examples=150 if is_thorough else 25,
        derandomize=not is_thorough,
        database=None,
        deadline=None,
        # The database of a test is emptied by the test itself, and takes its time.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    settings.load_profile("inlet")
    # Each client of httpx would read all authorities that the machine trusts: 25 ms, thousands of
    # times. No test leaves the machine.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)
    config.option.allow_hosts = config.option.allow_hosts or "127.0.0.1,::1"
    config.option.allow_unix_socket = True


def pytest_collection_finish() -> None:
    """Spare the collector what lives as long as the run: thousands of tests and their modules."""
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Say how a parallel run is divided."""
    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    run_coroutine(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    def run_function(function: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
        return run_coroutine(function(*arguments))

    return run_function


@pytest.fixture(scope="session")
def server_url() -> Generator[str]:
    """Yield the URL of the server's own database; nothing is kept there."""
    with scratch_folder("inlet-test-") as folder:
        with embedded_postgres(folder) as url:
            run_coroutine(execute(url, *_SETTINGS))
        with embedded_postgres(folder) as url:  # which has these settings from its start
            yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """Make the migrated database that others are cloned from."""
    run_coroutine(_migrate(create_database(server_url, _TEMPLATE, "template0")))
    return _TEMPLATE


async def _migrate(url: str) -> None:
    await apply_migrations(url)
    async with await connect(url, "tests") as conn:
        assert await ensure_analyst_role(conn)
        assert await ensure_app_role(conn, as_app(url))


@pytest.fixture(scope="session")
def working_database_url(server_url: str, template: str) -> str:
    return create_database(server_url, _WORKING, template)


@pytest.fixture(scope="session")
def emptied(working_database_url: str) -> Generator[Callable[[], None]]:
    """Yield what empties the working database."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        emptier = Emptier(working_database_url)
        yield lambda: runner.run(emptier.empty())
        runner.run(emptier.close())


@pytest.fixture
def database_url(working_database_url: str, emptied: Callable[[], None]) -> str:
    emptied()
    return as_app(working_database_url)


@pytest.fixture
def fresh_database_url(server_url: str, template: str) -> Generator[str]:
    with copy_of(server_url, template) as url:
        yield as_app(url)


@pytest.fixture
def empty_database_url(server_url: str) -> Generator[str]:
    with copy_of(server_url, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def prepared_databases(server_url: str, template: str) -> PreparedDatabases:
    return PreparedDatabases(server_url, template)


@pytest.fixture
def open_connection(database_url: str) -> OpenConnection:
    @asynccontextmanager
    async def open_one() -> AsyncGenerator[Connection]:
        async with await connect(database_url, "tests") as connection:
            yield connection

    return open_one


@pytest.fixture
def open_owner_connection(database_url: str) -> OpenConnection:
    @asynccontextmanager
    async def open_one() -> AsyncGenerator[Connection]:
        async with await connect(as_owner(database_url), "tests") as connection:
            yield connection

    return open_one


@pytest.fixture
def inlet(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    return command_line(database_url, tmp_path, monkeypatch, capsys)
