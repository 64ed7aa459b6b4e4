"""Agents, keys, canned replies, channels, the audit, rate limits and other origins, over HTTP."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from actions_house import ActionsHouse, open_actions_house
from agents import a_conversation
from flows import make_channel, values

from app.clock import utc_now
from domain.agent import ROLE_SCOPES, Role

NO_ID = "01930000-0000-7000-8000-00000000ffff"


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Expect a refusal and return its detail."""
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    return response.json()["detail"]


async def actions(house: ActionsHouse, query: str = "") -> list[str]:
    return [one["action"] for one in (await house.get("ada", f"/audit{query}"))["items"]]


async def test_everybody_may_ask_who_they_are(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        mia = await house.get("mia", "/me")
        assert (mia["agent"]["name"], mia["agent"]["role"]) == ("Mia", "agent")
        assert mia["key"]["scopes"] == sorted(ROLE_SCOPES["agent"])
        robot = await house.get("robot", "/me")
        assert (robot["agent"], robot["key"]["name"]) == (None, "robot")
        assert robot["customer"] == {"name": "default"}
        assert (await house.get("stranger", "/me"))["customer"] == {"name": "other"}


async def test_an_admin_adds_and_changes_agents(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        added = await house.call("ada", "POST", "/agents", {"name": " Zoë ", "role": "agent"})
        zoe = added.json()
        assert (added.status_code, zoe["name"], zoe["version"]) == (201, "Zoë", 1)
        same = await house.call("ada", "POST", "/agents", {"name": "Zoë", "role": "lead"})
        refused(same, 409, "conflict")
        path = f"/agents/{zoe['id']}"
        changed = await house.call("ada", "PATCH", path, {"role": "lead", "name": "Zoe"})
        assert (changed.json()["role"], changed.json()["version"]) == ("lead", 2)
        unchanged = await house.call("ada", "PATCH", path, {"role": "lead"})
        assert unchanged.json() == changed.json()
        refused(await house.call("ada", "PATCH", path, {"name": "Mia"}), 409, "conflict")
        old = await house.call("ada", "PATCH", path, {"role": "agent", "version": 1})
        refused(old, 412, "version_mismatch")
        left = await house.call("ada", "PATCH", path, {"disabled": True})
        assert left.json()["disabled_at"] is not None
        back = await house.call("ada", "PATCH", path, {"disabled": False})
        assert back.json()["disabled_at"] is None
        refused(await house.call("lou", "PATCH", path, {"name": "Zed"}), 403, "missing_scope")
        refused(await house.call("stranger", "PATCH", path, {"name": "Z"}), 404, "not_found")
        names = [one["name"] for one in (await house.get("mia", "/agents"))["items"]]
        assert sorted(names) == ["Ada", "Ana", "Lou", "Mia", "Zoe"]
        assert await actions(house, f"?object_id={zoe['id']}") == [
            "agent.enabled",
            "agent.disabled",
            "agent.role_changed",
            "agent.renamed",
            "agent.created",
        ]


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "lead"}])
async def test_the_last_admin_stays(database_url: str, change: dict[str, object]) -> None:
    async with open_actions_house(database_url) as house:
        ada, lou = (f"/agents/{house.agents[name]}" for name in ("ada", "lou"))
        refused(await house.call("robot", "PATCH", ada, change), 409, "conflict")
        await house.call("robot", "PATCH", lou, {"role": "admin"})
        both = await asyncio.gather(
            house.call("robot", "PATCH", ada, change), house.call("robot", "PATCH", lou, change)
        )
        assert sorted(response.status_code for response in both) == [200, 409]


