"""By WhatsApp nobody is written to who has not written within 24 hours, whichever the provider."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import respx
from contract import check_response
from sending import SEND_URL, sender_config
from test_sending_to_suppressed import house_of, post, receive, rows
from whatsapp_house import ANN, TWILIO_URL, the_conversation, whatsapp_house, write_in
from whole_house import SECRET_KEY, House

from domain.sealing import Sealer
from store.database import connect
from worker.sending.sender import drain_sends

BEN = "whatsapp:+14155550102"
_STATUS = b"SELECT status, failure_code, failure FROM messages WHERE direction = 'outbound'"
_LATER = b"UPDATE messages SET sent_at = sent_at - %(by)s, received_at = received_at - %(by)s"
_DAY = timedelta(hours=24)


async def let_time_pass(house: House, by: timedelta = _DAY) -> None:
    """Let all messages that came in be older."""
    async with await connect(house.database_url, "tests") as conn:
        await conn.execute(_LATER + b" WHERE direction = 'inbound'", {"by": by})


async def send_all(house: House) -> int:
    """Send what is queued; return how often Twilio was asked."""
    with respx.mock(assert_all_called=False) as router:
        route = router.post(TWILIO_URL).respond(201, json={"sid": "SMours", "status": "queued"})
        config = sender_config(house.database_url)
        await drain_sends(replace(config, sealer=Sealer(SECRET_KEY)))
        return route.call_count


async def answer(house: House) -> httpx.Response:
    conversation = (await the_conversation(house))["id"]
    body = {"body": "Hello", "undo_seconds": 0}
    return await post(house, f"/conversations/{conversation}/messages", body)


async def start(house: House, to: str = ANN, **more: str) -> httpx.Response:
    text = {"channel_id": house.channels["wa"].id, "to": to, "body": "Hi"}
    return await post(house, "/messages/sms", text | more)


def closed(response: httpx.Response) -> bool:
    told: dict[str, Any] = response.json()
    assert ANN not in response.text
    return (response.status_code, told.get("code")) == (409, "window_closed")


async def test_an_answer_is_taken_for_24_hours_and_no_longer(database_url: str) -> None:
    async with whatsapp_house(database_url) as house:
        await write_in(house)
        closes = (await the_conversation(house))["window_closes_at"]
        left = datetime.fromisoformat(closes) - datetime.now(UTC)
        assert timedelta(hours=23, minutes=55) < left <= _DAY
        assert (await answer(house)).status_code == 202
        assert (await start(house)).status_code == 202
        assert await send_all(house) == 2

        await let_time_pass(house, _DAY - timedelta(minutes=1))
        assert (await answer(house)).status_code == 202
        assert await send_all(house) == 1
        await let_time_pass(house, timedelta(minutes=1))
        refused = await answer(house)
        assert closed(refused)
        assert (
            "the recipient has not written by WhatsApp within 24 hours"
            in (refused.json()["detail"])
        )
        assert closed(await start(house))
        assert datetime.fromisoformat((await the_conversation(house))["window_closes_at"]) < (
            datetime.now(UTC)
        )
        await write_in(house, "👍", MessageType="reaction")
        assert (await answer(house)).status_code == 202


async def test_who_never_wrote_to_that_address_has_no_window(database_url: str) -> None:
    async with whatsapp_house(database_url) as house:
        assert closed(await start(house))
        await write_in(house, From=BEN)
        assert closed(await start(house))
        await write_in(house)
        assert closed(await start(house, own_address="+14155550199"))
        assert (await start(house)).status_code == 202
        bare = await start(house, "whatsapp")
        assert bare.json()["errors"][0]["code"] == "not_an_address"
        assert await rows(house, _STATUS) == [("queued", None, None)]


async def test_a_message_that_waited_too_long_is_not_sent(database_url: str) -> None:
    async with whatsapp_house(database_url) as house:
        await write_in(house)
        queued = (await answer(house)).json()
        await let_time_pass(house)
        assert await send_all(house) == 0
        [(status, code, failure)] = await rows(house, _STATUS)
        assert (status, code) == ("failed", "window_closed")
        assert "within 24 hours" in failure
        assert closed(await post(house, f"/messages/{queued['id']}/retry"))
        await write_in(house, "Hello?")
        assert (await post(house, f"/messages/{queued['id']}/retry")).status_code == 202
        assert await send_all(house) == 1


async def test_the_refusal_of_twilio_is_said_in_words(database_url: str) -> None:
    """https://www.twilio.com/docs/api/errors/63016"""
    async with whatsapp_house(database_url) as house:
        await write_in(house)
        await answer(house)
        refused = {"code": 63016, "message": "Outside messaging window", "status": 400}
        with respx.mock as router:
            router.post(TWILIO_URL).respond(400, json=refused)
            config = sender_config(house.database_url)
            await drain_sends(replace(config, sealer=Sealer(SECRET_KEY)))
        [(status, code, failure)] = await rows(house, _STATUS)
        assert (status, code) == ("failed", "63016")
        assert "not written by WhatsApp within 24 hours" in failure


async def test_the_address_decides_and_not_the_provider(database_url: str) -> None:
    async with house_of(database_url) as house:
        await receive(house, {"from": ANN, "provider_message_id": "1", "body": "Hi"}, "text")
        items = (await house.get("/api/conversations?channel_kind=sms", "agent")).json()["items"]
        by_whatsapp = next(item for item in items if item["window_closes_at"])
        path = f"/conversations/{by_whatsapp['id']}/messages"
        assert (await post(house, path, {"body": "Hello"})).status_code == 202
        await let_time_pass(house)
        assert closed(await post(house, path, {"body": "Hello"}))
        text = {"channel_id": house.channels["text"].id, "to": "+14155550101", "body": "Hi"}
        assert (await post(house, "/messages/sms", text)).status_code == 202
        with respx.mock(assert_all_called=False) as router:
            route = router.post(SEND_URL).respond(200, json={"provider_message_id": "out-1"})
            await drain_sends(sender_config(house.database_url))
        ours = b"SELECT kind, status FROM messages WHERE direction = 'outbound' ORDER BY kind"
        sent = await rows(house, ours)
        assert (route.call_count, sent) == (1, [("sms", "sent"), ("whatsapp", "failed")])


async def test_a_list_tells_of_those_by_whatsapp_alone(database_url: str) -> None:
    async with whatsapp_house(database_url) as house:
        await write_in(house)
        await write_in(house, From="+14155550103", To="+14155550199")
        response = await house.get("/api/conversations", "agent")
        check_response(response)
        told = {
            item["participants"][0]["address"]: item["window_closes_at"] is not None
            for item in response.json()["items"]
        }
        assert told == {ANN: True, "+14155550103": False}
