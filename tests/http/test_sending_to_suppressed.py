"""Nothing is written to whom a mail bounced for good, until whoever may lifts that."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import respx
from contract import check_response
from sending import SEND_URL, sender_config
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from store.database import connect
from worker.sending.sender import drain_sends

_CHANNELS = (
    ChannelPlan(name="mail", provider="generic", kind="email", own_address="help@example.com"),
    ChannelPlan(name="text", provider="generic", kind="sms", own_address="+14155550199"),
)
_AGENT = ("conversations:read", "conversations:write", "messages:write")
_KEYS = {
    "agent": KeyPlan(scopes=_AGENT, agent="Dana"),
    "lead": KeyPlan(scopes=(*_AGENT, "inbox:manage", "audit:read"), agent="Lee", role="lead"),
    "stranger": KeyPlan(scopes=("admin",), customer=2),
}
ANN, BEN = "ann@example.org", "ben@example.org"
_STATUS = b"""
    SELECT status, failure_code, failure FROM messages WHERE direction = 'outbound' ORDER BY id
"""


@asynccontextmanager
async def house_of(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"UPDATE channels SET send_url = %s, sends_per_second = 1000", (SEND_URL,)
            )
        yield house


async def receive(house: House, payload: dict[str, Any], channel: str = "mail") -> None:
    response = await house.client.post(url_of(house.channels[channel]), json=payload)
    assert response.status_code == 200, response.text
    await house.work()


async def write_in(house: House, sender: str = ANN, *cc: str) -> str:
    """Let somebody write; return the conversation."""
    mail = {"from": sender, "provider_message_id": f"from-{sender}", "body": "Hi", "cc": [*cc]}
    await receive(house, mail)
    [conversation] = (await house.get(f"/api/conversations?address={sender}", "agent")).json()[
        "items"
    ]
    return conversation["id"]


async def bounce(house: House, who: str = ANN, name: str = "b1", **more: object) -> None:
    told = {"type": "receipt", "provider_message_id": name, "status": "bounced"}
    await receive(house, told | {"recipient": who, "is_permanent": True} | more)


async def post(house: House, path: str, body: object = None, key: str = "agent") -> httpx.Response:
    response = await house.client.post(f"/api{path}", json=body, headers=bearer(key))
    check_response(response)
    return response


async def point_of(house: House, address: str = ANN) -> dict[str, Any]:
    response = await house.get(f"/api/contacts?address={address}", "agent")
    check_response(response)
    [contact] = response.json()["items"]
    [point] = contact["addresses"]
    return point | {"contact_id": contact["id"]}


async def rows(house: House, query: bytes) -> list[tuple[Any, ...]]:
    async with await connect(house.database_url, "tests") as conn:
        return await (await conn.execute(query)).fetchall()


async def send_all(house: House) -> int:
    """Send what is queued; return how often the provider was asked."""
    with respx.mock(assert_all_called=False) as router:
        route = router.post(SEND_URL).respond(200, json={"provider_message_id": "out-1"})
        await drain_sends(sender_config(house.database_url))
        return route.call_count


async def test_a_contact_says_why_nothing_is_sent_there(database_url: str) -> None:
    async with house_of(database_url) as house:
        await write_in(house)
        assert (await point_of(house))["suppressed"] is None
        await bounce(house, timestamp="2024-11-01T14:00:00Z")
        suppressed = (await point_of(house))["suppressed"]
        assert (suppressed["reason"], suppressed["since"]) == (
            "hard_bounce",
            "2024-11-01T14:00:00.000000Z",
        )
        await bounce(house, name="b2", status="complained")
        assert (await point_of(house))["suppressed"]["reason"] == "complaint"


async def test_nothing_is_queued_for_whom_nothing_is_sent(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await write_in(house, ANN, BEN)
        await bounce(house, BEN)
        mail = {"channel_id": house.channels["mail"].id, "subject": "s", "body": "b"}
        refused = [
            await post(house, f"/conversations/{conversation}/messages", {"body": "Hello"}),
            await post(house, "/messages/email", mail | {"to": [BEN]}),
            await post(house, "/messages/email", mail | {"to": [ANN], "cc": ["BEN@example.org"]}),
        ]
        for response in refused:
            assert (response.status_code, response.json()["code"]) == (409, "recipient_suppressed")
            assert BEN not in response.text
        details = [response.json()["detail"] for response in refused]
        assert [detail.partition(" cannot")[0] for detail in details] == [
            "1 of the 2 recipients",
            "the recipient",
            "1 of the 2 recipients",
        ]
        assert await rows(house, _STATUS) == []
        assert (await post(house, "/messages/email", mail | {"to": [ANN]})).status_code == 202


async def test_who_is_not_written_to_keeps_nobody_from_being_answered(database_url: str) -> None:
    """A reply goes to whom the last mail names, and Ben is not among them any more."""
    async with house_of(database_url) as house:
        first = {"from": ANN, "cc": [BEN], "provider_message_id": "1", "message_id": "<1@x.org>"}
        await receive(house, first | {"body": "Hi"})
        second = {"from": ANN, "provider_message_id": "2", "in_reply_to": "<1@x.org>"}
        await receive(house, second | {"body": "Hi again"})
        await bounce(house, BEN)
        [conversation] = (await house.get("/api/conversations", "agent")).json()["items"]
        assert len(conversation["participants"]) == 2
        path = f"/conversations/{conversation['id']}/messages"
        assert (await post(house, path, {"body": "Hello"})).status_code == 202
        assert await send_all(house) == 1


async def test_a_bounce_that_comes_while_a_mail_waits_ends_it(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await write_in(house)
        path = f"/conversations/{conversation}/messages"
        queued = (await post(house, path, {"body": "Hello", "undo_seconds": 0})).json()
        await bounce(house)
        assert await send_all(house) == 0
        [(status, code, failure)] = await rows(house, _STATUS)
        assert (status, code) == ("failed", "recipient_suppressed")
        assert "nothing is sent to a recipient" in failure
        again = await post(house, f"/messages/{queued['id']}/retry")
        assert (again.status_code, again.json()["code"]) == (409, "recipient_suppressed")

        suppressed = (await point_of(house))["suppressed"]
        lifted = await post(house, f"/suppressions/{suppressed['id']}/lift", key="lead")
        assert lifted.status_code == 200
        assert (await post(house, f"/messages/{queued['id']}/retry")).status_code == 202
        assert await send_all(house) == 1
        assert [row[0] for row in await rows(house, _STATUS)] == ["sent"]


async def test_whoever_may_lifts_it_once_and_that_is_recorded_and_told(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await write_in(house)
        await bounce(house)
        point = await point_of(house)
        path = f"/suppressions/{point['suppressed']['id']}/lift"
        assert (await post(house, path)).json()["code"] == "missing_scope"
        assert (await post(house, path, key="stranger")).json()["code"] == "not_found"
        missing = await post(house, f"/suppressions/{point['contact_id']}/lift", key="lead")
        assert missing.json()["code"] == "not_found"
        lifted = await post(house, path, key="lead")
        assert lifted.status_code == 200
        told = lifted.json()
        assert (told["address"], told["reason"]) == (ANN, "hard_bounce")
        assert (await post(house, path, key="lead")).json()["code"] == "conflict"
        assert (await point_of(house))["suppressed"] is None
        reply = await post(house, f"/conversations/{conversation}/messages", {"body": "Hello"})
        assert reply.status_code == 202
        audit = (await house.get("/api/audit?action=suppression.lifted", "lead")).json()["items"]
        [entry] = audit
        assert (entry["object_id"], entry["detail"]) == (
            point["suppressed"]["id"],
            {"reason": "hard_bounce"},
        )
        assert entry["agent"]["name"] == "Lee"
        changes = (await house.get("/api/changes?limit=100", "lead")).json()["items"]
        told_of = [(each["type"], each["object_id"]) for each in changes]
        assert [each for each in told_of if each[0].startswith("suppression")] == [
            ("suppression.added", point["contact_id"]),
            ("suppression.lifted", point["contact_id"]),
        ]


async def test_what_stands_is_listed_with_whom_it_is_about(database_url: str) -> None:
    async with house_of(database_url) as house:
        await write_in(house)
        await bounce(house)
        await bounce(house, BEN, "b2", status="complained")
        contact = (await point_of(house))["contact_id"]
        found: list[dict[str, Any]] = []
        path = "/api/suppressions?limit=1"
        while path:
            response = await house.get(path, "agent")
            check_response(response)
            found += response.json()["items"]
            cursor = response.json()["page"]["next_cursor"]
            path = f"/api/suppressions?limit=1&cursor={cursor}" if cursor else ""
        assert {(each["address"], each["reason"], each["contact_id"]) for each in found} == {
            (ANN, "hard_bounce", contact),
            (BEN, "complaint", None),
        }
        of_ben = (await house.get(f"/api/suppressions?address={BEN}", "agent")).json()["items"]
        assert [each["address"] for each in of_ben] == [BEN]
        await post(house, f"/suppressions/{of_ben[0]['id']}/lift", key="lead")
        left = (await house.get("/api/suppressions", "agent")).json()["items"]
        assert [each["address"] for each in left] == [ANN]
        assert (await house.get("/api/suppressions", "stranger")).json()["items"] == []


async def test_a_text_is_sent_though_mail_bounces(database_url: str) -> None:
    async with house_of(database_url) as house:
        await write_in(house)
        await bounce(house)
        text = {"channel_id": house.channels["text"].id, "to": "+14155550101", "body": "Hi"}
        assert (await post(house, "/messages/sms", text)).status_code == 202
        assert await send_all(house) == 1
