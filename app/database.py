"""The database in use: the one that DATABASE_URL names, else the embedded one. Knows no table.

The owner migrates it; web and workers log in as a role that cannot, where there is one.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from random import random

import structlog

from app.embedded_postgres import EmbeddedPostgres, embedded_postgres, embedded_server, url_for
from app.postgres_watch import watched
from app.settings import Settings
from store.app_role import APP, app_can_work
from store.database import DatabaseError, connect

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInUse:
    """A database that is looked after, if it is the embedded one; `url` is what operators use."""

    url: str
    embedded: EmbeddedPostgres | None = None

    def stop_in(self, seconds: float) -> None:
        """Say how long the end of an embedded server in order may take."""
        if self.embedded:
            self.embedded.stop_seconds = seconds


@contextmanager
def database(settings: Settings) -> Generator[str]:
    """Use the database; yields its URL, and stops an embedded one that nobody else uses.

    Raises: OperatorError when the embedded one does not start.
    """
    if settings.database_url:
        yield settings.database_url
        return
    with embedded_postgres(settings.data_dir) as url:
        yield url


@contextmanager
def owner_database(settings: Settings) -> Generator[str]:
    """The same for what only the owner of the tables may do.

    Raises: OperatorError when the embedded one does not start.
    """
    if settings.owner_database_url:
        yield settings.owner_database_url
        return
    with database(settings) as url:
        yield url


@contextmanager
def database_in_use(settings: Settings) -> Generator[DatabaseInUse]:
    """The same for a process that runs on: an embedded one that dies is started again.

    Raises: OperatorError when the embedded one does not start.
    """
    if settings.database_url:
        yield DatabaseInUse(url=settings.database_url)
        return
    with embedded_server(settings.data_dir) as postgres, watched(postgres, random):
        yield DatabaseInUse(url=postgres.url, embedded=postgres)


def find_url_of_processes(settings: Settings, database_url: str) -> str:
    """Return what web and workers log in with: to the embedded one as their role, if it may work.

    Where it may not, because no migration of this version ran yet, they go on as the owner.
    """
    if settings.database_url:
        return database_url
    app_url = url_for(APP, database_url)
    return app_url if asyncio.run(_can_work(app_url)) else database_url


def url_of_processes(settings: Settings, database_url: str) -> str:
    """The same for such a process; says so when it works as the owner of the embedded one."""
    url = find_url_of_processes(settings, database_url)
    if url == database_url and not settings.database_url:
        _LOG.warning("working_as_owner", mend="inlet migrate apply")
    return url


async def _can_work(app_url: str) -> bool:
    try:
        async with await connect(app_url, "inlet check", prepare=False) as conn:
            return await app_can_work(conn)
    except DatabaseError:
        return False
