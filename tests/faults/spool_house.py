"""The webhook side without HTTP: a group commit, its spool and its drainer, on a real Postgres.

The database can be taken away and given back: nobody may connect, and who was connected is cut off.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from databases import as_owner
from flows import an_sms, event_of, until

from domain.backoff import Backoff
from domain.channel import Channel
from domain.errors import Unavailable
from ingest.draining import Drainer
from ingest.group_commit import GroupCommit
from ingest.spooling import Spooling
from store.database import Connection, connect
from store.events import NewEvent

_CUT_OFF = b"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name SIMILAR TO '(spool house|inlet)%%' AND datname = %s
"""


@dataclass(slots=True)
class SpoolHouse:
    """What runs, and what it reported."""

    database_url: str
    folder: Path
    most_bytes: int = 1 << 30
    patience_seconds: float = 0.2
    connections: int = 0
    drained: list[str | None] = field(default_factory=list[str | None])
    spooling: Spooling = field(init=False)
    group_commit: GroupCommit = field(init=False)
    drainer: Drainer = field(init=False)

    def __post_init__(self) -> None:
        self.spooling = Spooling(self.folder, self.most_bytes)
        self.group_commit = GroupCommit(
            self._connect,
            self.spooling,
            on_commit=lambda: None,
            on_duplicates=lambda _events, _fresh: None,
            patience_seconds=self.patience_seconds,
        )
        backoff = Backoff(lambda: 0.0, shortest=0.02, longest=0.1)
        self.drainer = Drainer(self.spooling, self._connect, backoff, self._drained)

    async def _connect(self) -> Connection:
        self.connections += 1
        return await connect(self.database_url, "spool house")

    def _drained(self, events: Sequence[NewEvent], _fresh: Mapping[str, int]) -> None:
        self.drained += [event.provider_message_id for event in events]

    def submit(self, channel: Channel, *names: str) -> asyncio.Task[None]:
        """Post one delivery with an event of each name."""
        events = [event_of(channel, an_sms(name)) for name in names]
        return asyncio.create_task(self.group_commit.submit(events))

    def submit_events(self, *events: NewEvent) -> asyncio.Task[None]:
        return asyncio.create_task(self.group_commit.submit(events))

    async def until_back(self) -> None:
        """Wait until all is drained and the database takes what comes."""

        async def is_back() -> bool:
            return not self.spooling.is_away and self.spooling.figures.rows == 0

        await until(is_back)

    async def until_drained(self, *names: str) -> None:
        """Wait until just these were moved, in this order."""

        async def are_drained() -> bool:
            return self.drained == list(names)

        await until(are_drained)


@asynccontextmanager
async def open_spool_house(
    database_url: str, folder: Path, *, most_bytes: int = 1 << 30, patience_seconds: float = 0.2
) -> AsyncGenerator[SpoolHouse]:
    """Run one as a web process does, and stop it as that does."""
    house = SpoolHouse(database_url, folder, most_bytes, patience_seconds)
    await house.spooling.open()
    committing = asyncio.create_task(house.group_commit.run())
    draining = asyncio.create_task(house.drainer.run())
    try:
        yield house
    finally:
        house.group_commit.close()
        async with asyncio.timeout(120):
            await committing
            house.drainer.stop()
            await draining
        await house.spooling.close()


@asynccontextmanager
async def database_away(database_url: str) -> AsyncGenerator[None]:
    """Take the database away until the end; whoever is connected already is cut off."""
    name = database_url.rpartition("/")[2].partition("?")[0]
    elsewhere = as_owner(database_url).replace(f"/{name}", "/postgres")
    async with await connect(elsewhere, "tests") as operator:
        await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        try:
            await operator.execute(_CUT_OFF, (name,))
            yield
        finally:
            await operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


async def outcomes(tasks: Sequence[asyncio.Task[None]]) -> list[type[BaseException] | None]:
    async with asyncio.timeout(120):
        done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, Unavailable) for outcome in done)
    return [type(outcome) if outcome else None for outcome in done]
