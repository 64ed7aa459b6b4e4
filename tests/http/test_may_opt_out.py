"""A text that may ask for no more texts is shown to people, who say whether it does."""

from typing import Any

import pytest
from contract import check_response
from test_contact_consent import contact_of
from test_opted_out import ANN, suppressions, text_in
from test_sending_to_suppressed import house_of, post, receive
from whole_house import House

_LIST = "/api/conversations?may_opt_out="


async def flags(house: House, conversation: str) -> list[bool]:
    path = f"/api/conversations/{conversation}/messages?order=oldest"
    response = await house.get(path, "agent")
    check_response(response)
    return [message["may_opt_out"] for message in response.json()["items"]]


async def listed(house: House, query: str) -> list[dict[str, Any]]:
    response = await house.get(f"{_LIST}{query}", "agent")
    check_response(response)
    return response.json()["items"]


async def message_of(house: House, conversation: str) -> str:
    path = f"/api/conversations/{conversation}/messages"
    return (await house.get(path, "agent")).json()["items"][0]["id"]


async def test_it_is_listed_until_somebody_says_that_it_is_none(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "When does the bus stop?", "1")
        assert await listed(house, "true") == []
        await text_in(house, "stop texting me", "2")
        assert await flags(house, conversation) == [False, True]
        assert [found["id"] for found in await listed(house, "true")] == [conversation]
        assert await listed(house, "true&channel_kind=email") == []
        assert await listed(house, "false") == []
        assert await suppressions(house) == []

        path = f"/messages/{await message_of(house, conversation)}/dismiss-opt-out"
        assert (await post(house, path, key="stranger")).status_code == 404
        dismissed = await post(house, path)
        assert (dismissed.status_code, dismissed.json()["may_opt_out"]) == (200, False)
        assert await flags(house, conversation) == [False, False]
        assert await listed(house, "true") == []
        assert [found["id"] for found in await listed(house, "false")] == [conversation]
        assert (await post(house, path)).json()["code"] == "conflict"
        audit = (await house.get("/api/audit?action=opt_out.dismissed", "lead")).json()["items"]
        assert len(audit) == 1


@pytest.mark.parametrize("ending", ["STOP", "START", "by hand"])
async def test_nobody_is_asked_once_they_opted_out_or_in(database_url: str, ending: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "please remove me from your list", "1")
        assert await flags(house, conversation) == [True]
        if ending == "by hand":
            body = {"address": ANN, "channel_id": house.channels["text"].id}
            await post(house, f"/contacts/{await contact_of(house)}/opt-out", body)
        else:
            await text_in(house, ending, "2")
        assert True not in await flags(house, conversation)
        assert await listed(house, "true") == []


async def test_an_ordinary_yes_decides_nothing(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "don't text me anymore", "1")
        await text_in(house, "Yes", "2")
        assert await flags(house, conversation) == [True, False]


async def test_keywords_and_mails_are_not_asked_about(database_url: str) -> None:
    async with house_of(database_url) as house:
        conversation = await text_in(house, "STOP", "1")
        await text_in(house, "Please stop texting me", "2")
        assert await flags(house, conversation) == [False, False]
        mail = {"from": "ann@example.org", "provider_message_id": "m", "body": "stop texting me"}
        await receive(house, mail)
        [found] = (await house.get("/api/conversations?channel_kind=email", "agent")).json()[
            "items"
        ]
        assert await flags(house, found["id"]) == [False]
