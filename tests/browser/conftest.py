"""A browser before real processes: one Chromium, one web process and one worker for its tests.

The tests run on one event loop, since a browser lives on the loop that started it. Where there is
no Chromium they are skipped; on CI that is a failure.
"""

import asyncio
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from databases import as_app, copy_of
from playwright.async_api import Browser, expect

from bench.browser import chromium, find_chromium
from browser.desks import Customer, new_customer
from browser.processes import PlayedProvider, Processes

_PATIENCE_MS = 120_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let these tests come last, so that their processes disturb no others."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test of this folder on the loop that its browser lives on."""
    runner = pyfuncitem.funcargs["runner"]
    assert isinstance(runner, asyncio.Runner)
    names = pyfuncitem._fixtureinfo.argnames  # pyright: ignore[reportPrivateUsage]
    runner.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="package")
def runner() -> Generator[asyncio.Runner]:
    with asyncio.Runner() as started:
        yield started


@pytest.fixture(scope="package")
def browser(runner: asyncio.Runner) -> Generator[Browser]:
    path = find_chromium()
    if path is None:
        why = "no Chromium found: install `chromium` for the browser tests"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    expect.set_options(timeout=_PATIENCE_MS)
    running = chromium(path)
    yield runner.run(running.__aenter__())
    runner.run(running.__aexit__(None, None, None))


@pytest.fixture(scope="package")
def processes(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Processes]:
    folder: Path = tmp_path_factory.mktemp("browser")
    with (
        copy_of(server_url, template) as url,
        Processes(as_app(url), folder).running() as running,
    ):
        yield running


@pytest.fixture(scope="package")
def provider(processes: Processes) -> Generator[PlayedProvider]:
    with PlayedProvider(processes.url, processes.provider_listener).running() as running:
        yield running


@pytest.fixture
def customer(
    runner: asyncio.Runner, browser: Browser, processes: Processes, provider: PlayedProvider
) -> Generator[Customer]:
    """Yield a customer of the test's own; pages must not have complained."""
    made = runner.run(new_customer(processes, provider, browser))
    yield made
    runner.run(made.contexts.aclose())
    runner.run(made.client.aclose())
    assert made.complaints == []
