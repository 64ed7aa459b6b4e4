"""Customers and channels made over the API: audited, no secret told twice, no host of one's own."""

from typing import Any

import httpx
import pytest
from contract import check_response
from flows import values
from whole_house import SECRET_KEY, House, KeyPlan, bearer, open_house

from domain.sealing import Sealer
from store.channels import find_channel
from store.database import connect

_KEYS = {
    "admin": KeyPlan(agent="Ada", role="admin", scopes=("admin",)),
    "agent": KeyPlan(scopes=("conversations:read", "conversations:write")),
    "other": KeyPlan(customer=2, scopes=("admin",)),
}
_TEXTS = {"provider": "generic", "kind": "sms", "name": "texts", "address": "(415) 555-0199"}
_TWILIO = {"provider": "twilio", "kind": "sms", "name": "twilio", "address": "+14155550198"}
_MESSAGE = {
    "from": "+14155550101", "to": "+14155550199", "provider_message_id": "m-1", "body": "Hello",
}  # fmt: skip
_AUDIT = b"SELECT action, key_id IS NOT NULL FROM audit WHERE customer_id = %s ORDER BY id"


async def _ask(
    house: House, method: str, path: str, body: Any = None, key: str = "admin", **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = await house.client.request(
        method, f"/api{path}", json=body, headers=bearer(key) | named
    )
    check_response(answered)
    return answered


async def test_a_channel_is_made_used_changed_and_switched_off(database_url: str) -> None:
    async with open_house(database_url, [], _KEYS) as house:
        body = {**_TEXTS, "further_addresses": ["+1 415 555 0197"], "signature_mode": "off"}
        made = await _ask(house, "POST", "/channels", body, idempotency_key="a")
        assert made.status_code == 201
        channel = made.json()["channel"]
        assert channel["addresses"] == ["+14155550199", "+14155550197"]
        assert made.json()["secret"] is None
        posted = await house.client.post(channel["webhook_url"], json=_MESSAGE)
        assert posted.status_code == 200
        change = {
            "sends_per_second": 2.5, "closed_policy": "new_after_idle", "idle_hours": 4,
            "send_url": "https://gate.example/out", "account": "acme", "enabled": False,
        }  # fmt: skip
        changed = (await _ask(house, "PATCH", f"/channels/{channel['id']}", change)).json()
        kept = {name: changed[name] for name in change if name != "enabled"}
        assert kept == {name: value for name, value in change.items() if name != "enabled"}
        assert changed["obstacle"] == "it is switched off"
        assert (await _ask(house, "GET", f"/channels/{channel['id']}")).json() == changed
        refused = await house.client.post(channel["webhook_url"], json=_MESSAGE)
        assert refused.status_code == 503
        back = {"send_url": None, "account": None, "closed_policy": "continue", "enabled": True}
        again = (await _ask(house, "PATCH", f"/channels/{channel['id']}", back)).json()
        assert (again["send_url"], again["account"], again["idle_hours"]) == (None, None, None)
        assert (again["sends_per_second"], again["disabled_at"]) == (2.5, None)
        async with await connect(house.database_url, "tests") as conn:
            audited = await (await conn.execute(_AUDIT, (1,))).fetchall()
        wanted = ["added", "changed", "disabled", "changed", "enabled"]
        assert audited == [(f"channel.{action}", True) for action in wanted]


async def test_secrets_are_told_once_or_never(database_url: str) -> None:
    async with open_house(database_url, [], _KEYS) as house:
        made = (await _ask(house, "POST", "/channels", _TEXTS, idempotency_key="a")).json()
        again = (await _ask(house, "POST", "/channels", _TEXTS, idempotency_key="a")).json()
        assert made["secret"].startswith("whsec_")
        assert again == {**made, "secret": None}
        given = {**_TWILIO, "secrets": ["token new", "token old"], "account": "AC1"}
        answered = await _ask(house, "POST", "/channels", given)
        assert "token" not in answered.text
        named = f"/channels/{answered.json()['channel']['id']}"
        change = {"secrets": ["token third"], "credential": "token to send"}
        changed = await _ask(house, "PATCH", named, change)
        assert "token" not in changed.text
        async with await connect(house.database_url, "tests") as conn:
            stored = await find_channel(conn, 1, "twilio")
            kept = await values(conn, b"SELECT detail::text FROM audit")
        assert stored is not None
        opened = stored.open(Sealer(SECRET_KEY))
        assert (opened.secrets, opened.credential) == (("token third",), "token to send")
        assert not [detail for detail in kept if "token" in str(detail)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "pigeon"}, "provider"),
        ({"provider": "twilio", "kind": "email"}, "kind"),
        ({"provider": "twilio"}, "secrets"),
        ({"secrets": [" "]}, "secrets"),
        ({"address": "+1555"}, "address"),
        ({"further_addresses": ["415-555-0199"]}, "further_addresses"),
        ({"region": "XX"}, "region"),
        ({"name": " "}, "name"),
        ({"idle_hours": 3}, "idle_hours"),
        ({"reply_addresses": True}, "reply_addresses"),
        ({"send_url": "ftp://gate.example"}, "send_url"),
    ],
)
async def test_what_could_not_work_is_refused_by_its_field(
    database_url: str, changes: dict[str, Any], field: str
) -> None:
    async with open_house(database_url, [], _KEYS) as house:
        refused = await _ask(house, "POST", "/channels", {**_TEXTS, **changes})
        assert refused.status_code == 422
        assert [error["name"] for error in refused.json()["errors"]] == [field]
        assert (await _ask(house, "GET", "/channels")).json()["items"] == []


