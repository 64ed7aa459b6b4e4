"""A migration that finds a lock taken: it lets the others through, tries again, and gives up."""

import asyncio
from pathlib import Path
from shutil import copytree

import pytest
from databases import as_owner
from flows import until_blocked

from app.migration_files import MIGRATIONS
from app.migrations import apply_migrations, roll_back_migrations
from domain.errors import OperatorError
from store.database import connect
from store.schema import LockWaits

_NAME = "9999_alters_bodies"
_COUNT = b"SELECT count(*) FROM bodies"


@pytest.fixture
def fresh_database_url(fresh_database_url: str) -> str:
    """Migrate as the owner."""
    return as_owner(fresh_database_url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Add a migration that locks a table against whoever reads it."""
    folder = copytree(MIGRATIONS, tmp_path / "migrations")
    forward, backward = folder / f"{_NAME}.sql", folder / f"{_NAME}.rollback.sql"
    forward.write_text("ALTER TABLE bodies ADD COLUMN extra bigint;")
    backward.write_text("ALTER TABLE bodies DROP COLUMN extra;")
    return folder


async def test_who_reads_passes_a_migration_that_waits_for_somebody_else(
    fresh_database_url: str, folder: Path
) -> None:
    async with (
        await connect(fresh_database_url, "tests") as holder,
        await connect(fresh_database_url, "tests") as reader,
    ):
        async with holder.transaction():
            await holder.execute(_COUNT)
            waits = LockWaits(seconds=0.2, tries=1_000, rest_seconds=0.01)
            migrating = asyncio.create_task(
                apply_migrations(fresh_database_url, folder=folder, waits=waits)
            )
            await until_blocked(reader)
            # Behind a migration that waited without end this would wait for the holder.
            for _ in range(3):
                await reader.execute(_COUNT)
            assert not migrating.done()

        assert await migrating == [_NAME]


async def test_a_migration_that_always_finds_its_lock_taken_is_one_clear_line(
    fresh_database_url: str, folder: Path
) -> None:
    waits = LockWaits(seconds=0.01, tries=3, rest_seconds=0.01)
    says = f"migration {_NAME} waited 3 times for a lock: end the transaction that"
    async with await connect(fresh_database_url, "tests") as holder:
        async with holder.transaction():
            await holder.execute(_COUNT)
            with pytest.raises(OperatorError, match=says) as caught:
                await apply_migrations(fresh_database_url, folder=folder, waits=waits)
            assert "\n" not in caught.value.detail
        assert await apply_migrations(fresh_database_url, folder=folder) == [_NAME]
        async with holder.transaction():
            await holder.execute(_COUNT)
            with pytest.raises(OperatorError, match=says):
                await roll_back_migrations(fresh_database_url, folder=folder, waits=waits)
