"""An analyst who logs in, for tests of what one may see."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from cookbook_data import store_cookbook_data

from store.database import Connection, connect

ALLOW = b"INSERT INTO analysts (customer_id, role_name, sees_people) VALUES (%s, 'anna', %s)"
_T0 = datetime(2026, 1, 5, tzinfo=UTC)


@asynccontextmanager
async def logged_in_analyst(owner_url: str) -> AsyncGenerator[tuple[Connection, Connection]]:
    """Let an analyst log in beside the owner of a database in which two customers have rows."""
    async with await connect(owner_url, "tests") as owner:
        await owner.execute(b"CREATE ROLE anna LOGIN IN ROLE inlet_analyst")
        try:
            await store_cookbook_data(owner, _T0)
            url = owner_url.replace("//postgres@", "//anna@")
            async with await connect(url, "tests") as anna:
                await anna.execute(b"SET search_path = analytics")
                yield owner, anna
        finally:
            await owner.execute(b"DROP OWNED BY anna")
            await owner.execute(b"DROP ROLE anna")
