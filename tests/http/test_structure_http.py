"""Merging, splitting, contacts and bulk actions over HTTP, held against the contract."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from contract import check_response
from flows import ANN, BEN, an_sms, event_of, values
from structure import make_agent
from whole_house import ChannelPlan, House, KeyPlan, bearer, key_text, open_house

from app.ids import new_id
from domain.api_key import hash_key
from store.database import connect
from store.events import record_events

Json = Any

_CHANNELS = [
    ChannelPlan(
        name="sms",
        provider="generic",
        kind="sms",
        own_address="+14155550199",
        further_addresses=("+14155550197",),
    ),
    ChannelPlan(name="other", provider="generic", kind="sms", own_address="+14155550198"),
]
_KEYS = {
    "reader": KeyPlan(),
    "writer": KeyPlan(scopes=("conversations:read", "conversations:write")),
    "lead": KeyPlan(scopes=("conversations:read", "conversations:write", "inbox:manage")),
    "stranger": KeyPlan(customer=2, scopes=("admin",)),
}


class _Desk:
    """A house whose inbox has some texts in it."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def receive(self, *senders: str, channel: str = "sms") -> None:
        to = self.house.channels[channel]
        async with await connect(self.house.database_url, "tests") as conn:
            texts = [
                an_sms(f"{sender} {new_id()}", sender, to.own_address, minute=nth)
                for nth, sender in enumerate(senders)
            ]
            await record_events(conn, [event_of(to, text) for text in texts])
        await self.house.work()

    async def ids(self, query: bytes) -> list[str]:
        async with await connect(self.house.database_url, "tests") as conn:
            return [str(value) for value in await values(conn, query)]

    async def conversation_of(self, phone: str) -> str:
        async with await connect(self.house.database_url, "tests") as conn:
            return str((await values(conn, _CONVERSATION_OF, phone))[0])

    async def contact_of(self, phone: str) -> str:
        query = b"SELECT contact_id FROM addresses WHERE value = %s"
        async with await connect(self.house.database_url, "tests") as conn:
            return str((await values(conn, query, phone))[0])

    async def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        key: str = "lead",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        response = await self.house.client.request(
            method, path, json=body, headers={**bearer(key), **(headers or {})}
        )
        check_response(response)
        return response

    async def hire(self, name: str) -> str:
        """Make an agent with a key of the same name, which may do all."""
        async with await connect(self.house.database_url, "tests") as conn:
            agent = await make_agent(conn, name)
            await conn.execute(
                b"INSERT INTO api_keys (customer_id, id, name, key_hash, scopes, agent_id)"
                b" VALUES (1, %s, %s, %s, '{admin}', %s)",
                (new_id(), name, hash_key(key_text(name)), agent),
            )
        return agent


_CONVERSATION_OF = b"""
    SELECT p.conversation_id
    FROM conversation_participants AS p
    JOIN addresses AS a ON a.customer_id = p.customer_id AND a.hash = p.address_hash
    JOIN conversations AS c ON c.customer_id = p.customer_id AND c.id = p.conversation_id
    WHERE a.value = %s AND p.role = 'other'
    ORDER BY c.created_at DESC
"""


@asynccontextmanager
async def _open(database_url: str) -> AsyncGenerator[_Desk]:
    async with open_house(database_url, _CHANNELS, _KEYS) as house:
        yield _Desk(house)


async def test_a_merged_id_leads_to_where_the_messages_are(database_url: str) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN, BEN)
        ann, ben = await desk.conversation_of(ANN), await desk.conversation_of(BEN)
        path = f"/api/conversations/{ann}/merge"
        answer = await desk.call("POST", path, {"into_id": ben.upper()}, headers={"If-Match": "1"})
        assert answer.status_code == 200
        assert answer.json() == {
            "conversation_id": ben, "version": 2, "merged_id": ann, "moved": 1,
        }  # fmt: skip
        again = await desk.call("POST", path, {"into_id": ben})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        split = await desk.call("POST", f"/api/conversations/{ann}/split", {"from_seq": 2})
        assert split.status_code == 201
        assert split.headers["location"] == f"/api/conversations/{split.json()['conversation_id']}"
        assert (split.json()["from_id"], split.json()["moved"]) == (ben, 1)


async def test_a_merge_with_a_key_happens_once(database_url: str) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN, BEN)
        ann, ben = await desk.conversation_of(ANN), await desk.conversation_of(BEN)
        path, headers = f"/api/conversations/{ann}/merge", {"Idempotency-Key": "once"}
        first = await desk.call("POST", path, {"into_id": ben}, headers=headers)
        second = await desk.call("POST", path, {"into_id": ben}, headers=headers)
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()


