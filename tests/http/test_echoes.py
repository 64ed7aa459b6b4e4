"""What one of our own addresses wrote comes back as an echo: kept, ours, and waiting for nobody."""

from typing import Any

import pytest
from field_house import FieldHouse, open_field_house, others

_ANN = "ann@corp.com"


def _is_quiet(conversation: dict[str, Any]) -> bool:
    return not (
        conversation["needs_reply"] or conversation["unread"] or conversation["unread_count"]
    )


@pytest.mark.parametrize(
    ("channel", "payload", "expected"),
    [
        ("help", {"from": "help@example.com", "to": _ANN, "subject": "S"}, [_ANN]),
        ("help", {"from": "Sales <Sales@Example.com>", "to": _ANN, "subject": "S"}, [_ANN]),
        ("help", {"from": "sales@example.com", "to": "help@example.com", "subject": "S"}, []),
        ("sms", {"from": "+1 415 555 0199", "to": "+14155550142"}, ["+14155550142"]),
        ("sms", {"from": "+14155550198", "to": "+14155550199"}, []),
    ],
)
async def test_an_echo_is_outbound_and_waits_for_nobody(
    database_url: str, channel: str, payload: dict[str, Any], expected: list[str]
) -> None:
    async with open_field_house(database_url) as house:
        await house.receive(channel, payload)
        (conversation,) = await house.conversations()
        assert others(conversation) == expected
        assert _is_quiet(conversation)
        assert conversation["last_message"]["direction"] == "outbound"
        assert (conversation["message_count"], conversation["inbound_count"]) == (1, 0)
        (message,) = await house.messages(conversation)
        assert (message["direction"], message["status"]) == ("outbound", "sent")
        assert await house.rebuild_agrees()


async def test_an_echo_answers_and_what_comes_after_it_waits(database_url: str) -> None:
    question = {
        "from": _ANN,
        "subject": "S",
        "message_id": "<q@x>",
        "timestamp": "2024-11-01T14:00:00Z",
    }
    echo = {
        "from": "help@example.com",
        "to": _ANN,
        "subject": "Re: S",
        "message_id": "<e@x>",
        "in_reply_to": "<q@x>",
        "timestamp": "2024-11-01T14:05:00Z",
    }
    thanks = {
        "from": _ANN,
        "subject": "Re: S",
        "in_reply_to": "<e@x>",
        "timestamp": "2024-11-01T14:10:00Z",
    }
    async with open_field_house(database_url) as house:
        await house.receive("help", question)
        (waiting,) = await house.conversations()
        assert waiting["needs_reply"]
        await house.receive("help", echo)
        (answered,) = await house.conversations()
        assert answered["id"] == waiting["id"]
        assert not answered["needs_reply"]
        await house.receive("help", thanks)
        (again,) = await house.conversations()
        assert (again["needs_reply"], again["message_count"], again["inbound_count"]) == (
            True,
            3,
            2,
        )
        assert (await house.reply(again))["to"] == [_ANN]
        assert await house.rebuild_agrees()


async def test_an_echo_opens_nothing_that_is_closed(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("sms", {"from": "+14155550142", "to": "+14155550199"})
        await _close(house)
        await house.receive("sms", {"from": "+14155550199", "to": "+14155550142"})
        (conversation,) = await house.conversations()
        assert (conversation["status"], conversation["message_count"]) == ("closed", 2)
        await house.receive("sms", {"from": "+14155550142", "to": "+14155550199"})
        (conversation,) = await house.conversations()
        assert conversation["status"] == "open"


async def test_a_mail_to_two_of_our_channels_does_not_go_round(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        mail = {
            "from": _ANN,
            "to": "help@example.com, sales@example.com",
            "subject": "Both",
            "message_id": "<both@corp.com>",
        }
        await house.receive("help", mail)
        await house.receive("sales", mail)
        (at_help,) = await house.conversations("help")
        sent = await house.reply(at_help)
        assert (sent["to"], sent["cc"]) == ([_ANN], [])
        # Ann's list copies the answer to our other mailbox all the same.
        await house.receive(
            "sales",
            {
                "from": sent["from"],
                "to": "list@corp.com",
                "subject": sent["subject"],
                "body": sent["body"],
                "message_id": sent["message_id"],
                "in_reply_to": sent["in_reply_to"],
                "references": sent["references"],
            },
        )
        newest = (await house.conversations("sales"))[0]
        assert newest["last_message"]["direction"] == "outbound"
        assert newest["inbound_count"] <= 1
        copies = [message["direction"] for message in await house.messages(newest)]
        assert copies[-1] == "outbound" or copies[0] == "outbound"
        assert await house.rebuild_agrees()


async def _close(house: FieldHouse) -> None:
    (conversation,) = await house.conversations()
    await house.change(conversation, {"status": "closed"})
