"""What came in before media were fetched is fetched if its provider may still have it."""

from datetime import timedelta

from databases import as_owner
from flows import an_sms, make_channel, record, values, work

from app.clock import utc_now
from app.migration_files import migration_ids
from app.migrations import apply_migrations, roll_back_migrations
from store.database import connect

_QUEUED = b"SELECT concat_ws(' ', url, status) FROM media_fetches"


async def test_what_is_not_too_old_is_queued(fresh_database_url: str) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        now = utc_now()
        for name, days in (("new", 29), ("old", 31)):
            mms = an_sms(name, kind="mms", attachments=[f"https://x.test/{name}"], minute=None)
            await record(conn, channel, mms, received_at=now - timedelta(days=days))
        await work(fresh_database_url)
        (number,) = [n for n, name in enumerate(migration_ids()) if name.endswith("media_fetches")]
        await roll_back_migrations(as_owner(fresh_database_url), len(migration_ids()) - number)
        await apply_migrations(as_owner(fresh_database_url))
        assert await values(conn, _QUEUED) == ["https://x.test/new pending"]
