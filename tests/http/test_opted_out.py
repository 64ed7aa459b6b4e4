"""Nothing is texted to whom has opted out, by the channel that they told so, until they opt in."""

from typing import Any

from test_sending_to_suppressed import house_of, post, receive, rows, send_all
from whole_house import House

ANN = "+14155550101"
_STATUS = b"""
    SELECT status, failure_code, failure FROM messages WHERE direction = 'outbound' ORDER BY id
"""


async def text_in(house: House, body: str, name: str) -> str:
    """Let Ann text; return the conversation."""
    await receive(house, {"from": ANN, "provider_message_id": name, "body": body}, "text")
    [conversation] = (await house.get("/api/conversations?channel_kind=sms", "agent")).json()[
        "items"
    ]
    return conversation["id"]


async def suppressions(house: House) -> list[dict[str, Any]]:
    return (await house.get("/api/suppressions", "agent")).json()["items"]


async def test_replies_and_new_texts_are_refused_until_they_opt_in(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "STOP", "1")
        text = {"channel_id": house.channels["text"].id, "to": ANN, "body": "Hi"}
        for path, body in (
            (f"/conversations/{conversation}/messages", {"body": "Hello"}),
            ("/messages/sms", text),
        ):
            refused = await post(house, path, body)
            told = refused.json()
            assert (refused.status_code, told["code"]) == (409, "opted_out")
            assert "the recipient has opted out of texts from this channel" in told["detail"]
            assert ANN not in refused.text
        [found] = await suppressions(house)
        assert (found["address"], found["reason"]) == (ANN, "opt_out")
        assert found["channel_id"] == house.channels["text"].id
        [message] = (
            await house.get(f"/api/conversations/{conversation}/messages", "agent")
        ).json()["items"]
        assert (message["body"], message["id"]) == ("STOP", found["event_id"])

        await text_in(house, "Start", "2")
        assert await suppressions(house) == []
        reply = await post(house, f"/conversations/{conversation}/messages", {"body": "Hello"})
        assert reply.status_code == 202


async def test_an_opt_out_that_comes_while_a_text_waits_ends_it(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "Hello", "1")
        path = f"/conversations/{conversation}/messages"
        queued = (await post(house, path, {"body": "Hello", "undo_seconds": 0})).json()
        await text_in(house, "stop", "2")
        assert await send_all(house) == 0
        [(status, code, failure)] = await rows(house, _STATUS)
        assert (status, code) == ("failed", "opted_out")
        assert failure == "a recipient has opted out of texts from this channel"
        again = await post(house, f"/messages/{queued['id']}/retry")
        assert again.json()["code"] == "opted_out"


async def test_a_contact_says_so_and_only_whoever_may_lifts_it(database_url: str) -> None:
    async with house_of(database_url) as house:
        await text_in(house, "STOP", "1")
        response = await house.get("/api/contacts", "agent")
        [contact] = response.json()["items"]
        suppressed = contact["addresses"][0]["suppressed"]
        channel_id = house.channels["text"].id
        assert (suppressed["reason"], suppressed["channel_id"]) == ("opt_out", channel_id)
        path = f"/suppressions/{suppressed['id']}/lift"
        assert (await post(house, path)).json()["code"] == "missing_scope"
        lifted = await post(house, path, key="lead")
        assert (lifted.status_code, lifted.json()["reason"]) == (200, "opt_out")
        audit = (await house.get("/api/audit?action=suppression.lifted", "lead")).json()["items"]
        assert [entry["detail"] for entry in audit] == [{"reason": "opt_out"}]
        assert await suppressions(house) == []
        await text_in(house, "STOP", "2")
        assert [each["reason"] for each in await suppressions(house)] == ["opt_out"]
