"""What agents do with a conversation over HTTP: change it, read it, tag it, note, look back."""

import asyncio
from typing import Any

import httpx
import pytest
from actions_house import ActionsHouse, doer, open_actions_house
from agents import a_conversation, told
from flows import values

NO_ID = "01930000-0000-7000-8000-00000000ffff"


async def begin(house: ActionsHouse, *bodies: str) -> str:
    async with await house.connect() as conn:
        return await a_conversation(conn, house.database_url, *bodies)


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Expect a refusal and return its detail."""
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    return response.json()["detail"]


async def test_a_change_answers_with_the_conversation_as_get_shows_it(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        before = await house.get("mia", path)
        body = {"status": "pending", "assignee_id": "me", "subject": "Parcel"}
        changed = await house.call("mia", "PATCH", path, body)
        assert changed.status_code == 200
        shown = changed.json()
        assert shown == await house.get("mia", path)
        assert (shown["status"], shown["subject"]) == ("pending", "Parcel")
        assert shown["assignee"] == {"id": house.agents["mia"], "name": "Mia"}
        assert shown["version"] == before["version"] + 1
        again = await house.call("mia", "PATCH", path, body)
        assert again.json() == shown


async def test_snoozing_and_waking_by_hand(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        until = {"snoozed_until": "2033-08-23T11:00:00+02:00"}
        snoozed = await house.call("mia", "PATCH", path, until)
        assert snoozed.json()["status"] == "snoozed"
        assert snoozed.json()["snoozed_until"] == "2033-08-23T09:00:00.000000Z"
        opened = await house.call("mia", "PATCH", path, {"snoozed_until": None})
        assert (opened.json()["status"], opened.json()["snoozed_until"]) == ("open", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "snoozed"}, "snoozed_until"),
        ({"snoozed_until": "2020-01-01T00:00:00Z"}, "snoozed_until"),
        ({"snoozed_until": "9999-12-31T23:59:59-10:00"}, "snoozed_until"),
        ({"snoozed_until": "2033-01-01T00:00:00"}, "snoozed_until"),
        ({"assignee_id": NO_ID}, "assignee_id"),
        ({"assignee_id": "Mia"}, "assignee_id"),
        ({"status": "done"}, "status"),
        ({"subject": ""}, "subject"),
        ({"subject": "two\nlines"}, "subject"),
        ({"version": 0}, "version"),
        ({"stauts": "open"}, "stauts"),
    ],
)
async def test_a_change_that_cannot_be_names_its_field(
    database_url: str, body: dict[str, Any], field: str
) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        response = await house.call("mia", "PATCH", path, body)
        refused(response, 422, "validation_failed")
        assert [error["name"] for error in response.json()["errors"]] == [field]


async def test_an_old_version_is_refused_in_header_and_body(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        seen = (await house.get("mia", path))["version"]
        closing = {"status": "closed"}
        first = await house.call("mia", "PATCH", path, closing, {"If-Match": f'"{seen}"'})
        assert first.status_code == 200
        old = await house.call("lou", "PATCH", path, {"status": "open"}, {"If-Match": str(seen)})
        refused(old, 412, "version_mismatch")
        older = await house.call("lou", "PATCH", path, {"status": "open", "version": seen})
        refused(older, 412, "version_mismatch")
        both = await house.call(
            "lou", "PATCH", path, {"version": seen + 1}, {"If-Match": str(seen)}
        )
        refused(both, 422, "validation_failed")
        wrong = await house.call("lou", "PATCH", path, {}, {"If-Match": "*"})
        refused(wrong, 422, "validation_failed")


@pytest.mark.parametrize("by_version", [False, True])
async def test_of_two_agents_who_take_it_one_wins_and_the_other_is_told(
    database_url: str, by_version: bool
) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        seen = (await house.get("mia", path))["version"]
        body = {"assignee_id": "me"} | (
            {"version": seen} if by_version else {"only_if_unassigned": True}
        )
        both = await asyncio.gather(
            house.call("mia", "PATCH", path, body), house.call("lou", "PATCH", path, body)
        )
        winner, loser = sorted(both, key=lambda response: response.status_code)
        assert winner.status_code == 200
        taken_by = winner.json()["assignee"]["name"]
        if by_version:
            refused(loser, 412, "version_mismatch")
        else:
            detail = refused(loser, 409, "conflict")
            assert detail == f"{taken_by} has this conversation already"
        shown = await house.get("mia", path)
        assert (shown["assignee"]["name"], shown["version"]) == (taken_by, seen + 1)
        history = await house.get("mia", f"{path}/history")
        assert [entry["agent"]["name"] for entry in history["items"]] == [taken_by]


async def test_who_may_not_and_what_is_not_there(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        changed = {"status": "closed"}
        refused(await house.call("ana", "PATCH", path, changed), 403, "missing_scope")
        refused(await house.call("stranger", "PATCH", path, changed), 404, "not_found")
        refused(
            await house.call("mia", "PATCH", f"/conversations/{NO_ID}", changed), 404, "not_found"
        )
        refused(await house.call(None, "PATCH", path, changed), 401, "unauthorized")
        refused(await house.call("robot", "PATCH", path, {"assignee_id": "me"}), 409, "conflict")


async def test_reading_is_said_never_guessed_and_goes_on_only(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        conversation = await begin(house, "One", "Two", "Three")
        path = f"/conversations/{conversation}"
        await house.get("mia", f"{path}/notes")
        assert (await house.get("mia", path))["unread_count"] == 3
        for seq, left in ((2, 2), (1, 2), (99, 3)):
            marked = await house.call("mia", "PUT", f"{path}/read", {"last_read_seq": seq})
            assert marked.json() == {"conversation_id": conversation, "last_read_seq": left}
        shown = await house.get("mia", path)
        assert (shown["unread"], shown["unread_count"]) == (False, 0)
        assert (await house.get("lou", path))["unread_count"] == 3
        back = await house.call("mia", "PUT", f"{path}/unread", {"from_seq": 2})
        assert back.json()["last_read_seq"] == 1
        assert (await house.get("mia", path))["unread_count"] == 2
        assert (await house.get("mia", path))["version"] == shown["version"]
        async with await house.connect() as conn:
            mia = house.agents["mia"]
            assert await told(conn, "conversation.read") == [
                (conversation, mia, None, seq) for seq in (2, 3, 1)
            ]


async def test_what_was_there_before_an_agent_is_read_until_they_say_otherwise(
    database_url: str,
) -> None:
    async with open_actions_house(database_url) as house:
        conversation = await begin(house, "One", "Two", "Three")
        path = f"/conversations/{conversation}"
        async with await house.connect() as conn:
            await conn.execute(b"UPDATE agents SET read_from = now() + interval '1 hour'")
        assert (await house.get("mia", path))["unread"] is False
        assert (await house.get("mia", "/conversations?unread=true"))["items"] == []
        await house.call("mia", "PUT", f"{path}/unread", {"from_seq": 2})
        shown = await house.get("mia", path)
        assert (shown["unread"], shown["unread_count"]) == (True, 2)
        listed = await house.get("mia", "/conversations?unread=true")
        assert [item["id"] for item in listed["items"]] == [conversation]
        counted = await house.get("mia", "/conversations/counts?views=unread")
        assert counted["counts"]["unread"]["count"] == 1


async def test_only_an_agent_reads(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        response = await house.call("robot", "PUT", f"{path}/read", {"last_read_seq": 1})
        assert "speaks for no agent" in refused(response, 409, "conflict")
        response = await house.call("mia", "PUT", f"{path}/unread", {"from_seq": 0})
        refused(response, 422, "validation_failed")
        gone = f"/conversations/{NO_ID}/read"
        refused(await house.call("mia", "PUT", gone, {"last_read_seq": 1}), 404, "not_found")


async def test_tags_are_put_on_and_taken_off_by_name(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        version = (await house.get("mia", path))["version"]
        for tag in ("VIP", "vip", "%C3%89t%C3%A9"):
            tagged = await house.call("mia", "PUT", f"{path}/tags/{tag}")
        assert tagged.json()["tags"] == ["vip", "été"]
        assert tagged.json()["version"] == version + 2
        for _ in range(2):
            tagged = await house.call("mia", "DELETE", f"{path}/tags/vip")
        assert (tagged.json()["tags"], tagged.json()["version"]) == (["été"], version + 3)
        history = await house.get("mia", f"{path}/history?order=oldest")
        assert [(entry["action"], entry["detail"]["tag"]) for entry in history["items"]] == [
            ("conversation.tagged", "vip"),
            ("conversation.tagged", "été"),
            ("conversation.untagged", "vip"),
        ]


@pytest.mark.parametrize("tag", ["a%20b", "a,b", "x" * 65, "%E2%80%AEx", ".hidden", "a%00b"])
async def test_what_is_no_tag(database_url: str, tag: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}/tags/{tag}"
        refused(await house.call("mia", "PUT", path), 422, "validation_failed")
        refused(await house.call("mia", "DELETE", path), 422, "validation_failed")


async def test_a_conversation_has_fifty_tags_at_most(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}/tags"
        for number in range(50):
            assert (await house.call("mia", "PUT", f"{path}/tag-{number:02}")).status_code == 200
        assert (await house.call("mia", "PUT", f"{path}/tag-00")).status_code == 200
        refused(await house.call("mia", "PUT", f"{path}/tag-50"), 409, "conflict")
        tags = await house.walk("ana", "/tags", limit="20")
        assert [tag["name"] for tag in tags] == [f"tag-{number:02}" for number in range(50)]
        assert (tags[0]["conversation_count"], tags[0]["capped"]) == (1, False)
        assert (await house.get("stranger", "/tags"))["items"] == []


async def test_a_note_is_for_colleagues_and_no_activity(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        conversation = await begin(house)
        path = f"/conversations/{conversation}"
        before = await house.get("mia", path)
        headers = {"Idempotency-Key": "note-1"}
        first = await house.call("mia", "POST", f"{path}/notes", {"text": " She called. "}, headers)
        again = await house.call("mia", "POST", f"{path}/notes", {"text": " She called. "}, headers)
        assert first.status_code == again.status_code == 201
        assert again.headers["Idempotent-Replayed"] == "true"
        assert first.json() == again.json()
        await house.call("robot", "POST", f"{path}/notes", {"text": "Order 7 is late."})
        notes = (await house.get("ana", f"{path}/notes?order=oldest"))["items"]
        assert notes[0] == first.json()
        assert [doer(note) for note in notes] == ["Mia", None]
        assert [note["text"] for note in notes] == ["She called.", "Order 7 is late."]
        assert await house.get("mia", path) == before
        async with await house.connect() as conn:
            assert [row[:2] for row in await told(conn, "note.created")] == [
                (conversation, note["id"]) for note in notes
            ]
            assert await values(
                conn, b"SELECT count(*) FROM audit WHERE detail::text ~ 'late'"
            ) == [0]
        refused(await house.call("mia", "POST", f"{path}/notes", {"text": " "}), 422,
                "validation_failed")  # fmt: skip
        refused(await house.call("ana", "POST", f"{path}/notes", {"text": "x"}), 403,
                "missing_scope")  # fmt: skip


async def test_notes_and_history_are_walked_from_either_end(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        path = f"/conversations/{await begin(house)}"
        for number in range(5):
            await house.call("mia", "POST", f"{path}/notes", {"text": f"note {number}"})
        for order, expected in (("newest", [4, 3, 2, 1, 0]), ("oldest", [0, 1, 2, 3, 4])):
            notes = await house.walk("mia", f"{path}/notes", order=order, limit="2")
            history = await house.walk("mia", f"{path}/history", order=order, limit="2")
            assert [note["text"] for note in notes] == [f"note {number}" for number in expected]
            ids = [entry["id"] for entry in history]
            assert ids == sorted(ids, reverse=order == "newest")
            assert len(ids) == 5
        wrong = await house.call("mia", "GET", f"{path}/notes?order=sideways")
        refused(wrong, 422, "validation_failed")
        wrong = await house.call("mia", "GET", f"{path}/history?limt=2")
        refused(wrong, 400, "unknown_parameter")
        wrong = await house.call("mia", "GET", f"{path}/history?cursor=abc")
        refused(wrong, 400, "invalid_cursor")


async def test_the_history_of_what_was_merged_stays(database_url: str) -> None:
    async with open_actions_house(database_url) as house:
        conversation = await begin(house)
        async with await house.connect() as conn:
            await conn.execute(
                b"INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)"
                b" VALUES (1, %s, %s, 'agent')",
                (NO_ID, conversation),
            )
            await conn.execute(
                b"INSERT INTO audit (customer_id, id, action, conversation_id)"
                b" VALUES (1, %s, 'conversation.status_changed', %s)",
                (NO_ID, NO_ID),
            )
        closed = await house.call("mia", "PATCH", f"/conversations/{NO_ID}", {"status": "closed"})
        assert closed.json()["id"] == conversation
        for named in (NO_ID, conversation):
            history = await house.get("mia", f"/conversations/{named}/history")
            assert [doer(entry) for entry in history["items"]] == ["Mia", None]
