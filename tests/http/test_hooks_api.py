"""Hooks over HTTP: made, changed, tested, replayed by admins; each payload keeps its schema."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from contract import check_response, check_value, document, validate
from flows import values
from hook_receiver import Receiver, hook_config, hook_receiver, let_it_be_due, tell
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from bench.write_events import FOLDER, written
from domain.hook import EVENT_TYPES, PING
from inbox.hooks.payload import EVENT_SHAPES
from store.database import connect

_TEXTS = ChannelPlan(name="texts", provider="generic", kind="sms", own_address="+14155550199")
_KEYS = {
    "admin": KeyPlan(agent="Ada", role="admin", scopes=("admin",)),
    "agent": KeyPlan(scopes=("conversations:read", "conversations:write")),
    "stranger": KeyPlan(customer=2, scopes=("admin",)),
}
_URL = "https://crm.example.com/inlet"
_ANN, _BEN = "+14155550101", "+14155550102"


@asynccontextmanager
async def _house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, [_TEXTS], _KEYS) as house:
        yield house


async def _ask(
    house: House, method: str, path: str, body: Any = None, key: str = "admin", **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = await house.client.request(
        method, f"/api{path}", json=body, headers=bearer(key) | named
    )
    check_response(answered)
    return answered


async def _hook(house: House, url: str = _URL, *types: str, **more: Any) -> Any:
    """Make a hook; one that leads to loopback is put there behind the API's back."""
    body = {"url": _URL, "types": list(types or EVENT_TYPES), **more}
    answered = await _ask(house, "POST", "/hooks", body)
    assert answered.status_code == 201, answered.text
    async with await connect(house.database_url, "tests") as conn:
        await conn.execute("UPDATE hooks SET url = %s", (url,))
    return answered.json()


async def _receive(house: House, name: str, sender: str = _ANN) -> None:
    message = {"from": sender, "to": "+14155550199", "provider_message_id": name, "body": name}
    assert (await house.client.post(url_of(house.channels["texts"]), json=message)).is_success
    await house.work()


async def _tell(house: House, receiver: Receiver) -> None:
    async with await connect(house.database_url, "tests") as conn:
        await let_it_be_due(conn)
        await tell(conn, hook_config(house.database_url, receiver.place))


async def _deliveries(house: House, hook_id: str, query: str = "") -> Any:
    return (await _ask(house, "GET", f"/hooks/{hook_id}/deliveries{query}")).json()


async def test_a_hook_is_made_read_changed_and_removed(database_url: str) -> None:
    async with _house(database_url) as house:
        texts = house.channels["texts"].id
        made = await _hook(house, _URL, "message.received.v1", channel_id=texts)
        hook_id = made["hook"]["id"]
        assert made["secret"].startswith("whsec_")
        assert (await _ask(house, "GET", f"/hooks/{hook_id}")).json() == made["hook"]
        assert (await _ask(house, "GET", "/hooks")).json()["items"] == [made["hook"]]
        change = {"types": ["note.created.v1"], "channel_id": None, "enabled": False, "version": 1}
        changed = (await _ask(house, "PATCH", f"/hooks/{hook_id}", change)).json()
        assert (changed["types"], changed["channel_id"]) == (["note.created.v1"], None)
        assert (changed["enabled"], changed["disabled_reason"]) == (False, "by_hand")
        stale = await _ask(house, "PATCH", f"/hooks/{hook_id}", {"enabled": True, "version": 1})
        assert stale.status_code == 412
        enabled = (await _ask(house, "PATCH", f"/hooks/{hook_id}", {"enabled": True})).json()
        assert (enabled["enabled"], enabled["disabled_at"]) == (True, None)
        assert (await _ask(house, "DELETE", f"/hooks/{hook_id}")).status_code == 204
        assert (await _ask(house, "GET", f"/hooks/{hook_id}")).status_code == 404
        async with await connect(database_url, "tests") as conn:
            assert await values(conn, b"SELECT action FROM audit ORDER BY id") == [
                "hook.created", "hook.changed", "hook.disabled", "hook.enabled", "hook.removed",
            ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://crm.example.com/"),
        ("url", "https://crm.example.com:8443/"),
        ("url", "https://user@crm.example.com/"),
        ("url", "https://crm.example.com/ x"),
        ("url", "ftp://crm.example.com/"),
        ("url", "nats://nats.internal:4222/inlet"),
        ("url", "sqs+https://sqs.eu-central-1.amazonaws.com/123/inlet"),
        ("url", "https://[::1/"),
        ("url", "https:///"),
        ("types", []),
        ("types", ["note.created.v1", "note.created.v1"]),
        ("types", ["note.removed.v1"]),
        ("channel_id", "0198f2c1-9e55-7d02-8a44-6c0f2f7ab999"),
    ],
)
async def test_what_cannot_be_told_is_refused(database_url: str, field: str, value: Any) -> None:
    async with _house(database_url) as house:
        body = {"url": _URL, "types": ["note.created.v1"]} | {field: value}
        answered = await _ask(house, "POST", "/hooks", body)
        assert answered.status_code == 422
        assert answered.json()["errors"][0]["name"].startswith(field)


