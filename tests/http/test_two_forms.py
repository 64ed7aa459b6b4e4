"""Numbers of countries with two forms of one: one person, answered in the form that came in."""

import pytest
from field_house import open_field_house, others
from whole_house import ChannelPlan

_FORMS = [
    ("+525512345678", "+5215512345678", "+525512345678"),
    ("+5218112345678", "+528112345678", "+528112345678"),
    ("5212221234567", "+52 222 123 4567", "+522221234567"),
    ("whatsapp:+525512345678", "whatsapp:+5215512345678", "whatsapp:+525512345678"),
    ("+5511981234567", "+551181234567", "+5511981234567"),
    ("+559281723241", "+5592981723241", "+5592981723241"),
    ("556199999999", "+55 61 9 9999-9999", "+5561999999999"),
    ("whatsapp:+555181234567", "whatsapp:+5551981234567", "whatsapp:+5551981234567"),
    ("+5491123456789", "+541123456789", "+5491123456789"),
    ("+543514123456", "+5493514123456", "+5493514123456"),
    ("5492966623456", "+54 2966 62-3456", "+5492966623456"),
    ("whatsapp:+5491123456789", "whatsapp:+541123456789", "whatsapp:+5491123456789"),
    ("+2250707123456", "+22507123456", "+2250707123456"),
    ("+22505123456", "+2250505123456", "+2250505123456"),
    ("22540123456", "+225 01 40 12 34 56", "+2250140123456"),
    ("whatsapp:+22598123456", "whatsapp:+2250798123456", "whatsapp:+2250798123456"),
    ("+2290197123456", "+22997123456", "+2290197123456"),
    ("+22961123456", "+2290161123456", "+2290161123456"),
    ("22921301234", "+229 01 21 30 12 34", "+2290121301234"),
    ("whatsapp:+22940123456", "whatsapp:+2290140123456", "whatsapp:+2290140123456"),
]
_TWO_PEOPLE = [
    ("+551178123456", "+5511978123456"),
    ("+22561123456", "+2250161123456"),
    ("+22581123456", "+2250181123456"),
    ("+22981123456", "+2290181123456"),
]


@pytest.mark.parametrize(("one", "other", "shown"), _FORMS)
async def test_both_forms_are_one_person_and_the_last_is_answered(
    database_url: str, one: str, other: str, shown: str
) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("sms", {"from": one, "to": "+14155550199"})
        (conversation,) = await house.conversations()
        assert (await house.reply(conversation))["to"] == [_in_full(one)]
        later = {"timestamp": "2024-11-01T14:05:00Z"}
        await house.receive("sms", {"from": other, "to": "+14155550199"} | later)
        (conversation,) = await house.conversations()
        assert (conversation["message_count"], others(conversation)) == (3, [shown])
        assert (await house.reply(conversation))["to"] == [_in_full(other)]
        assert await house.rebuild_agrees()


def _in_full(written: str) -> str:
    """Write a number with a plus and without spaces, as what is sent has it."""
    bare = written.replace(" ", "").replace("-", "")
    return bare if "+" in bare else f"+{bare}"


@pytest.mark.parametrize(("one", "other"), _TWO_PEOPLE)
async def test_a_number_that_may_be_somebody_elses_is_not_taken_for_another(
    database_url: str, one: str, other: str
) -> None:
    async with open_field_house(database_url) as house:
        for sender in (one, other):
            await house.receive("sms", {"from": sender, "to": "+14155550199"})
        assert len(await house.conversations()) == 2


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