@pytest.mark.parametrize(
    ("path", "body", "status", "key"),
    [
        ("merge", {"into_id": "x"}, 422, "lead"),
        ("merge", {"into_id": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11"}, 422, "lead"),
        ("merge", {}, 422, "lead"),
        ("merge", {"into_id": None, "more": 1}, 422, "lead"),
        ("merge?x=1", {"into_id": "x"}, 400, "lead"),
        ("merge", {"into_id": "x"}, 403, "reader"),
        ("split", {"from_seq": 1}, 422, "lead"),
        ("split", {"from_seq": 2}, 422, "lead"),
        ("split", {"from_seq": 2**40}, 422, "lead"),
        ("split", {"from_seq": "2"}, 422, "lead"),
        ("split", {"from_seq": 2}, 404, "stranger"),
        ("merge", {"into_id": "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d11"}, 404, "stranger"),
    ],
)
async def test_what_is_refused(
    database_url: str, path: str, body: Json, status: int, key: str
) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN)
        ann = await desk.conversation_of(ANN)
        answer = await desk.call("POST", f"/api/conversations/{ann}/{path}", body, key=key)
        assert answer.status_code == status


async def test_versions_and_channels_are_minded(database_url: str) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN)
        await desk.receive(BEN, channel="other")
        ann, ben = await desk.conversation_of(ANN), await desk.conversation_of(BEN)
        path = f"/api/conversations/{ann}/merge"
        crossing = await desk.call("POST", path, {"into_id": ben})
        assert crossing.status_code == 409
        passed = await desk.call("POST", path, {"into_id": ben}, headers={"If-Match": '"9"'})
        assert (passed.status_code, passed.json()["code"]) == (412, "version_mismatch")


async def test_contacts_from_list_to_undo(database_url: str) -> None:
    async with _open(database_url) as desk:
        people = [f"+1415556{number:04}" for number in range(5)]
        await desk.receive(*people)
        seen: list[str] = []
        path = "/api/contacts?limit=2"
        while True:
            page = (await desk.call("GET", path)).json()
            seen += [item["id"] for item in page["items"]]
            if not page["page"]["has_more"]:
                break
            path = f"/api/contacts?limit=2&cursor={page['page']['next_cursor']}"
        assert len(seen) == len(set(seen)) == 5
        found = await desk.call("GET", "/api/contacts?address=%2B1%20(415)%20556-0001")
        [contact] = found.json()["items"]
        other = await desk.contact_of(people[2])
        renamed = await desk.call(
            "PATCH", f"/api/contacts/{contact['id']}", {"name": "  Ann \n B. "}
        )
        assert (renamed.json()["name"], renamed.json()["version"]) == ("Ann B.", 2)
        added = await desk.call(
            "POST",
            f"/api/contacts/{contact['id']}/addresses",
            {"kind": "email", "address": "A@B.ORG"},
        )
        assert [point["address"] for point in added.json()["addresses"]] == [
            "a@b.org", people[1],
        ]  # fmt: skip
        merge = await desk.call(
            "POST", f"/api/contacts/{contact['id']}/merge", {"into_id": other}, key="writer"
        )
        assert merge.json()["moved"] == 2
        whole = (await desk.call("GET", f"/api/contacts/{contact['id']}")).json()
        assert (whole["id"], whole["name"]) == (other, "Ann B.")
        assert [taken["contact_id"] for taken in whole["merged"]] == [contact["id"]]
        undo_path = f"/api/contact-merges/{whole['merged'][0]['merge_id']}/undo"
        undone = await desk.call("POST", undo_path)
        assert undone.json()["moved"] == 2
        assert (await desk.call("POST", undo_path)).status_code == 409
        back = (await desk.call("GET", f"/api/contacts/{contact['id']}")).json()
        assert (back["id"], len(back["addresses"]), back["merged"]) == (contact["id"], 2, [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "key"),
    [
        ("GET", "?cursor=x", None, 400, "lead"),
        ("GET", "?name=x", None, 400, "lead"),
        ("GET", "?address=", None, 422, "lead"),
        ("GET", "?address=a&address=b", None, 422, "lead"),
        ("GET", "?limit=0", None, 422, "lead"),
        ("GET", "/x", None, 404, "lead"),
        ("GET", "/{ann}", None, 404, "stranger"),
        ("PATCH", "/{ann}", {"name": ""}, 422, "lead"),
        ("PATCH", "/{ann}", {"name": "x" * 201}, 422, "lead"),
        ("PATCH", "/{ann}", {}, 422, "lead"),
        ("PATCH", "/{ann}", {"name": None}, 200, "lead"),
        ("PATCH", "/{ann}", {"name": "Ann"}, 403, "reader"),
        ("POST", "/{ann}/addresses", {"kind": "phone", "address": "hello"}, 422, "lead"),
        ("POST", "/{ann}/addresses", {"kind": "phone", "address": "4155550188"}, 422, "lead"),
        ("POST", "/{ann}/addresses", {"kind": "handle", "address": "+14155550188"}, 422, "lead"),
        ("POST", "/{ann}/addresses", {"kind": "handle", "address": "ACME"}, 200, "lead"),
        ("POST", "/{ann}/addresses", {"kind": "phone", "address": BEN}, 409, "lead"),
        ("POST", "/{ann}/merge", {"into_id": "{ann}"}, 409, "lead"),
        ("POST", "/{ann}/merge", {"into_id": "me"}, 422, "lead"),
    ],
)
async def test_what_contacts_answer(
    database_url: str, method: str, path: str, body: Json, status: int, key: str
) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN, BEN)
        ann = await desk.contact_of(ANN)
        if body and body.get("into_id") == "{ann}":
            body = {"into_id": ann}
        path = "/api/contacts" + path.replace("{ann}", ann)
        assert (await desk.call(method, path, body, key=key)).status_code == status


