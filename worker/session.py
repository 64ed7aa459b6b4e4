"""A worker's connection to Postgres, made again when it is lost. Knows no table."""

from store.database import Connection, connect, cut
from worker.config import WorkerConfig
from worker.writing.row_cache import RowCache


class Session:
    """One connection at a time; `name` is how Postgres lists it."""

    def __init__(self, config: WorkerConfig, name: str) -> None:
        self._config = config
        self._name = name
        self._connection: Connection | None = None

    async def connected(self, row_cache: RowCache) -> Connection:
        """Return the connection; with a new one, nothing is known any more."""
        if self._connection is None or self._connection.closed:
            row_cache.clear()
            self._connection = await self._connect()
        return self._connection

    async def renew(self) -> None:
        """Take a new connection: the buffers of one stay as large as what ever went through it.

        What is known stays known, for all of it is committed.
        """
        await self.close()
        self._connection = await self._connect()

    async def _connect(self) -> Connection:
        return await connect(
            self._config.database_url, self._name, prepare=self._config.use_prepared
        )

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None and not self._connection.closed

    def cut(self) -> None:
        """Let whatever is under way fail at once."""
        if self._connection is not None:
            cut(self._connection)

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            await self._connection.close()
