"""The database in use: the one that DATABASE_URL names, else the embedded one. Knows no table."""

from collections.abc import Generator
from contextlib import contextmanager

from app.embedded import embedded_postgres
from app.settings import Settings


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
