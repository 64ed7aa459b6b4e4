"""The page shows messages by WhatsApp as what they are, and links what they quote."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from conftest import OpenConnection
from flows import an_sms, record, values, work
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


def _send_buttons(page: str) -> list[bool]:
    """Say of each button that sends whether it is switched off."""
    buttons = [each for each in tags_of(page, "button") if "as-reply" in str(each.get("class"))]
    return ["disabled" in button for button in buttons]


async def test_the_composer_says_until_when_and_is_off_after_that(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider="twilio")
        now = datetime.now(UTC)
        await record(conn, channel, _form("SM1", "Hi"), received_at=now - timedelta(hours=1))
        await work(database_url)
        (conversation,) = await values(conn, b"SELECT id::text FROM conversations")
        async with open_desk(database_url) as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            assert "WhatsApp takes an answer until" in text_of(page)
            assert "(22 h 59 min left)" in text_of(page)
            assert _send_buttons(page) == [False, False]
            await conn.execute(
                "UPDATE messages SET sent_at = sent_at - '1 day'::interval,"
                " received_at = received_at - '1 day'::interval"
            )
            page = await desk.get(f"/inbox/c/{conversation}")
            assert "WhatsApp takes no answer any more" in text_of(page)
            assert "You can answer once they write again" in text_of(page)
            assert _send_buttons(page) == [True, True]
            refused = await desk.post(
                f"/inbox/c/{conversation}/reply", text="Hi", idempotency_key="key-1"
            )
            assert refused.status_code == 409
            assert "has not written by WhatsApp within 24 hours" in text_of(refused.text)
            refused = await desk.post(
                "/inbox/new",
                idempotency_key="key-2",
                channel_id=f"{channel.id} {channel.own_address}",
                to="whatsapp:+14155550109",
                text="What I typed",
            )
            assert refused.status_code == 409
            assert "has not written by WhatsApp within 24 hours" in text_of(refused.text)
            assert "What I typed" in refused.text


async def test_a_thread_by_sms_says_nothing_of_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn)
        await record(conn, channel, an_sms("1"))
        await work(database_url)
        (conversation,) = await values(conn, b"SELECT id::text FROM conversations")
        async with open_desk(database_url) as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
        assert "WhatsApp" not in text_of(page)
        assert _send_buttons(page) == [False, False]


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
