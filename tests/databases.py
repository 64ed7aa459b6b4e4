"""Makes databases for tests on the server of a run, and runs coroutines for that."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar, cast

import uvloop
from psycopg import sql

from app.embedded_postgres import url_for
from app.postgres_server import USER
from store.app_role import APP
from store.database import connect

T = TypeVar("T")

_NUMBERS = count(1)


def as_app(owner_url: str) -> str:
    """Return the URL with which web and workers log in to a database."""
    return url_for(APP, owner_url)


def as_owner(app_url: str) -> str:
    """Return the URL of the owner of a database's tables, a superuser."""
    return app_url.replace(f"//{APP}@", f"//{USER}@", 1)


class PreparedDatabases:
    """Databases that are filled once for each process of a run, and copied for each test."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._prepared: dict[object, tuple[str, object]] = {}

    @contextmanager
    def copy(self, fill: Callable[[str], Coroutine[Any, Any, T]]) -> Generator[tuple[str, T]]:
        """Yield the URL of a copy of what `fill` made of a migrated database, and its result.

        Both as web and workers log in.
        """
        if fill not in self._prepared:
            name = f"inlet_prepared_{next(_NUMBERS)}"
            url = create_database(self._server_url, name, self._template)
            self._prepared[fill] = name, run_coroutine(fill(as_app(url)))
        name, result = self._prepared[fill]
        with copy_of(self._server_url, name) as url:
            yield as_app(url), cast("T", result)


@contextmanager
def copy_of(server_url: str, template: str) -> Generator[str]:
    """Yield the owner's URL of a copy of a database, until the block ends."""
    name = f"inlet_own_{next(_NUMBERS)}"
    yield create_database(server_url, name, template)
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    run_coroutine(execute(server_url, drop))


def create_database(server_url: str, name: str, template: str) -> str:
    """Make a database like another; return its owner's URL."""
    text = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    run_coroutine(execute(server_url, text.format(sql.Identifier(name), sql.Identifier(template))))
    return server_url.replace("/inlet?", f"/{name}?")


async def execute(url: str, *commands: sql.SQL | sql.Composed) -> None:
    async with await connect(url, "tests") as connection:
        for command in commands:
            await connection.execute(command)


def run_coroutine(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on an event loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)