async def test_the_keys_of_whoever_leaves_stop(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/agents/{house.agents['mia']}"
        await house.call("ada", "PATCH", path, {"disabled": True})
        refused(await house.call("mia", "GET", "/me"), 401, "unauthorized")
        await house.call("ada", "PATCH", path, {"disabled": False})
        assert (await house.get("mia", "/me"))["agent"]["name"] == "Mia"


async def test_agents_are_walked_by_name(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        agents = await house.walk("mia", "/agents", limit="3")
        assert [agent["name"] for agent in agents] == ["Ada", "Ana", "Lou", "Mia"]
        first = await house.call("mia", "GET", "/agents?limit=3")
        assert 'rel="next"' in first.headers["link"]
        cursor = first.json()["page"]["next_cursor"]
        for path in (f"/tags?cursor={cursor}", "/agents?cursor=x", "/agents?cursor=%00"):
            refused(await house.call("mia", "GET", path), 400, "invalid_cursor")


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        body = {"name": "Mia's laptop", "agent_id": house.agents["mia"]}
        made = await house.call("ada", "POST", "/keys", body)
        assert made.status_code == 201
        key = made.json()
        assert key["scopes"] == sorted(ROLE_SCOPES["agent"])
        bearer = {"authorization": f"Bearer {key['key']}"}
        me = await house.call(None, "GET", "/me", headers=bearer)
        assert me.json()["agent"]["name"] == "Mia"
        listed = (await house.get("ada", "/keys"))["items"]
        assert listed[0]["id"] == key["id"]
        assert listed[0]["last_used_at"] is not None
        assert key["key"] not in str(listed)
        for _ in range(2):
            gone = await house.call("ada", "DELETE", f"/keys/{key['id']}")
            assert (gone.status_code, gone.content) == (204, b"")
        assert await actions(house, f"?object_id={key['id']}") == ["key.revoked", "key.created"]
        refused(await house.call(None, "GET", "/me", headers=bearer), 401, "unauthorized")
        refused(await house.call("ada", "DELETE", f"/keys/{NO_ID}"), 404, "not_found")
        refused(await house.call("lou", "GET", "/keys"), 403, "missing_scope")


async def test_a_repeated_request_for_a_key_does_not_repeat_the_secret(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        body = {"name": "export", "scopes": ["conversations:read"]}
        headers = {"Idempotency-Key": "key-1"}
        first = (await house.call("ada", "POST", "/keys", body, headers)).json()
        again = (await house.call("ada", "POST", "/keys", body, headers)).json()
        assert again == {**first, "key": None}
        async with await house.connect() as conn:
            [kept] = await values(conn, b"SELECT convert_from(body, 'UTF8') FROM idempotency_keys")
        assert first["key"] not in str(kept)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "", "scopes": ["admin"]}, "name"),
        ({"name": "x", "scopes": ["admin"], "agent_id": NO_ID}, "agent_id"),
        ({"name": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "scopes": ["admin"], "expires_at": "9999-12-31T23:00:00Z"}, "expires_at"),
    ],
)
async def test_a_key_that_cannot_be_names_its_field(
    database_url: str, body: dict[str, object], field: str
) -> None:
    async with open_actions_house(database_url) as house:
        response = await house.call("ada", "POST", "/keys", body)
        refused(response, 422, "validation_failed")
        assert [error["name"] for error in response.json()["errors"]] == [field]


