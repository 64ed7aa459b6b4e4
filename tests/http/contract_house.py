"""A house in which there is everything that the examples of the contract speak of.

What is made gets ids of its own, so the ids (and the token) of the examples are replaced by those
of what is meant: `SPOKEN_OF` names it once for each, and everything has the version 17.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import respx
from contract import check_response
from media_fetching import fetch_all
from ops_house import SECRET, let_a_worker_report
from sending import SEND_URL, sender_config
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from store.database import connect
from worker.sending.sender import drain_sends

KEY = "ada"
# The ids of the contract's examples, by what they mean there.
SPOKEN_OF: Mapping[str, str] = {
    "texts": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11",
    "mails": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d13",
    "token": "kX3vQ9bW2sT7mR4y",
    "mia": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d12",
    "conversation": "6a0c9d2e-31f7-8b52-a4c4-58d1c1b2f0aa",
    "other conversation": "0a1b9d2e-31f7-8b52-a4c4-58d1c1b2f0bb",
    "message": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab001",
    "undecided message": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab009",
    "queued message": "01a1fc9a-da3a-752f-a834-57c94498745d",
    "failed message": "01a1fc9a-da3a-752f-a834-57c94498745e",
    "contact": "2f4be6a1-90cd-8a2b-bd11-0d4f1f9a7c33",
    "other contact": "7c4be6a1-90cd-8a2b-bd11-0d4f1f9a7c99",
    "merged contact": "7c4be6a1-90cd-8a2b-bd11-0d4f1f9a7c98",
    "contact merge": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d77",
    "suppression": "5b1f77a0-2c3d-8e4f-a5b6-c7d8e9f0a1b2",
    "job": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d99",
    "key": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab103",
    "canned reply": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab102",
    "signed": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d14",
    "dead letter": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab201",
    "refused delivery": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab202",
    "hook": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab301",
    "hook delivery": "0198f2c1-9e55-7d02-8a44-6c0f2f7ab302",
}
_CHANNELS = (
    ChannelPlan(name="texts", provider="generic", kind="sms", own_address="+14155550199"),
    ChannelPlan(name="mails", provider="generic", kind="email", own_address="help@example.com"),
    ChannelPlan(
        name="signed",
        provider="generic",
        kind="sms",
        own_address="+14155550198",
        signature_mode="enforce",
        secrets=(SECRET,),
    ),
)
_KEYS = {KEY: KeyPlan(scopes=("admin",), agent="Ada", role="admin")}
_NO_MORE: Mapping[str, KeyPlan] = {}
_ANN, _BEN, _CAT, _DAN = "+14155550123", "+14155550124", "+14155550125", "+14155550126"
_FILE = {"filename": "parcel.txt", "content_type": "text/plain", "content": "R29uZQ=="}
_GONE = "https://media.example.com/gone.png"
_VERSIONS = 17
_GIVEN_UP = b"""
    UPDATE hook_deliveries SET status = 'failed', error_class = 'refused',
        next_attempt_at = NULL, settled_at = now()
"""

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """A database in which it all happened. `ids` are those of the house, by what they mean."""

    database_url: str
    ids: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractHouse:
    """A furnished house. `ids` are those of the house, by what they mean."""

    house: House
    ids: dict[str, str]

    def meant(self, text: str) -> str:
        """Put the ids of this house where the contract's own are."""
        for name, written in SPOKEN_OF.items():
            text = text.replace(written, self.ids[name])
        return text

    async def ask(self, method: str, path: str, body: Json = None) -> Json:
        response = await self.house.client.request(
            method, f"/api{path}", json=body, headers=bearer(KEY)
        )
        check_response(response)
        assert response.is_success, response.text
        return response.json()


async def furnish(database_url: str) -> dict[str, str]:
    """Let it all happen in a database of no channels; return the ids by what they mean."""
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        channels = {name: channel.id for name, channel in house.channels.items()}
        ids = channels | {"token": house.channels["texts"].token}
        made = ContractHouse(house=house, ids=ids)
        await _hear(made)
        await _write(made)
        await _furnish(made)
        await _go_wrong(made)
        await give_versions(database_url)
        assert set(ids) == set(SPOKEN_OF)
        return ids


@asynccontextmanager
async def open_contract_house(
    furnished: Furnished, keys: Mapping[str, KeyPlan] = _NO_MORE
) -> AsyncGenerator[ContractHouse]:
    """Run the application on a copy of the furnished database, as if it had just happened.

    `keys` are let in beside that of the admin.
    """
    await let_a_worker_report(furnished.database_url)
    async with await connect(furnished.database_url, "tests") as conn:
        await conn.execute("UPDATE outbox SET created_at = now()")
    async with open_house(furnished.database_url, (), keys) as house:
        yield ContractHouse(house=house, ids=furnished.ids)


