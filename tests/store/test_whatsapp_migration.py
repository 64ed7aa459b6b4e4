"""What came by WhatsApp before there was a kind for it gets it, and nothing else does."""

from datetime import UTC, datetime

from databases import as_owner
from flows import ANN, an_sms, make_channel, record, values, work
from sending import answer

from app.migration_files import migration_ids
from app.migrations import apply_migrations, roll_back_migrations
from store.database import connect

_KINDS = b"SELECT kind FROM messages ORDER BY received_at, provider_message_id, id"
_CARL = "whatsapp:+14155550103"


async def test_messages_of_before_get_their_kind(fresh_database_url: str) -> None:
    async with await connect(fresh_database_url, "tests") as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("1", ANN), an_sms("2", _CARL), an_sms("3", "whatsapp"))
        picture = an_sms("4", _CARL, kind="mms", attachments=["https://x.test/1"])
        await record(conn, channel, picture, received_at=datetime.now(UTC))
        await work(fresh_database_url)
        query = b"SELECT conversation_id::text FROM messages WHERE provider_message_id = '2'"
        (conversation,) = await values(conn, query)
        await conn.execute("UPDATE channels SET send_url = 'https://provider.test/sends'")
        await answer(conn, str(conversation))
        expected = ["sms", "whatsapp", "sms", "whatsapp", "whatsapp"]
        assert await values(conn, _KINDS) == expected

        (number,) = [n for n, name in enumerate(migration_ids()) if name.endswith("_whatsapp")]
        await roll_back_migrations(as_owner(fresh_database_url), len(migration_ids()) - number)
        assert await values(conn, _KINDS) == ["sms", "sms", "sms", "mms", "sms"]
        await apply_migrations(as_owner(fresh_database_url))
        assert await values(conn, _KINDS) == expected