async def test_where_a_queue_lies_is_not_changed_over_the_api(database_url: str) -> None:
    async with _house(database_url) as house:
        queue = "nats://nats.internal:4222/inlet"
        hook_id = (await _hook(house, queue))["hook"]["id"]
        path = f"/hooks/{hook_id}"
        assert (await _ask(house, "GET", path)).json()["url"] == queue
        for url in (_URL, "nats://127.0.0.1:4222/inlet"):
            assert (await _ask(house, "PATCH", path, {"url": url})).status_code == 409
        assert (await _ask(house, "POST", f"{path}/rotate-secret")).status_code == 409
        assert (await _ask(house, "DELETE", path)).status_code == 409
        changed = await _ask(house, "PATCH", path, {"types": ["note.created.v1"], "url": queue})
        assert changed.json()["types"] == ["note.created.v1"]
        assert (await _ask(house, "POST", f"{path}/test")).status_code == 202
        web = (await _hook(house))["hook"]["id"]
        assert (await _ask(house, "PATCH", f"/hooks/{web}", {"url": queue})).status_code == 422


async def test_only_admins_of_the_customer_reach_a_hook(database_url: str) -> None:
    async with _house(database_url) as house:
        hook_id = (await _hook(house))["hook"]["id"]
        queued = (await _ask(house, "POST", f"/hooks/{hook_id}/test")).json()
        for method, path in (
            ("GET", f"/hooks/{hook_id}"),
            ("DELETE", f"/hooks/{hook_id}"),
            ("POST", f"/hooks/{hook_id}/rotate-secret"),
            ("POST", f"/hooks/{hook_id}/test"),
            ("GET", f"/hooks/{hook_id}/deliveries"),
            ("GET", f"/hook-deliveries/{queued['id']}"),
            ("POST", f"/hook-deliveries/{queued['id']}/replay"),
        ):
            assert (await _ask(house, method, path, key="agent")).status_code == 403
            assert (await _ask(house, method, path, key="stranger")).status_code == 404


async def test_a_secret_is_told_once(database_url: str) -> None:
    async with _house(database_url) as house:
        body = {"url": _URL, "types": ["note.created.v1"]}
        first = await _ask(house, "POST", "/hooks", body, Idempotency_Key="one")
        again = await _ask(house, "POST", "/hooks", body, Idempotency_Key="one")
        assert first.json()["secret"]
        assert again.json() == first.json() | {"secret": None}
        async with await connect(database_url, "tests") as conn:
            everything = await values(conn, b"SELECT h::text FROM hooks AS h")
            assert len(everything) == 1
            assert first.json()["secret"] not in str(everything)


async def test_for_a_day_either_secret_verifies(
    database_url: str,
) -> None:
    async with _house(database_url) as house, hook_receiver() as receiver:
        made = await _hook(house, receiver.url)
        path = f"/hooks/{made['hook']['id']}"
        rotated = (await _ask(house, "POST", f"{path}/rotate-secret")).json()
        assert rotated["secret"] != made["secret"]
        for secret, forged in ((made["secret"], 0), (rotated["secret"], 0)):
            receiver.secret = secret
            await _ask(house, "POST", f"{path}/test")
            await _tell(house, receiver)
            assert receiver.forged == forged
        async with await connect(database_url, "tests") as conn:
            await conn.execute("UPDATE hooks SET second_secret_until = now()")
        receiver.secret = made["secret"]
        await _ask(house, "POST", f"{path}/test")
        await _tell(house, receiver)
        assert receiver.forged == 1


async def test_a_test_and_its_attempts_can_be_read(database_url: str) -> None:
    async with _house(database_url) as house, hook_receiver() as receiver:
        receiver.answer = lambda _event: 503
        hook_id = (await _hook(house, receiver.url))["hook"]["id"]
        queued = await _ask(house, "POST", f"/hooks/{hook_id}/test")
        assert queued.status_code == 202
        await _tell(house, receiver)
        found = (await _ask(house, "GET", f"/hook-deliveries/{queued.json()['id']}")).json()
        [attempt] = found["attempts"]
        assert (attempt["http_status"], attempt["answer"], attempt["error_class"]) == (
            503, "ok", "refused",
        )  # fmt: skip
        assert found["delivery"]["status"] == "pending"
        again = await _ask(house, "POST", f"/hook-deliveries/{queued.json()['id']}/replay")
        assert again.status_code == 409
        await _ask(house, "PATCH", f"/hooks/{hook_id}", {"enabled": False})
        assert (await _ask(house, "POST", f"/hooks/{hook_id}/test")).status_code == 409


