"""Address fields, numbers and Message-IDs as the field delivers them, from webhook to answer."""

from typing import Any

import pytest
from field_house import open_field_house, others
from whole_house import ChannelPlan

_ANN = "ann@corp.com"


@pytest.mark.parametrize(
    "written",
    [
        "ann@corp.com (Ana Ruiz)",
        "<ann@corp.com> (via list)",
        "ann@corp.com;",
        "Ruiz, Ana <ann@corp.com>",
        "'ann@corp.com'",
        "<@relay.example:ann@corp.com>",
        "Team: ann@corp.com;",
        "=?utf-8?q?Ruiz=2C_Ana_=3Cevil=40x=2Ey=3E?= <ann@corp.com>",
    ],
)
async def test_one_mail_address_is_one_person_however_it_is_written(
    database_url: str, written: str
) -> None:
    async with open_field_house(database_url) as house:
        first = {"from": _ANN, "subject": "One", "message_id": "<c1@corp.com>"}
        answer = {"from": written, "subject": "Re: One", "in_reply_to": "<c1@corp.com>"}
        await house.receive("help", first, answer)
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 2
        assert others(conversation) == [_ANN]
        assert (await house.reply(conversation))["to"] == [_ANN]
        assert await house.rebuild_agrees()


async def test_names_are_shown_as_they_are_meant(database_url: str) -> None:
    written = [
        ("=?UTF-8?Q?J=C3=BCrgen_Gro=C3=9F?= <jg@corp.com>", "Jürgen Groß"),
        ('"Okafor, Chidi \\"CJ\\"" <chidi@corp.com>', 'Okafor, Chidi "CJ"'),
        ("Doe, Jane <jane@corp.com>", "Doe, Jane"),
        ("zoe@corp.com (Zoe Li)", "Zoe Li"),
        ("'Max' <max@corp.com>", "Max"),
    ]
    async with open_field_house(database_url) as house:
        await house.receive("help", *({"from": field, "subject": "N"} for field, _ in written))
        found = [item["participants"][0]["contact"]["name"] for item in await house.conversations()]
        assert sorted(found) == sorted(name for _, name in written)


