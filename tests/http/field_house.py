"""A house with two mailboxes and two numbers, for what providers are known to deliver.

What is sent is kept in `sent`. Knows no case.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import respx
from contract import check_response
from rebuilding import compare, found, mend
from sending import SEND_URL, sender_config
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from store.database import connect
from worker.sending.sender import drain_sends

CHANNELS = (
    ChannelPlan(name="help", provider="generic", kind="email", own_address="help@example.com"),
    ChannelPlan(name="sales", provider="generic", kind="email", own_address="sales@example.com"),
    ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199"),
    ChannelPlan(name="sms-2", provider="generic", kind="sms", own_address="+14155550198"),
)
_KEYS = {
    "writer": KeyPlan(
        scopes=("conversations:read", "conversations:write", "messages:write"), agent="Dana"
    ),
}
_CAN_SEND = b"UPDATE channels SET send_url = %s, sends_per_second = 1000"
_MOMENT = "2024-11-01T14:00:00Z"


@dataclass(slots=True, kw_only=True)
class FieldHouse:
    """The house, and the bodies of what left it."""

    house: House
    database_url: str
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    count: int = 0

    async def receive(self, channel: str, *payloads: dict[str, Any], at_once: bool = False) -> None:
        """Deliver payloads, each worked on before the next unless all are `at_once`."""
        for payload in payloads:
            self.count += 1
            body = {
                "provider_message_id": f"case-{self.count}",
                "body": "x",
                "timestamp": _MOMENT,
            } | payload
            response = await self.house.client.post(url_of(self.house.channels[channel]), json=body)
            assert response.status_code == 200, response.text
            if not at_once:
                await self.house.work()
        if at_once:
            await self.house.work()

    async def conversations(self, channel: str | None = None) -> list[dict[str, Any]]:
        items = await self.items("/api/conversations")
        return [item for item in items if channel in (None, item["channel"]["name"])]

    async def messages(self, conversation: dict[str, Any]) -> list[dict[str, Any]]:
        return await self.items(f"/api/conversations/{conversation['id']}/messages")

    async def items(self, path: str) -> list[dict[str, Any]]:
        response = await self.house.get(path, "writer")
        check_response(response)
        return response.json()["items"]

    async def reply(self, conversation: dict[str, Any], body: str = "our answer") -> dict[str, Any]:
        """Answer, send, and return what left."""
        path = f"/api/conversations/{conversation['id']}/messages"
        response = await self.house.client.post(path, json={"body": body}, headers=bearer("writer"))
        assert response.status_code == 202, response.text
        while await drain_sends(sender_config(self.database_url)):
            pass
        return self.sent[-1]

    async def change(self, conversation: dict[str, Any], change: dict[str, Any]) -> None:
        path = f"/api/conversations/{conversation['id']}"
        response = await self.house.client.patch(path, json=change, headers=bearer("writer"))
        assert response.status_code == 200, response.text

    async def run(self, statement: bytes) -> list[tuple[Any, ...]]:
        """Run a statement; return its rows, if it has any."""
        async with await connect(self.database_url, "tests") as conn:
            cursor = await conn.execute(statement)
            return await cursor.fetchall() if cursor.description else []

    async def mend(self) -> None:
        await mend(self.database_url)

    async def rebuild_agrees(self) -> bool:
        return found(await compare(self.database_url)) == {}


def others(conversation: dict[str, Any]) -> list[str]:
    return sorted(person["address"] for person in conversation["participants"])


@asynccontextmanager
async def open_field_house(database_url: str, *further: ChannelPlan) -> AsyncGenerator[FieldHouse]:
    """Open a house whose channels all send."""
    async with (
        open_house(database_url, (*CHANNELS, *further), _KEYS) as house,
        await connect(database_url, "tests") as conn,
        respx.mock(assert_all_called=False) as router,
    ):
        await conn.execute(_CAN_SEND, (SEND_URL,))
        field_house = FieldHouse(house=house, database_url=database_url)

        def take(request: httpx.Request) -> httpx.Response:
            field_house.sent.append(json.loads(request.content))
            return httpx.Response(200, json={"provider_message_id": f"out-{len(field_house.sent)}"})

        router.post(SEND_URL).mock(side_effect=take)
        yield field_house