async def test_events_are_replayed_alone_or_by_their_time(database_url: str) -> None:
    async with _house(database_url) as house, hook_receiver() as receiver:
        hook_id = (await _hook(house, receiver.url, "message.received.v1"))["hook"]["id"]
        for name in ("a", "b", "c"):
            await _receive(house, name)
        await _tell(house, receiver)
        first = await _deliveries(house, hook_id, "?limit=2&status=delivered")
        rest = await _deliveries(
            house, hook_id, f"?limit=2&status=delivered&cursor={first['page']['next_cursor']}"
        )
        listed = [*first["items"], *rest["items"]]
        taken = [event["id"] for event in receiver.taken]
        assert [item["id"] for item in reversed(listed)] == taken
        replayed = await _ask(house, "POST", f"/hook-deliveries/{listed[0]['id']}/replay")
        assert (replayed.status_code, replayed.json()["status"]) == (202, "pending")
        await _tell(house, receiver)
        assert receiver.taken[-1]["id"] == receiver.taken[-2]["id"]
        span = {"after": listed[2]["happened_at"], "before": listed[0]["happened_at"]}
        queued = await _ask(house, "POST", f"/hooks/{hook_id}/replay", span)
        assert queued.json() == {"queued": 2, "has_more": False}
        await _tell(house, receiver)
        assert [event["id"] for event in receiver.taken[-2:]] == taken[:2]
        backwards = {"after": span["before"], "before": span["after"]}
        assert (await _ask(house, "POST", f"/hooks/{hook_id}/replay", backwards)).status_code == 422


async def test_every_event_is_told_and_keeps_its_schema(database_url: str) -> None:
    """Let everything happen of which hooks are told."""
    async with _house(database_url) as house, hook_receiver() as receiver:
        hook_id = (await _hook(house, receiver.url))["hook"]["id"]
        await _ask(house, "POST", f"/hooks/{hook_id}/test")
        for name in ("a", "b", "c"):
            await _receive(house, name)
        await _receive(house, "stop texting me", _BEN)
        await _tell(house, receiver)
        listed = (await _ask(house, "GET", "/conversations")).json()["items"]
        ann = listed[1]["id"]
        contacts = [each["participants"][0]["contact"]["id"] for each in listed]
        await _ask(house, "POST", f"/conversations/{ann}/notes", {"text": "Ours"})
        await _ask(house, "PUT", f"/conversations/{ann}/tags/billing")
        stop = (await _ask(house, "GET", f"/conversations/{listed[0]['id']}/messages")).json()
        dismissed = await _ask(house, "POST", f"/messages/{stop['items'][0]['id']}/dismiss-opt-out")
        assert dismissed.is_success, dismissed.text
        reply = {"body": "Hello"}
        async with await connect(database_url, "tests") as conn:
            await conn.execute("UPDATE channels SET send_url = 'https://send.example.com/'")
            posted = await _ask(house, "POST", f"/conversations/{ann}/messages", reply)
            assert posted.status_code == 202, posted.text
            cancel = await _ask(house, "POST", f"/messages/{posted.json()['id']}/cancel")
            assert cancel.is_success, cancel.text
        opted = {"address": _BEN, "channel_id": house.channels["texts"].id}
        answered = await _ask(house, "POST", f"/contacts/{contacts[0]}/opt-out", opted)
        assert answered.is_success, answered.text
        contact = (await _ask(house, "GET", f"/contacts/{contacts[0]}")).json()
        suppression = contact["addresses"][0]["suppressed"]["id"]
        lifted = await _ask(house, "POST", f"/suppressions/{suppression}/lift")
        assert lifted.is_success, lifted.text
        await _ask(house, "PATCH", f"/contacts/{contacts[1]}", {"name": "Ann"})
        split = await _ask(house, "POST", f"/conversations/{ann}/split", {"from_seq": 2})
        assert split.is_success, split.text
        split_off = split.json()["conversation_id"]
        merge = await _ask(house, "POST", f"/conversations/{split_off}/merge", {"into_id": ann})
        assert merge.is_success, merge.text
        into = {"into_id": contacts[1]}
        merged = await _ask(house, "POST", f"/contacts/{contacts[0]}/merge", into)
        assert merged.is_success, merged.text
        for _ in range(4):
            await _tell(house, receiver)
        seen = {event["type"] for event in receiver.taken}
        assert seen == {*EVENT_TYPES, PING}
        for event in receiver.taken:
            validate(json.loads((FOLDER / f"{event['type']}.json").read_text()), event)
            shape = EVENT_SHAPES[event["type"]].__name__
            check_value(event, {"$ref": f"#/components/schemas/{shape}"})


def test_the_schemas_are_those_of_the_structs() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EVENT_SHAPES)
    for name in EVENT_SHAPES:
        assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == written(name)


def test_the_contract_says_what_is_posted() -> None:
    described = {
        name: item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for name, item in document()["webhooks"].items()
    }
    assert described == {
        name: f"#/components/schemas/{shape.__name__}" for name, shape in EVENT_SHAPES.items()
    }
