"""The page shows messages by WhatsApp as what they are, and links what they quote."""

from urllib.parse import urlencode

from conftest import OpenConnection
from flows import record, values, work
from page_house import open_desk, tags_of, text_of
from sending import sending_channel

OWN, ANN = "whatsapp:+14155238886", "whatsapp:+14155550101"
_EARLIER = 60  # more than a page has


def _form(sid: str, body: str, **fields: str) -> bytes:
    form = {"MessageSid": sid, "From": ANN, "To": OWN, "Body": body, "MessageType": "text"}
    return urlencode(form | fields).encode()


def _quotes(page: str) -> list[str | None]:
    links = tags_of(page, "a")
    return [link["href"] for link in links if str(link.get("class")).startswith("quote")]


async def test_each_is_shown_as_what_it_is(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider="twilio")
        await record(
            conn,
            channel,
            _form("SM1", "<b>Hello</b>", ProfileName="Ann <i>"),
            _form("SM2", "Yes", ButtonText="Yes", OriginalRepliedMessageSid="SM1"),
            _form("SM3", "👍", MessageType="reaction", OriginalRepliedMessageSid="SM2"),
            _form("SM4", "", MessageType="reaction", OriginalRepliedMessageSid="SM0"),
            _form("SM5", "", Latitude="1.5", Longitude="-2"),
        )
        await work(database_url)
        (conversation,) = await values(conn, b"SELECT id::text FROM conversations")
        async with open_desk(database_url) as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            row = text_of(await desk.get("/inbox/list"))
        shown = text_of(page)
        assert "Tapped a button Yes" in shown
        assert "👍 Ann <i> reacted to Yes" in shown
        assert "Reaction taken back Ann <i> took back a reaction" in shown
        assert "Location 1.5, -2" in shown
        assert "https://www.openstreetmap.org/?mlat=1.5&mlon=-2" in [
            link.get("href") for link in tags_of(page, "a")
        ]
        assert "<b>Hello" not in page
        first, second = await values(conn, b"SELECT id FROM messages WHERE seq < 3 ORDER BY seq")
        assert _quotes(page) == [f"#m-{first}", f"#m-{second}"]
        assert {f"m-{first}", f"m-{second}"} <= {str(li.get("id")) for li in tags_of(page, "li")}
        assert "WhatsApp" in row


async def test_what_is_quoted_on_an_earlier_page_is_the_last_of_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider="twilio")
        earlier = [_form(f"SM{number}", f"number {number}") for number in range(_EARLIER)]
        answer = _form("SMlast", "This one", OriginalRepliedMessageSid="SM3")
        await record(conn, channel, *earlier, answer)
        await work(database_url)
        (conversation,) = await values(conn, b"SELECT id::text FROM conversations")
        query = b"SELECT id FROM messages WHERE provider_message_id = 'SM3'"
        (quoted,) = await values(conn, query)
        async with open_desk(database_url) as desk:
            [href] = _quotes(await desk.get(f"/inbox/c/{conversation}"))
            assert href is not None
            assert href.endswith(f"before_seq=5#m-{quoted}")
            there = tags_of(await desk.get(href.partition("#")[0]), "li")
            ids = [str(item["id"]) for item in there if "message " in str(item.get("class"))]
            assert ids[-1] == f"m-{quoted}"