async def _hear(made: ContractHouse) -> None:
    """Let people write: 17 texts from Ann, one each from three others, and a mail."""
    heard = [_text(_ANN, f"message-{count}") for count in range(1, 18)]
    heard[-1]["attachments"] = [_FILE, _GONE]
    heard += [_text(sender, f"message-of-{sender[-2:]}") for sender in (_BEN, _CAT, _DAN)]
    heard[-1]["body"] = "Please stop texting me"
    for message in heard:
        await made.house.client.post(url_of(made.house.channels["texts"]), json=message)
    mail = {"from": "zoe@example.net", "provider_message_id": "mail-0", "body": "Hello"}
    bounce = {"type": "receipt", "provider_message_id": "mail-1", "status": "bounced"}
    for posted in (mail, bounce | {"recipient": "zoe@example.net", "is_permanent": True}):
        await made.house.client.post(url_of(made.house.channels["mails"]), json=posted)
    assert await made.house.work() == len(heard) + 2
    await fetch_all(made.house.database_url, {_GONE: httpx.Response(410)})
    for name, sender in (("", _ANN), ("other ", _BEN), ("merged ", _CAT)):
        found = await made.ask("GET", f"/contacts?address=%2B{sender[1:]}")
        made.ids[f"{name}contact"] = found["items"][0]["id"]
    for name, sender in (("", _ANN), ("other ", _DAN)):
        found = await made.ask("GET", f"/conversations?address=%2B{sender[1:]}")
        made.ids[f"{name}conversation"] = found["items"][0]["id"]
    found = await made.ask("GET", "/contacts?address=zoe@example.net")
    made.ids["suppression"] = found["items"][0]["addresses"][0]["suppressed"]["id"]
    found = await made.ask("GET", "/messages?provider_message_id=message-17")
    made.ids["message"] = found["items"][0]["id"]
    found = await made.ask("GET", f"/messages?provider_message_id=message-of-{_DAN[-2:]}")
    made.ids["undecided message"] = found["items"][0]["id"]


def _text(sender: str, name: str) -> Json:
    return {"from": sender, "provider_message_id": name, "body": "Still waiting for my parcel"}


async def _write(made: ContractHouse) -> None:
    """Write to somebody whom the provider refuses, and to somebody who is waiting."""
    async with await connect(made.house.database_url, "tests") as conn:
        await conn.execute("UPDATE channels SET send_url = %s", (SEND_URL,))
    made.ids["failed message"] = await _send(made, _BEN)
    with respx.mock(assert_all_called=False) as provider:
        provider.post(SEND_URL).mock(return_value=httpx.Response(400, json={}))
        assert await drain_sends(sender_config(made.house.database_url)) == 1
    made.ids["queued message"] = await _send(made, _CAT)


async def _send(made: ContractHouse, to: str) -> str:
    body = {"channel_id": made.ids["texts"], "to": to, "body": "Hello"}
    return (await made.ask("POST", "/messages/sms", body))["id"]


async def _furnish(made: ContractHouse) -> None:
    """Let an admin do one of everything."""
    ids, ask = made.ids, made.ask
    conversation = f"/conversations/{ids['conversation']}"
    ids["mia"] = (await ask("POST", "/agents", {"name": "Mia", "role": "lead"}))["id"]
    key = {"name": "Mia's laptop", "agent_id": ids["mia"]}
    ids["key"] = (await ask("POST", "/keys", key))["id"]
    await ask("PUT", f"{conversation}/tags/billing")
    await ask("POST", f"{conversation}/notes", {"text": "She called as well."})
    reply = {"name": "on-its-way", "text": "Your parcel is on its way."}
    ids["canned reply"] = (await ask("POST", "/canned-replies", reply))["id"]
    merge = await ask(
        "POST", f"/contacts/{ids['merged contact']}/merge", {"into_id": ids["contact"]}
    )
    ids["contact merge"] = merge["merge_id"]
    bulk = {"action": {"add_tag": "march"}, "ids": [ids["conversation"]]}
    ids["job"] = (await ask("POST", "/bulk", bulk))["id"]
    hook = {"url": "https://crm.example.com/inlet", "types": ["message.received.v1"]}
    ids["hook"] = (await ask("POST", "/hooks", hook))["hook"]["id"]
    ids["hook delivery"] = (await ask("POST", f"/hooks/{ids['hook']}/test"))["id"]
    async with await connect(made.house.database_url, "tests") as conn:
        await conn.execute(_GIVEN_UP)


async def _go_wrong(made: ContractHouse) -> None:
    """Send what nobody understands, and what nobody signed."""
    channels, client = made.house.channels, made.house.client
    await client.post(url_of(channels["texts"]), content=b"no message")
    await client.post(url_of(channels["signed"]), json=_text(_ANN, "unsigned"))
    await made.house.work()
    found = await made.ask("GET", "/ops/dead-letters")
    made.ids["dead letter"] = found["items"][0]["event_id"]
    found = await made.ask("GET", "/ops/quarantine")
    made.ids["refused delivery"] = found["items"][0]["id"]


async def give_versions(database_url: str) -> None:
    """Give everything the version of the examples."""
    async with await connect(database_url, "tests") as conn:
        await conn.execute("UPDATE conversations SET version = %s", (_VERSIONS,))
        await conn.execute("UPDATE contacts SET version = %s", (_VERSIONS,))
        await conn.execute("UPDATE agents SET version = %s", (_VERSIONS,))
        await conn.execute("UPDATE canned_replies SET version = %s", (_VERSIONS,))
        await conn.execute("UPDATE hooks SET version = %s", (_VERSIONS,))


def example_of(node: Mapping[str, Json]) -> Json:
    """Return the example of a parameter or a body, the first where there are several."""
    if "example" in node:
        return node["example"]
    examples = list[Json](node.get("examples", {}).values())
    return examples[0]["value"] if examples else None
