"""What messages by WhatsApp are and quote is derived from their events, again and again."""

from dataclasses import replace
from urllib.parse import urlencode

from conftest import OpenConnection
from flows import record, work
from rebuilding import compare, found, mend
from sending import sending_channel

OWN, ANN = "whatsapp:+14155238886", "whatsapp:+14155550101"
_ROWS = b"SELECT kind, shape, quoted_id FROM messages ORDER BY seq"


def _form(sid: str, body: str, **fields: str) -> bytes:
    form = {"MessageSid": sid, "From": ANN, "To": OWN, "Body": body, "MessageType": "text"}
    return urlencode(form | fields).encode()


async def test_a_rebuild_finds_shapes_and_quotes_and_mends_them(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        made = await sending_channel(conn, provider="twilio")
        await conn.execute("UPDATE channels SET own_address = %s", (OWN,))
        await conn.execute("UPDATE channel_addresses SET value = %s", (OWN,))
        channel = replace(made, own_address=OWN)
        posted = (
            _form("SM1", "Hello"),
            _form("SM2", "👍", MessageType="reaction", OriginalRepliedMessageSid="SM1"),
            _form("SM3", "", Latitude="1", Longitude="2"),
        )
        await record(conn, channel, *posted)
        await work(database_url)
        expected = [
            ("whatsapp", None, None),
            ("whatsapp", "reaction", "SM1"),
            ("whatsapp", "location", None),
        ]
        assert await (await conn.execute(_ROWS)).fetchall() == expected
        assert found(await compare(database_url)) == {}

        await conn.execute("UPDATE messages SET kind = 'sms', shape = NULL WHERE seq = 3")
        await conn.execute("UPDATE messages SET quoted_id = 'SM9', shape = 'order' WHERE seq = 2")
        assert found(await mend(database_url)) == {"messages": "changed 2 (kind, quoted_id, shape)"}
        assert await (await conn.execute(_ROWS)).fetchall() == expected
        assert found(await compare(database_url)) == {}
