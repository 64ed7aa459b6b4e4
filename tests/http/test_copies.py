"""A mail that is delivered twice is one message; two mails that share a Message-ID are two."""

from typing import Any

import pytest
from contract import check_response
from field_house import FieldHouse, open_field_house, others

from store.database import connect
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer

_MAIL: dict[str, Any] = {
    "from": "pat@them.com",
    "to": "help@example.com",
    "body": "same mail",
    "subject": "Twice",
    "message_id": "<twice@them.com>",
}
_AGAIN = _MAIL | {"to": "sales@example.com, Help <help@example.com>", "cc": "kim@them.com"}


@pytest.mark.parametrize("mails", [(_MAIL, _AGAIN), (_AGAIN, _MAIL), (_MAIL, _MAIL, _AGAIN)])
async def test_a_mail_delivered_twice_is_one_message(
    database_url: str, mails: tuple[dict[str, Any], ...]
) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", *mails)
        (conversation,) = await house.conversations()
        assert (conversation["message_count"], conversation["inbound_count"]) == (1, 1)
        assert others(conversation) == ["kim@them.com", "pat@them.com"]
        (message,) = await house.messages(conversation)
        assert len(message["to"]) == 2
        assert await _statuses(house) == ["processed"] * len(mails)
        assert await house.rebuild_agrees()
        answer = await house.reply(conversation)
        assert (answer["to"], answer["cc"]) == (["pat@them.com"], ["kim@them.com"])
        await house.receive("help", {"from": "kim@them.com", "in_reply_to": answer["message_id"]})
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 3
        assert await house.rebuild_agrees()


async def test_copies_in_one_batch_are_one_message(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL, _AGAIN, _MAIL, at_once=True)
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 1
        assert await _statuses(house) == ["processed"] * 3
        assert await house.rebuild_agrees()


@pytest.mark.parametrize(
    "other",
    [
        {"from": "quinn@them.com"},
        {"body": "another mail"},
        {"subject": "Another"},
        {"timestamp": "2024-11-01T16:00:00Z"},
        {"attachments": [{"filename": "scan-2.pdf", "content": "aGVsbG8="}]},
    ],
)
async def test_mails_that_share_a_message_id_do_not_swallow_each_other(
    database_url: str, other: dict[str, Any]
) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL, _MAIL | other)
        conversations = await house.conversations()
        assert sum(conversation["message_count"] for conversation in conversations) == 2
        assert await house.rebuild_agrees()


async def test_who_follows_hears_of_whom_a_copy_adds_once(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL)
        (before,) = await house.conversations()
        (message,) = await house.messages(before)
        cursor = (await _changes(house, "now"))["page"]["next_cursor"]
        await house.receive("help", _MAIL)
        assert (await _changes(house, cursor))["items"] == []
        assert await house.conversations() == [before]
        await house.receive("help", _AGAIN, _AGAIN)
        (change,) = (await _changes(house, cursor))["items"]
        (after,) = await house.conversations()
        assert (change["type"], change["message_id"]) == ("message.updated", message["id"])
        assert (change["conversation_id"], change["message_seq"]) == (after["id"], 1)
        assert change["version"] == after["version"] == before["version"] + 1
        assert await house.rebuild_agrees()


async def test_whom_a_copy_adds_is_found_by_a_search(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL)
        await _index(database_url)
        assert await house.items("/api/conversations?q=kim") == []
        await house.receive("help", _AGAIN)
        await _index(database_url)
        (found,) = await house.items("/api/conversations?q=kim")
        assert others(found) == ["kim@them.com", "pat@them.com"]


async def test_other_line_ends_make_no_other_mail(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        body = {"body": "same  \r\nmail\r\n"}
        await house.receive("help", _MAIL | {"body": "same\nmail"}, _MAIL | body)
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 1


async def test_our_own_mail_that_comes_back_is_shown_once(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL)
        (conversation,) = await house.conversations()
        sent = await house.reply(conversation)
        echo = {
            "from": f"Help <{sent['from']}>",
            "to": "pat@them.com, list@them.com",
            "subject": sent["subject"],
            "body": sent["body"] + "\r\n",
            "message_id": sent["message_id"],
            "in_reply_to": sent["in_reply_to"],
            "timestamp": sent["timestamp"],
        }
        await house.receive("help", echo)
        (conversation,) = await house.conversations()
        assert conversation["message_count"] == 2
        assert others(conversation) == ["pat@them.com"]
        assert await house.rebuild_agrees()


async def test_a_replayed_copy_changes_nothing(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL, _AGAIN)
        before = await house.conversations()
        await _replay(house)
        assert await house.conversations() == before
        assert await house.rebuild_agrees()


async def test_a_rebuild_joins_what_was_shown_twice_before(database_url: str) -> None:
    async with open_field_house(database_url) as house:
        await house.receive("help", _MAIL)
        await house.run(b"UPDATE email_message_ids SET content_hash = NULL")
        await house.receive("help", _AGAIN)
        assert len(await house.conversations()) == 2
        await house.mend()
        (conversation,) = await house.conversations()
        assert others(conversation) == ["kim@them.com", "pat@them.com"]
        assert await house.rebuild_agrees()


async def _changes(house: FieldHouse, after: str) -> dict[str, Any]:
    response = await house.house.get(f"/api/changes?after={after}", "writer")
    check_response(response)
    return response.json()


async def _index(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await drain_consumer(conn, search_consumer())


async def _replay(house: FieldHouse) -> None:
    await house.run(
        b"INSERT INTO inbound_queue (customer_id, event_id, attempt_count, next_attempt_at) "
        b"SELECT customer_id, id, 0, now() FROM inbound_events"
    )
    await house.house.work()


async def _statuses(house: FieldHouse) -> list[str]:
    return [row[0] for row in await house.run(b"SELECT status FROM inbound_event_status")]