async def test_a_role_caps_the_scopes_of_its_keys(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        mia = house.agents["mia"]
        more = {"name": "x", "agent_id": mia, "scopes": ["audit:read"]}
        refused(await house.call("ada", "POST", "/keys", more), 422, "validation_failed")
        less = {"name": "x", "agent_id": mia, "scopes": ["conversations:read"]}
        key = (await house.call("ada", "POST", "/keys", less)).json()["key"]
        bearer = {"authorization": f"Bearer {key}"}
        assert (await house.call(None, "GET", "/tags", headers=bearer)).status_code == 200
        refused(await house.call(None, "GET", "/audit", headers=bearer), 403, "missing_scope")
        await house.call("ada", "PATCH", f"/agents/{mia}", {"role": "operator"})
        assert (await house.get("mia", "/me"))["key"]["scopes"] == sorted(ROLE_SCOPES["operator"])


async def test_a_key_ends_by_itself(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        until = (utc_now() + timedelta(hours=1)).isoformat()
        body = {"name": "visitor", "scopes": ["conversations:read"], "expires_at": until}
        key = (await house.call("ada", "POST", "/keys", body)).json()
        bearer = {"authorization": f"Bearer {key['key']}"}
        assert (await house.call(None, "GET", "/me", headers=bearer)).status_code == 200
        async with await house.connect() as conn:
            await conn.execute(
                b"UPDATE api_keys SET expires_at = now() WHERE id = %s", (key["id"],)
            )
        refused(await house.call(None, "GET", "/me", headers=bearer), 401, "unauthorized")


async def test_keys_are_walked_from_the_newest(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        keys = await house.walk("ada", "/keys", limit="2")
        assert [key["name"] for key in keys] == ["robot", "ana", "ada", "lou", "mia"]


async def test_canned_replies_are_read_by_all_and_written_by_some(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        body = {"name": "on-its-way", "text": "Your parcel is on its way."}
        added = await house.call("lou", "POST", "/canned-replies", body)
        assert added.status_code == 201
        reply = added.json()
        refused(await house.call("lou", "POST", "/canned-replies", body), 409, "conflict")
        refused(await house.call("mia", "POST", "/canned-replies", body), 403, "missing_scope")
        other = {"name": "bye", "text": "Good bye!"}
        await house.call("lou", "POST", "/canned-replies", other)
        path = f"/canned-replies/{reply['id']}"
        taken = await house.call("lou", "PATCH", path, {"name": "bye"})
        refused(taken, 409, "conflict")
        changed = await house.call("lou", "PATCH", path, {"text": "It left us.", "version": 1})
        assert (changed.json()["text"], changed.json()["version"]) == ("It left us.", 2)
        old = await house.call("lou", "PATCH", path, {"text": "x", "version": 1})
        refused(old, 412, "version_mismatch")
        listed = (await house.get("ana", "/canned-replies"))["items"]
        assert [one["name"] for one in listed] == ["bye", "on-its-way"]
        assert listed[1] == changed.json()
        assert (await house.call("lou", "DELETE", path)).status_code == 204
        refused(await house.call("lou", "DELETE", path), 404, "not_found")
        refused(await house.call("lou", "PATCH", path, {"text": "x"}), 404, "not_found")
        assert await actions(house, f"?object_id={reply['id']}") == [
            "canned_reply.removed",
            "canned_reply.changed",
            "canned_reply.created",
        ]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Two Words", "text": "x"},
        {"name": "-x", "text": "x"},
        {"name": "x", "text": "  "},
        {"name": "x", "text": "x" * 20_001},
    ],
)
async def test_what_is_no_canned_reply(database_url: str, body: dict[str, str]) -> None:
    async with open_actions_house(database_url) as house:
        response = await house.call("lou", "POST", "/canned-replies", body)
        refused(response, 422, "validation_failed")


async def test_channels_say_whether_they_can_send(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        async with await house.connect() as conn:
            channel = await make_channel(conn, "support")
        [shown] = (await house.get("ana", "/channels"))["items"]
        assert (shown["id"], shown["kind"], shown["name"]) == (channel.id, "sms", "support")
        assert shown["can_send"] is False
        assert shown["obstacle"]
        assert channel.token not in str(shown)
        assert (await house.get("stranger", "/channels"))["items"] == []


async def test_the_audit_is_searched_by_who_what_where_and_when(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        async with await house.connect() as conn:
            conversation = await a_conversation(conn, database_url)
        path = f"/conversations/{conversation}"
        begun = utc_now().isoformat().replace("+00:00", "Z")
        await house.call("mia", "PATCH", path, {"assignee_id": "me"})
        await house.call("lou", "PATCH", path, {"status": "closed"})
        await house.call("robot", "POST", f"{path}/notes", {"text": "Done."})
        [closed] = (await house.get("lou", "/audit?action=conversation.status_changed"))["items"]
        assert closed["agent"] == {"id": house.agents["lou"], "name": "Lou"}
        assert closed["detail"] == {"from": "open", "to": "closed"}
        assert closed["request_id"]
        assert closed["key_id"]
        everything = ["note.created", "conversation.status_changed", "conversation.assigned"]
        assert await actions(house) == everything
        assert await actions(house, f"?conversation_id={conversation}&after={begun}") == everything
        assert await actions(house, f"?before={begun}") == []
        mia = house.agents["mia"]
        assert await actions(house, f"?agent_id={mia}") == ["conversation.assigned"]
        assert await actions(house, f"?agent_id={mia}&action=note.created") == []
        assert await actions(house, "?after=0001-01-01T00:00:00Z") == everything
        assert await actions(house, "?before=9999-12-31T23:59:59Z") == everything
        walked = await house.walk("ada", "/audit", limit="1")
        assert [entry["action"] for entry in walked] == everything
        refused(await house.call("mia", "GET", "/audit"), 403, "missing_scope")
        assert (await house.get("stranger", "/audit"))["items"] == []
        for query in ("agent_id=me", "action=*", "after=yesterday", "limit=0"):
            response = await house.call("ada", "GET", f"/audit?{query}")
            refused(response, 422, "validation_failed")


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(database_url: str) -> None:
    async with open_actions_house(database_url, per_minute=3) as house:
        left: list[str] = []
        for path in ("/me", f"/conversations/{NO_ID}", "/tags"):
            response = await house.call("mia", "GET", path)
            assert response.headers["ratelimit-limit"] == "3"
            assert 1 <= int(response.headers["ratelimit-reset"]) <= 60
            left.append(response.headers["ratelimit-remaining"])
        assert left == ["2", "1", "0"]
        response = await house.call("mia", "GET", "/me")
        refused(response, 429, "too_many_requests")
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert response.headers["ratelimit-remaining"] == "0"
        assert (await house.call("lou", "GET", "/me")).status_code == 200


async def test_without_a_limit_nothing_is_said_of_one(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        response = await house.call("mia", "GET", "/me")
        assert "ratelimit-limit" not in response.headers


async def test_pages_of_named_origins_may_call_and_see_refusals(database_url: str) -> None:
    desk = "https://desk.example.com"
    async with open_actions_house(database_url, origins=(desk,)) as house:
        preflight = await house.client.options(
            "/api/conversations",
            headers={
                "Origin": desk,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "authorization,content-type,if-match",
            },
        )
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == desk
        assert "access-control-allow-credentials" not in preflight.headers
        for who, status in (("mia", 200), (None, 401)):
            response = await house.call(who, "GET", "/me", headers={"Origin": desk})
            assert response.status_code == status
            assert response.headers["access-control-allow-origin"] == desk
            assert "RateLimit-Remaining" in response.headers["access-control-expose-headers"]
        stranger = await house.call("mia", "GET", "/me", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


async def test_no_origin_is_let_in_unless_it_is_named(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        response = await house.call("mia", "GET", "/me", headers={"Origin": "https://a.example"})
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("role", list(ROLE_SCOPES))
def test_no_role_but_admin_manages_agents_and_keys(role: Role) -> None:
    assert ("admin" in ROLE_SCOPES[role]) == (role == "admin")
