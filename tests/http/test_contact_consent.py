"""What somebody says of being texted: what holds by address and channel, and all that was said."""

from typing import Any

from contract import check_response
from test_opted_out import ANN, suppressions, text_in
from test_sending_to_suppressed import house_of, post, receive
from whole_house import House

BEN = "+14155550102"


async def contact_of(house: House, address: str = ANN) -> str:
    response = await house.get(f"/api/contacts?address={address.replace('+', '%2B')}", "agent")
    [contact] = response.json()["items"]
    return contact["id"]


async def consent(house: House, contact_id: str, query: str = "", key: str = "agent") -> Any:
    response = await house.get(f"/api/contacts/{contact_id}/consent{query}", key)
    check_response(response)
    return response.json()


def short(entries: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return [(entry["consent"], entry["source"], entry["word"]) for entry in entries]


async def test_all_that_was_said_is_there_and_what_holds(database_url: str) -> None:
    async with house_of(database_url) as house:
        await text_in(house, "Hello", "1")
        contact_id = await contact_of(house)
        [state] = (await consent(house, contact_id))["states"]
        assert (state["state"], state["since"], state["source"]) == ("none", None, None)
        for name, body in enumerate(("Yes", "HELP", "Stop.", "start", "QUIT"), 2):
            await text_in(house, body, str(name))
        told = await consent(house, contact_id)
        assert told["contact_id"] == contact_id
        assert short(told["items"]) == [
            ("opt_out", "keyword", "quit"),
            ("opt_in", "keyword", "start"),
            ("opt_out", "keyword", "stop"),
            ("help", "keyword", "help"),
        ]
        [state] = told["states"]
        [suppression] = await suppressions(house)
        assert (state["state"], state["word"]) == ("opted_out", "quit")
        assert state["suppression_id"] == suppression["id"]
        assert (state["channel_name"], state["address"]) == ("text", ANN)
        assert state["since"] == told["items"][0]["at"]


async def test_the_records_are_read_in_pages_by_whoever_may(database_url: str) -> None:
    async with house_of(database_url) as house:
        for name, body in enumerate(("STOP", "START", "STOP")):
            await text_in(house, body, str(name))
        contact_id = await contact_of(house)
        read: list[dict[str, Any]] = []
        query = "?limit=1"
        while query:
            page = await consent(house, contact_id, query)
            assert len(page["states"]) == 1
            read += page["items"]
            cursor = page["page"]["next_cursor"]
            query = f"?limit=1&cursor={cursor}" if cursor else ""
        assert [entry["word"] for entry in read] == ["stop", "start", "stop"]
        response = await house.get(f"/api/contacts/{contact_id}/consent", "stranger")
        assert response.status_code == 404
        unknown = await house.get(f"/api/contacts/{contact_id}/consent?color=red", "agent")
        assert unknown.json()["code"] == "unknown_parameter"


async def test_an_opt_out_in_other_words_is_recorded_by_hand(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "please leave me alone", "1")
        contact_id, channel_id = await contact_of(house), house.channels["text"].id
        path = f"/contacts/{contact_id}/opt-out"
        body = {"address": "+1 415 555 0101", "channel_id": channel_id}
        recorded = await post(house, path, body)
        assert recorded.status_code == 200
        [state] = recorded.json()["states"]
        assert (state["state"], state["source"], state["word"]) == ("opted_out", "manual", None)
        reply = await post(house, f"/conversations/{conversation}/messages", {"body": "Hello"})
        assert reply.json()["code"] == "opted_out"
        assert (await post(house, path, body)).json()["code"] == "conflict"
        audit = (await house.get("/api/audit?action=suppression.added", "lead")).json()["items"]
        detail = {"reason": "opt_out", "channel_id": channel_id}
        assert [entry["detail"] for entry in audit] == [detail]
        [entry] = (await consent(house, contact_id))["items"]
        assert (entry["source"], entry["agent_id"]) == ("manual", audit[0]["agent"]["id"])
        await text_in(house, "START", "2")
        assert await suppressions(house) == []


async def test_what_cannot_be_opted_out_is_refused(database_url: str) -> None:
    async with house_of(database_url) as house:
        await text_in(house, "Hello", "1")
        contact_id = await contact_of(house)
        path, text = f"/contacts/{contact_id}/opt-out", house.channels["text"].id
        for body in (
            {"address": BEN, "channel_id": text},
            {"address": "", "channel_id": text},
            {"address": ANN, "channel_id": house.channels["mail"].id},
            {"address": ANN, "channel_id": contact_id},
        ):
            refused = await post(house, path, body)
            assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
        body = {"address": ANN, "channel_id": text}
        assert (await post(house, path, body, key="stranger")).status_code == 404


async def test_a_lift_is_a_record_and_so_is_who_did_it(database_url: str) -> None:
    async with house_of(database_url) as house:
        await text_in(house, "STOP", "1")
        [suppression] = await suppressions(house)
        await post(house, f"/suppressions/{suppression['id']}/lift", key="lead")
        told = await consent(house, await contact_of(house))
        assert short(told["items"]) == [("opt_in", "manual", None), ("opt_out", "keyword", "stop")]
        assert told["items"][0]["agent_id"] is not None
        assert [state["state"] for state in told["states"]] == ["opted_in"]


async def test_of_merged_contacts_each_address_keeps_its_own(database_url: str) -> None:
    async with house_of(database_url) as house:
        await text_in(house, "STOP", "1")
        await receive(house, {"from": BEN, "provider_message_id": "2", "body": "Hi"}, "text")
        ann, ben = await contact_of(house), await contact_of(house, BEN)
        await post(house, f"/contacts/{ben}/merge", {"into_id": ann})
        for named in (ann, ben):
            told = await consent(house, named)
            states = {state["address"]: state["state"] for state in told["states"]}
            assert states == {ANN: "opted_out", BEN: "none"}
            assert short(told["items"]) == [("opt_out", "keyword", "stop")]
        text = {"channel_id": house.channels["text"].id, "to": BEN, "body": "Hi"}
        assert (await post(house, "/messages/sms", text)).status_code == 202