@pytest.mark.parametrize("own", ["+14155550199", "+14155550198", "+14155550197"])
async def test_an_address_of_our_own_is_no_contacts(database_url: str, own: str) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN)
        path = f"/api/contacts/{await desk.contact_of(ANN)}"
        refused = await desk.call("POST", f"{path}/addresses", {"kind": "phone", "address": own})
        assert refused.status_code == 422
        assert [(error["name"], error["code"]) for error in refused.json()["errors"]] == [
            ("address", "own_address")
        ]
        addresses = (await desk.call("GET", path)).json()["addresses"]
        assert [point["address"] for point in addresses] == [ANN]


async def test_a_bulk_action_is_counted_then_done(database_url: str) -> None:
    async with _open(database_url) as desk:
        await desk.hire("Ada")
        await desk.receive(*(f"+1415556{number:04}" for number in range(7)))
        await desk.receive(ANN, channel="other")
        body = {
            "action": {"status": "closed", "assignee_id": None, "add_tag": "March", "read": True},
            "filter": {
                "status": ["open"],
                "channel_id": desk.house.channels["sms"].id,
                "assignee": "none",
                "needs_reply": True,
                "unread": True,
                "active_after": "2024-01-01T00:00:00+02:00",
            },
        }
        counted = await desk.call("POST", "/api/bulk", {**body, "dry_run": True}, key="Ada")
        assert (counted.status_code, counted.json()) == (200, {"count": 7, "capped": False})
        asked = await desk.call("POST", "/api/bulk", body, key="Ada")
        assert asked.status_code == 202
        path = asked.headers["location"]
        assert (await desk.call("GET", path)).json()["status"] == "queued"
        await desk.house.work_on_jobs()
        done = (await desk.call("GET", path)).json()
        assert (done["status"], done["total"], done["changed"]) == ("done", 7, 7)
        assert (await desk.call("POST", f"{path}/cancel")).status_code == 409
        assert await desk.ids(b"SELECT DISTINCT tag FROM conversation_tags") == ["march"]


async def test_a_job_is_canceled_before_it_began(database_url: str) -> None:
    async with _open(database_url) as desk:
        await desk.receive(ANN)
        ids = [await desk.conversation_of(ANN)]
        asked = await desk.call("POST", "/api/bulk", {"action": {"status": "spam"}, "ids": ids})
        path = asked.headers["location"]
        for _ in range(2):
            stopped = await desk.call("POST", f"{path}/cancel")
            assert (stopped.status_code, stopped.json()["status"]) == (200, "canceled")
        await desk.house.work_on_jobs()
        assert (await desk.call("GET", path)).json()["changed"] == 0
        assert (await desk.call("GET", path, key="stranger")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"action": {}, "filter": {}}, 422),
        ({"action": {"status": "snoozed"}, "filter": {}}, 422),
        ({"action": {"status": "open"}}, 422),
        ({"action": {"status": "open"}, "filter": {}, "ids": []}, 422),
        ({"action": {"status": "open"}, "ids": []}, 422),
        ({"action": {"status": "open"}, "ids": ["x"]}, 422),
        ({"action": {"add_tag": "a b"}, "filter": {}}, 422),
        ({"action": {"add_tag": "a", "remove_tag": "A"}, "filter": {}}, 422),
        ({"action": {"assignee_id": new_id()}, "filter": {}}, 422),
        ({"action": {"read": True}, "filter": {}}, 409),
        ({"action": {"read": False}, "filter": {}}, 422),
        ({"action": {"status": "open"}, "filter": {"assignee": "me"}}, 409),
        ({"action": {"status": "open"}, "filter": {"assignee": "you"}}, 422),
        ({"action": {"status": "open"}, "filter": {"address": ""}}, 422),
        ({"action": {"status": "open"}, "filter": {"active_after": "yesterday"}}, 422),
        ({"action": {"status": "open"}, "filter": {"active_after": "0001-01-01T00:00:00+14:00"}},
         422),
        ({"action": {"status": "open"}, "filter": {"limit": 3}}, 422),
        ({"action": {"status": "open"}, "filter": {"tag": ["vip"]}, "dry_run": True}, 200),
    ],
)  # fmt: skip
async def test_what_bulk_answers(database_url: str, body: Json, status: int) -> None:
    async with _open(database_url) as desk:
        assert (await desk.call("POST", "/api/bulk", body)).status_code == status
        assert (await desk.call("POST", "/api/bulk", body, key="writer")).status_code == 403
