"""Contacts that were added before they wrote, over HTTP, held against the contract."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from contract import check_response
from flows import ANN, BEN, values
from rebuilding import compare, found
from whole_house import ChannelPlan, House, KeyPlan, bearer, open_house, url_of

from store.database import connect

Json = Any

_SMS = ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199")
_KEYS = {
    "reader": KeyPlan(),
    "writer": KeyPlan(scopes=("conversations:read", "conversations:write")),
}
_DONE = b"SELECT action FROM audit WHERE action LIKE 'contact.%%'"
_TOLD = b"SELECT type FROM outbox WHERE type LIKE 'contact.%%'"
_NOOR = {"name": " Noor\n Haddad", "kind": "phone", "address": "+1 (415) 555-0101"}


@asynccontextmanager
async def a_house(database_url: str) -> AsyncGenerator[House]:
    async with open_house(database_url, [_SMS], _KEYS) as house:
        yield house


async def add(
    house: House, body: Json, *, key: str = "writer", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    response = await house.client.post(
        "/api/contacts", json=body, headers={**bearer(key), **(headers or {})}
    )
    check_response(response)
    return response


async def hear(house: House, sender: str) -> None:
    """Let somebody write, and a worker make of it what it makes."""
    body = {"from": sender, "provider_message_id": f"from {sender}", "body": "Hello"}
    assert (await house.client.post(url_of(house.channels["sms"]), json=body)).is_success
    await house.work()


async def test_who_was_added_is_found_by_what_they_write(database_url: str) -> None:
    """The id is that which a message would have given, so a rebuild finds nothing to mend."""
    async with a_house(database_url) as house:
        added = await add(house, _NOOR)
        assert added.status_code == 201
        contact = added.json()
        assert (contact["name"], contact["version"]) == ("Noor Haddad", 1)
        assert [point["address"] for point in contact["addresses"]] == [ANN]
        await hear(house, ANN)
        listed = (await house.get("/api/contacts", "reader")).json()["items"]
        assert listed == [contact]
        [conversation] = (await house.get("/api/conversations", "reader")).json()["items"]
        [person] = [each for each in conversation["participants"] if each["role"] == "other"]
        assert person["contact"] == {"id": contact["id"], "name": "Noor Haddad"}
    assert found(await compare(database_url)) == {}


async def test_a_repeated_request_adds_once(database_url: str) -> None:
    async with a_house(database_url) as house:
        key = {"Idempotency-Key": "once"}
        first, again = await add(house, _NOOR, headers=key), await add(house, _NOOR, headers=key)
        assert (first.json(), again.json()["id"]) == (again.json(), first.json()["id"])
        assert again.headers["idempotent-replayed"] == "true"
        async with await connect(database_url, "tests") as conn:
            assert await values(conn, _DONE) == ["contact.added"]
            assert await values(conn, _TOLD) == ["contact.updated"]


async def test_an_address_has_one_contact(database_url: str) -> None:
    async with a_house(database_url) as house:
        await hear(house, BEN)
        refused = await add(house, {"kind": "phone", "address": BEN})
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert (await add(house, _NOOR)).status_code == 201
        assert (await add(house, _NOOR)).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "email", "address": "Noor@Example.NET"}, 201),
        ({"kind": "handle", "address": "ACME", "name": None}, 201),
        ({"kind": "phone", "address": "noor"}, 422),
        ({"kind": "email", "address": "noor@example.net", "name": " "}, 422),
        ({"kind": "email", "address": "noor@example.net", "id": "x"}, 422),
        ({"name": "Noor"}, 422),
        ({"kind": "phone", "address": "+14155550199"}, 422),
    ],
)
async def test_what_can_be_added(database_url: str, body: Json, status: int) -> None:
    async with a_house(database_url) as house:
        assert (await add(house, body)).status_code == status


async def test_a_key_that_may_only_read_adds_nobody(database_url: str) -> None:
    async with a_house(database_url) as house:
        assert (await add(house, _NOOR, key="reader")).status_code == 403
        assert (await house.get("/api/contacts", "reader")).json()["items"] == []
