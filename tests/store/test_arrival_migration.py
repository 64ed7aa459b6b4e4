"""What a former version wrote by senders' clocks is brought to ours, and back."""

from datetime import timedelta

from databases import as_owner
from flows import BEN, NOW, an_sms, conversations, make_channel, record, values, work
from structure import reply

from app.migration_files import migration_ids
from app.migrations import apply_migrations, roll_back_migrations
from store.database import connect

_AT = b"SELECT last_activity_at FROM conversations ORDER BY first_message_at"
_SINCE = b"SELECT waiting_since FROM conversations ORDER BY first_message_at"
_DAY = NOW - timedelta(days=1)


async def test_existing_conversations_are_brought_to_our_clock(fresh_database_url: str) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("second", minute=20, body="second"), received_at=NOW)
        late = an_sms("first", minute=10, body="a  day\nlate")
        await record(conn, channel, late, received_at=NOW + timedelta(minutes=1))
        await record(conn, channel, an_sms("answered", BEN, minute=30))
        await work(fresh_database_url)
        by_ben, by_ann = await conversations(conn)
        await reply(conn, by_ben.id, NOW + timedelta(minutes=3))
        before = await conversations(conn), await values(conn, _AT), await values(conn, _SINCE)

        number = migration_ids().index("0026_arrival")
        await roll_back_migrations(as_owner(fresh_database_url), len(migration_ids()) - number)
        assert await values(conn, _AT) == [_DAY + timedelta(minutes=20), NOW + timedelta(minutes=3)]
        assert await values(conn, _SINCE) == [_DAY + timedelta(minutes=10), None]
        last = b"SELECT last_message_preview FROM conversations WHERE id = %s"
        assert await values(conn, last, by_ann.id) == ["second"]

        await apply_migrations(as_owner(fresh_database_url))
        after = await conversations(conn), await values(conn, _AT), await values(conn, _SINCE)
        assert after == before
