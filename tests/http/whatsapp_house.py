"""What the tests of WhatsApp share: a channel at Twilio, who writes, what is read of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from urllib.parse import urlencode

from contract import check_response
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from store.database import connect

OWN = "whatsapp:+14155238886"
ANN = "whatsapp:+14155550101"
TWILIO_URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
_CHANNEL = ChannelPlan(
    name="wa",
    provider="twilio",
    kind="sms",
    own_address=OWN,
    further_addresses=("+14155550199",),
    account="AC1",
    credential="a token",
)
_AGENT = ("conversations:read", "conversations:write", "messages:write")
_KEYS = {"agent": KeyPlan(scopes=_AGENT, agent="Dana")}
_NUMBERS = count(1)


@asynccontextmanager
async def whatsapp_house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, (_CHANNEL,), _KEYS) as house:
        async with await connect(database_url, "tests") as conn:
            await conn.execute("UPDATE channels SET sends_per_second = 1000")
        yield house


async def write_in(house: House, body: str = "Hello", **fields: str) -> str:
    """Let somebody write, Ann if nobody else is said; return the id of Twilio's."""
    sid = f"SM{next(_NUMBERS):032d}"
    form = {"MessageSid": sid, "From": ANN, "To": OWN, "Body": body, "MessageType": "text"}
    response = await house.client.post(
        url_of(house.channels["wa"]),
        content=urlencode(form | {"ProfileName": "Ann"} | fields),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 200, response.text
    await house.work()
    return sid


async def the_conversation(house: House) -> dict[str, Any]:
    response = await house.get("/api/conversations", "agent")
    check_response(response)
    [conversation] = response.json()["items"]
    return conversation


async def messages_of(house: House) -> list[dict[str, Any]]:
    """Read the messages of the one conversation, the oldest first."""
    conversation = await the_conversation(house)
    path = f"/api/conversations/{conversation['id']}/messages?order=oldest"
    response = await house.get(path, "agent")
    check_response(response)
    return response.json()["items"]
