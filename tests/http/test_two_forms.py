"""Numbers of countries with two forms of one: one person, answered in the form that came in."""

import pytest
from field_house import open_field_house, others
from whole_house import ChannelPlan

_FORMS = [
    ("+525512345678", "+5215512345678", "+525512345678"),
    ("+5511981234567", "+551181234567", "+5511981234567"),
    ("+5491123456789", "+541123456789", "+5491123456789"),
    ("+2250707123456", "+22507123456", "+2250707123456"),
    ("+2290197123456", "+22997123456", "+2290197123456"),
    ("whatsapp:+525512345678", "whatsapp:+5215512345678", "whatsapp:+525512345678"),
]


@pytest.mark.parametrize(("one", "other", "shown"), _FORMS)
async def test_both_forms_are_one_person_and_the_last_is_answered(
    database_url: str, one: str, other: str, shown: str
) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("sms", {"from": one, "to": "+14155550199"})
        (conversation,) = await house.conversations()
        assert (await house.reply(conversation))["to"] == [one]
        later = {"timestamp": "2024-11-01T14:05:00Z"}
        await house.receive("sms", {"from": other, "to": "+14155550199"} | later)
        (conversation,) = await house.conversations()
        assert (conversation["message_count"], others(conversation)) == (3, [shown])
        assert (await house.reply(conversation))["to"] == [other]
        assert await house.rebuild_agrees()


async def test_somebody_who_was_only_written_to_is_answered_in_that_form(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        group = ["+14155550199", "+5215512345678"]
        await house.receive("sms", {"from": "+14155550142", "to": group, "type": "mms"})
        (conversation,) = await house.conversations()
        assert others(conversation) == ["+14155550142", "+525512345678"]
        answer = await house.reply(conversation)
        assert sorted(answer["to"]) == ["+14155550142", "+5215512345678"]
        assert await house.rebuild_agrees()


@pytest.mark.parametrize("met", ["+541159841234", "+5491159841234"])
async def test_an_own_number_keeps_the_form_in_which_it_was_set(
    database_url: str, met: str
) -> None:
    own = ChannelPlan(name="ar", provider="generic", kind="sms", own_address="+541159841234")
    async with open_field_house(database_url, own) as house:
        await house.receive("ar", {"from": "+5491123456789", "to": met})
        (conversation,) = await house.conversations()
        assert others(conversation) == ["+5491123456789"]
        assert conversation["own_address"] == "+541159841234"
        assert (await house.reply(conversation))["from"] == "+541159841234"
        await house.receive("ar", {"from": met, "to": "+541123456789"})
        (conversation,) = await house.conversations()
        assert conversation["last_message"]["direction"] == "outbound"
        assert await house.rebuild_agrees()