async def test_everybody_in_a_field_takes_part_and_is_answered(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        mail = {
            "from": "ann@corp.com, ben@corp.com",
            "to": "Help, Our <help@example.com>; Doe, Jane <jane@corp.com>",
            "cc": 'Friends: zoe@corp.com, "Li, Max" <max@corp.com>;, undisclosed:;',
            "subject": "All",
        }
        await house.receive("help", mail)
        (conversation,) = await house.conversations()
        everybody = [f"{name}@corp.com" for name in ("ann", "ben", "jane", "max", "zoe")]
        assert others(conversation) == everybody
        answer = await house.reply(conversation)
        assert (answer["to"], answer["cc"]) == ([_ANN], everybody[1:])


@pytest.mark.parametrize("written", ["ann@x@corp.com", "Ann ann@corp.com", "ann@corp..com", "Ann"])
async def test_nothing_is_sent_to_what_is_no_address(database_url: str, written: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", {"from": written, "subject": "N"})
        (conversation,) = await house.conversations()
        (person,) = conversation["participants"]
        assert (person["kind"], person["address"]) == ("handle", written)
        with pytest.raises(AssertionError, match="nobody in this conversation can be written to"):
            await house.reply(conversation)


async def test_a_domain_that_newer_rules_forbid_is_one_domain(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        first = {"from": "ann@i❤.ws", "subject": "One", "message_id": "<c1@corp.com>"}
        answer = {"from": "ann@xn--i-7iq.ws", "subject": "Re", "in_reply_to": "<c1@corp.com>"}
        await house.receive("help", first, answer)
        (conversation,) = await house.conversations()
        assert conversation["participants"][0]["kind"] == "email"
        assert (await house.reply(conversation))["to"] == ["ann@xn--i-7iq.ws"]


@pytest.mark.parametrize(
    ("borne", "referred"),
    [
        ("c1@corp.com", "<c1@corp.com>"),
        ("<c 1@corp.com>", "<c\r\n 1@corp.com>"),
        ("c 1@corp.com", "<c 1@corp.com>"),
        (f"<{'c' * 2000}@corp.com>", f"<{'c' * 2000}@corp.com>"),
        ("=?utf-8?q?=3Cc1=40corp=2Ecom=3E?=", "Mail of Monday <c1@corp.com>"),
        ("<c1@corp.com>", " ".join(["<c1@corp.com>", *(f"<{n}@corp.com>" for n in range(60))])),
    ],
)
async def test_odd_message_ids_still_lead_to_their_mails(
    database_url: str, borne: str, referred: str
) -> None:
    async with open_field_house(database_url) as house:
        first = {"from": _ANN, "subject": "One", "message_id": borne}
        answer = {"from": _ANN, "subject": "Two", "references": referred}
        await house.receive("help", answer, first)
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 2
        sent = await house.reply(conversation)
        assert "sha256:" not in f"{sent['in_reply_to']} {sent['references']}"
        assert await house.rebuild_agrees()


def _thread_mails(message_ids: list[str]) -> list[dict[str, Any]]:
    """Write mails of which each answers the one before."""
    return [
        {"from": _ANN, "subject": "T", "message_id": own, "in_reply_to": answered}
        for own, answered in zip(message_ids, [None, *message_ids], strict=False)
    ]


async def test_a_reply_in_a_long_thread_refers_to_its_root_and_the_newest(
    database_url: str,
) -> None:
    async with open_field_house(database_url) as house:
        ids = [f"<c{n}@corp.com>" for n in range(24)]
        await house.receive("help", *_thread_mails(ids))
        (conversation,) = await house.conversations()
        sent = await house.reply(conversation)
        assert sent["references"].split() == [ids[0], *ids[-19:]]
        assert sent["in_reply_to"] == ids[-1]
        again = await house.reply(conversation)
        assert again["references"].split() == [ids[0], *ids[-18:], sent["message_id"]]


async def test_a_reply_refers_to_what_fits_into_a_header_line(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        longest, too_long = (f"<{'c' * count}@corp.com>" for count in (986, 987))
        await house.receive("help", *_thread_mails(["<c1@corp.com>", longest, too_long]))
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 3
        sent = await house.reply(conversation)
        assert sent["references"] == f"<c1@corp.com> {longest}"
        assert sent["in_reply_to"] == longest


_GROUP = ["+14155550191", "+14155550192"]


@pytest.mark.parametrize(
    "joined",
    [
        "+14155550199, +14155550192",
        "+14155550199;+14155550192",
        "+1 415 555 0199 +1 415 555 0192",
        "14155550199 14155550192",
        ["+14155550199, +14155550192"],
        "+14155550199/+14155550192",
        "+14155550199 & +14155550192",
        "+14155550199+14155550192",
        "+14155550199\u060c +14155550192",
        "'+14155550199', '+14155550192'",
        "<+14155550199>, <+14155550192>",
        '["+14155550199","+14155550192"]',
    ],
)
async def test_a_list_of_numbers_in_one_text_is_that_list(
    database_url: str, joined: str | list[str]
) -> None:
    async with open_field_house(database_url) as house:
        text = {"from": _GROUP[0], "type": "mms"}
        await house.receive(
            "sms", text | {"to": ["+14155550199", _GROUP[1]]}, text | {"to": joined}
        )
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 2
        assert others(conversation) == _GROUP
        assert sorted((await house.reply(conversation))["to"]) == _GROUP


async def test_several_senders_of_a_text_take_part(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        text = {"from": ", ".join(_GROUP), "to": "+14155550199", "type": "mms"}
        await house.receive("sms", text)
        (conversation,) = await house.conversations()
        assert others(conversation) == _GROUP
        (message,) = await house.messages(conversation)
        assert message["from"]["address"] == _GROUP[0]


async def test_a_number_drawn_alike_is_the_same_number(database_url: str) -> None:
    spellings = [
        "+14155550142",
        "\u202a+1 415 555 0142\u202c",
        "＋１４１５５５５０１４２",
        "415-555-0142",
    ]
    async with open_field_house(database_url) as house:
        texts = [{"from": spelling, "to": "+14155550199"} for spelling in spellings]
        await house.receive("sms", *texts)
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == len(spellings)
        assert others(conversation) == spellings[:1]


@pytest.mark.parametrize(
    ("region", "number", "spellings"),
    [
        ("GB", "+447700900123", ["07700 900123", "00447700900123", "+44 (0)7700 900123"]),
        ("GB", "+447700900123", ["٠٧٧٠٠ ٩٠٠١٢٣", "07700\u200b900\u2060123", "(+44) 7700.900.123"]),
        ("DE", "+491711234567", ["0171/1234567", "0049 (0)171 1234567", "49 171 1234567"]),
        ("AT", "+436641234567", ["0664 1234567", "00436641234567", "436641234567"]),
        ("IT", "+390612345678", ["06 1234 5678", "0039 06 12345678", "390612345678"]),
        (
            "JP",
            "+819012345678",
            ["０９０ー１２３４ー５６７８", "010 81 90 1234 5678", "090−1234−5678"],
        ),
        ("RU", "+79123456789", ["8 (912) 345-67-89", "79123456789", "8-10-7 912 3456789"]),
        ("AU", "+61412345678", ["0412 345 678", "0011 61 412 345 678", "+61 (0)412 345 678"]),
    ],
)
async def test_a_number_is_read_as_its_country_writes_it(
    database_url: str, region: str, number: str, spellings: list[str]
) -> None:
    plan = ChannelPlan(
        name="local", provider="generic", kind="sms", own_address="+14155550177", region=region
    )
    async with open_field_house(database_url, plan) as house:
        texts = [{"from": spelling, "to": "+14155550177"} for spelling in [number, *spellings]]
        await house.receive("local", *texts)
        (conversation,) = await house.conversations()
        assert others(conversation) == [number]
        assert conversation["message_count"] == 1 + len(spellings)
        assert (await house.reply(conversation))["to"] == [number]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@straße.de", "ann@xn--strae-oqa.de"),
        ("ann@💩.la", "ann@xn--ls8h.LA"),
        ("ann@MU\u0308NCHEN.de", "ann@xn--mnchen-3ya.de"),
        ("ann@例え。テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("ann@a_b.example", "ann@A_B.Example"),
        ("ann@xn--abc-999.com", "ann@XN--ABC-999.com"),
    ],
)
async def test_a_domain_in_two_spellings_is_one(database_url: str, one: str, other: str) -> None:
    async with open_field_house(database_url) as house:
        first = {"from": one, "subject": "One", "message_id": "<c1@corp.com>"}
        answer = {"from": f"Ann <{other}>", "subject": "Re", "in_reply_to": "<c1@corp.com>"}
        await house.receive("help", first, answer)
        (conversation,) = await house.conversations()
        (person,) = conversation["participants"]
        assert (person["kind"], conversation["message_count"]) == ("email", 2)
        assert (await house.reply(conversation))["to"] == [person["address"]]
