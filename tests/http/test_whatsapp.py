"""Messages by WhatsApp: shown as what they are, with what they quote, by the API."""

from dataclasses import replace
from urllib.parse import quote

import respx
from contract import check_response
from sending import sender_config
from test_sending_to_suppressed import post
from whatsapp_house import (
    ANN,
    OWN,
    TWILIO_URL,
    messages_of,
    the_conversation,
    whatsapp_house,
    write_in,
)

from domain.sealing import Sealer
from tests.http.whole_house import SECRET_KEY
from worker.sending.sender import drain_sends


async def test_each_message_says_what_it_is(database_url: str) -> None:
    async with whatsapp_house(database_url) as house:
        place = {
            "Latitude": "48.21",
            "Longitude": "16.36",
            "Label": "Café",
            "MessageType": "location",
        }
        await write_in(house, "", **place)
        await write_in(house, "👍", MessageType="reaction")
        await write_in(house, "Yes", MessageType="interactive", ButtonText="Yes")
        await write_in(house, "", MessageType="order")
        await write_in(house, "Bye")
        messages = await messages_of(house)
        assert [message["shape"] for message in messages] == [
            "location", "reaction", "choice", "unsupported", None,
        ]  # fmt: skip
        assert {message["kind"] for message in messages} == {"whatsapp"}
        assert all(message["body"].strip() for message in messages)
        assert messages[0]["from"]["name"] == "Ann"
        conversation = await the_conversation(house)
        [participant] = conversation["participants"]
        assert (participant["address"], participant["contact"]["name"]) == (ANN, "Ann")
        assert (conversation["needs_reply"], conversation["unread_count"]) == (True, 5)
        assert conversation["last_message"]["preview"] == "Bye"


async def test_an_answer_names_the_message_that_it_answers(database_url: str) -> None:
    """Theirs or ours, of the same conversation; another's, and what is not there, is none."""
    async with whatsapp_house(database_url) as house:
        first = await write_in(house, "Which size?")
        conversation = (await the_conversation(house))["id"]
        path = f"/conversations/{conversation}/messages"
        answered = (await post(house, path, {"body": "Small or large?"})).json()
        assert answered["kind"] == "whatsapp"
        with respx.mock as router:
            router.post(TWILIO_URL).respond(201, json={"sid": "SMours", "status": "queued"})
            config = sender_config(house.database_url)
            assert await drain_sends(replace(config, sealer=Sealer(SECRET_KEY))) == 1
        await write_in(house, "Small", OriginalRepliedMessageSid="SMours")
        await write_in(house, "🙏", MessageType="reaction", OriginalRepliedMessageSid=first)
        await write_in(house, "Hm", OriginalRepliedMessageSid="SMnever")
        quoted = [message["quoted"] for message in await messages_of(house)]
        assert quoted[:2] == [None, None]
        assert quoted[2] == {
            "id": answered["id"], "seq": 2, "direction": "outbound", "preview": "Small or large?",
        }  # fmt: skip
        assert (quoted[3]["seq"], quoted[3]["direction"]) == (1, "inbound")
        assert quoted[4] is None

        ben = "whatsapp:+14155550102"
        await write_in(house, "Me too", From=ben, OriginalRepliedMessageSid=first)
        response = await house.get(f"/api/conversations?address={quote(ben)}", "agent")
        [other] = response.json()["items"]
        response = await house.get(f"/api/conversations/{other['id']}/messages", "agent")
        check_response(response)
        assert [message["quoted"] for message in response.json()["items"]] == [None]


async def test_one_message_by_its_id_has_all_of_it(database_url: str) -> None:
    async with whatsapp_house(database_url) as house:
        first = await write_in(house, "Hello")
        await write_in(house, "👍", MessageType="reaction", OriginalRepliedMessageSid=first)
        [one, other] = await messages_of(house)
        response = await house.get(f"/api/messages/{other['id']}", "agent")
        check_response(response)
        assert response.json()["shape"] == "reaction"
        assert response.json()["quoted"]["id"] == one["id"]
        assert one["to"][0]["address"] == OWN
