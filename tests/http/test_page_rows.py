"""What a row says of its conversation: who it is with, and that something is attached."""

from conftest import OpenConnection
from flows import ANN, a_mail, an_sms, make_channel, record, work
from page_house import open_desk, text_of


async def test_a_row_shows_the_name_that_a_mail_came_with(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "email", "email")
        await record(conn, channel, a_mail("one", "Ann Lee <ann@example.org>"))
        await work(database_url)
    async with open_desk(database_url) as desk:
        text = text_of(await desk.get("/inbox"))
        assert "Ann Lee" in text
        assert "ann@example.org" not in text


async def test_a_row_has_a_paperclip_while_the_last_message_has_an_attachment(
    database_url: str, open_connection: OpenConnection
) -> None:
    picture = ("https://media.example.org/cat.jpg",)
    async with open_connection() as conn:
        channel = await make_channel(conn, "line")
        await record(conn, channel, an_sms("one", ANN, minute=1))
        await work(database_url)
        async with open_desk(database_url) as desk:
            assert "With attachment" not in await desk.get("/inbox")
            await record(conn, channel, an_sms("two", ANN, attachments=picture, minute=2))
            await work(database_url)
            assert "With attachment" in await desk.get("/inbox")
            await record(conn, channel, an_sms("three", ANN, minute=3))
            await work(database_url)
            assert "With attachment" not in await desk.get("/inbox")