async def test_a_customer_comes_with_a_key_that_makes_its_channels(database_url: str) -> None:
    async with open_house(database_url, [], {"admin": _KEYS["admin"]}) as house:
        body = {"name": "Harbour Books"}
        made = await _ask(house, "POST", "/customers", body, idempotency_key="a")
        again = await _ask(house, "POST", "/customers", body, idempotency_key="a")
        assert again.json() == {**made.json(), "key": None}
        assert (await _ask(house, "POST", "/customers", body)).status_code == 409
        listed = (await _ask(house, "GET", "/customers?limit=200")).json()["items"]
        assert {item["name"] for item in listed} >= {"default", "Harbour Books"}
        theirs = {"Authorization": f"Bearer {made.json()['key']}"}
        channel = await house.client.post("/api/channels", json=_TEXTS, headers=theirs)
        assert channel.status_code == 201
        named = channel.json()["channel"]["id"]
        assert (await _ask(house, "GET", f"/channels/{named}")).status_code == 404
        async with await connect(house.database_url, "tests") as conn:
            customer_id = made.json()["id"]
            audited = await (await conn.execute(_AUDIT, (customer_id,))).fetchall()
        assert [action for action, _ in audited] == [
            "customer.added", "key.created", "channel.added",
        ]  # fmt: skip


async def test_only_those_who_run_the_installation_name_hosts_and_customers(
    database_url: str,
) -> None:
    async with open_house(database_url, [], _KEYS) as house:
        inside = {**_TEXTS, "send_url": "http://169.254.169.254/latest"}
        infobip = {**_TWILIO, "provider": "infobip", "secrets": ["s"], "account": "10.0.0.1"}
        for body in (inside, infobip):
            refused = await _ask(house, "POST", "/channels", body, "other")
            assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
        theirs = {**infobip, "account": "abc123.api.infobip.com"}
        assert (await _ask(house, "POST", "/channels", theirs, "other")).status_code == 201
        made = (await _ask(house, "POST", "/channels", _TEXTS, "other")).json()["channel"]
        named = f"/channels/{made['id']}"
        change = {"send_url": "http://127.0.0.1:5432"}
        assert (await _ask(house, "PATCH", named, change, "other")).status_code == 403
        assert (await _ask(house, "GET", "/customers", key="other")).status_code == 403
        added = await _ask(house, "POST", "/customers", {"name": "Mine"}, "other")
        assert added.status_code == 403
        for method, path in (("POST", "/channels"), ("PATCH", named), ("GET", named)):
            asked = await _ask(house, method, path, _TEXTS if method == "POST" else {}, "agent")
            assert asked.status_code == 403
