"""The database in use: the one that DATABASE_URL names, else the embedded one. Knows no table."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from random import random

from app.embedded_postgres import EmbeddedPostgres, embedded_postgres, embedded_server
from app.postgres_watch import watched
from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInUse:
    """A database that is looked after, if it is the embedded one."""

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
def database_in_use(settings: Settings) -> Generator[DatabaseInUse]:
    """The same for a process that runs on: an embedded one that dies is started again.

    Raises: OperatorError when the embedded one does not start.
    """
    if settings.database_url:
        yield DatabaseInUse(url=settings.database_url)
        return
    with embedded_server(settings.data_dir) as postgres, watched(postgres, random):
        yield DatabaseInUse(url=postgres.url, embedded=postgres)
