"""The page says to whom nothing is sent, and lets whoever may lift that do so by a plain form."""

import json

from conftest import OpenConnection
from flows import a_mail, an_sms, make_channel, record, values, work
from page_house import open_desk, tags_of, text_of

from store.database import Connection

_CONVERSATION = b"SELECT id FROM conversations"
_STANDING = b"SELECT id::text FROM standing_suppressions"
_BOUNCE = {
    "type": "receipt",
    "provider_message_id": "b1",
    "status": "bounced",
    "is_permanent": True,
    "recipient": "ann@example.org",
}


async def _thread(conn: Connection, database_url: str) -> tuple[str, str]:
    """Let Ann write and mail to her bounce; return the conversation and the suppression."""
    channel = await make_channel(conn, "email", "email")
    await record(conn, channel, a_mail("m1", "Ann <ann@example.org>"), json.dumps(_BOUNCE).encode())
    await work(database_url)
    (conversation,), (suppression,) = (
        await values(conn, _CONVERSATION),
        await values(conn, _STANDING),
    )
    return str(conversation), str(suppression)


async def test_an_agent_sees_who_may_lift_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        conversation, suppression = await _thread(conn, database_url)
        async with open_desk(database_url) as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            shown = text_of(page)
            assert "Nothing is sent to ann@example.org : mail to it came back for good" in shown
            assert "A lead or an administrator can lift that." in shown
            assert "Nothing is sent here" in text_of(
                await desk.get(f"/inbox/c/{conversation}/side")
            )
            assert not [
                form for form in tags_of(page, "form") if "/lift" in str(form.get("action"))
            ]
            response = await desk.post(f"/inbox/s/{suppression}/lift", conversation=conversation)
            assert response.status_code == 403
        assert await values(conn, _STANDING) == [suppression]


async def test_a_lead_lifts_it_by_a_form(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        conversation, _ = await _thread(conn, database_url)
        async with open_desk(database_url, scopes=("admin",), role="lead") as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            [form] = [form for form in tags_of(page, "form") if "/lift" in str(form.get("action"))]
            response = await desk.post(str(form["action"]), conversation=conversation)
            assert response.headers["location"] == f"/inbox/c/{conversation}"
            assert "Nothing is sent" not in text_of(await desk.get(f"/inbox/c/{conversation}"))
            again = await desk.post(str(form["action"]), conversation=conversation)
            assert (again.status_code, "was lifted already" in again.text) == (409, True)
        assert await values(conn, _STANDING) == []


async def test_a_new_message_says_it_beside_what_was_typed(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _thread(conn, database_url)
        await conn.execute("UPDATE channels SET send_url = 'https://provider.test/sends'")
        (channel,) = await values(conn, b"SELECT id::text FROM channels")
        async with open_desk(database_url) as desk:
            response = await desk.post(
                "/inbox/new",
                idempotency_key="key-1",
                channel_id=str(channel),
                to="ann@example.org",
                subject="Hello",
                text="What I typed",
            )
            assert response.status_code == 409
            assert "The recipient cannot be written to" in text_of(response.text)
            assert "What I typed" in response.text


async def test_an_opt_out_is_lifted_after_a_question_and_shows_in_its_channel_alone(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        other = await make_channel(conn, "other", own_address="+14155550198")
        await record(conn, channel, an_sms("1", body="STOP"))
        await record(conn, other, an_sms("2", body="Hello", minute=1))
        await work(database_url)
        of_channel = b"SELECT id::text FROM conversations WHERE channel_id = %s"
        (conversation,) = await values(conn, of_channel, channel.id)
        (elsewhere,) = await values(conn, of_channel, other.id)
        async with open_desk(database_url) as desk:
            shown = text_of(await desk.get(f"/inbox/c/{conversation}"))
            assert "they have opted out of texts from this channel" in shown
            assert "Texts go there again once they answer START." in shown
            assert "Lift the opt-out" not in shown
            assert "opted out" not in text_of(await desk.get(f"/inbox/c/{elsewhere}"))
            side = text_of(await desk.get(f"/inbox/c/{conversation}/side"))
            assert "Opted out of texts" in side
        async with open_desk(database_url, "Lee Lead", scopes=("admin",), role="lead") as desk:
            page = await desk.get(f"/inbox/c/{conversation}")
            assert "Lift the opt-out" in text_of(page)
            assert "Only if they have agreed to texts again in another way" in text_of(page)
            [form] = [form for form in tags_of(page, "form") if "/lift" in str(form.get("action"))]
            await desk.post(str(form["action"]), conversation=str(conversation))
            assert "opted out" not in text_of(await desk.get(f"/inbox/c/{conversation}"))
        assert await values(conn, _STANDING) == []
