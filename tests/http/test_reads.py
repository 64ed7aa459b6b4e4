"""What an agent reads over HTTP: filters, counts, searches, and the places in a thread.

Every answer is held against the contract.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from contract import check_response
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from store.database import Connection, connect
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer

_SMS = ChannelPlan(name="sms", provider="generic", kind="sms", own_address="+14155550199")
_ANN, _BEN = "+14155550101", "+14155550102"
_AGENT = "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2d12"

Json = Any


@asynccontextmanager
async def a_house(database_url: str) -> AsyncGenerator[House]:
    """Open a house in which Ann wrote three messages and Ben one, and Zoe has a key."""
    keys = {"reader": KeyPlan(), "zoe": KeyPlan()}
    async with open_house(database_url, [_SMS], keys) as house:
        async with await connect(database_url, "tests") as conn:
            await _hire(conn)
        for number, (sender, text) in enumerate(
            [
                (_ANN, "Where is my parcel?"),
                (_BEN, "A refund, please"),
                (_ANN, "Hello?"),
                (_ANN, "!"),
            ]
        ):
            await post(house, f"m{number}", sender, text)
        await house.work()
        async with await connect(database_url, "tests") as conn:
            await drain_consumer(conn, search_consumer())
        yield house


async def _hire(conn: Connection) -> None:
    await conn.execute(
        b"INSERT INTO agents (customer_id, id, name, role, read_from)"
        b" VALUES (1, %s, 'Zoe', 'agent', '2020-01-01Z')",
        (_AGENT,),
    )
    await conn.execute(b"UPDATE api_keys SET agent_id = %s WHERE name = 'zoe'", (_AGENT,))


async def post(house: House, name: str, sender: str, text: str) -> None:
    body = {
        "from": sender,
        "to": "+14155550199",
        "type": "sms",
        "provider_message_id": name,
        "body": text,
        "timestamp": "2024-11-01T14:00:00Z",
        "attachments": None,
    }
    response = await house.client.post(url_of(house.channels["sms"]), json=body)
    assert response.status_code == 200


async def get(house: House, path: str, key: str = "zoe", status: int = 200) -> Json:
    response = await house.get(f"/api/{path}", key)
    check_response(response)
    assert response.status_code == status, response.text
    return response.json()


async def people(house: House, query: str) -> list[str]:
    """List with whom the conversations are."""
    answer = await get(house, f"conversations?{query}")
    return [item["participants"][0]["address"] for item in answer["items"]]


async def test_filters_find_what_an_agent_looks_for(database_url: str) -> None:
    async with a_house(database_url) as house:
        async with await connect(database_url, "tests") as conn:
            await conn.execute(
                b"UPDATE conversations SET assignee_id = %s WHERE message_count = 3", (_AGENT,)
            )
            await conn.execute(
                b"INSERT INTO conversation_tags (customer_id, conversation_id, tag)"
                b" SELECT 1, id, 'vip' FROM conversations WHERE message_count = 1"
            )
            await conn.execute(
                b"INSERT INTO read_marks (customer_id, agent_id, conversation_id, last_read_seq)"
                b" SELECT 1, %s, id, message_count FROM conversations WHERE message_count = 1",
                (_AGENT,),
            )
        assert await people(house, "assignee=me") == [_ANN]
        assert await people(house, "assignee=none") == [_BEN]
        assert await people(house, f"assignee={_AGENT}") == [_ANN]
        assert await people(house, "tag=VIP") == [_BEN]
        assert await people(house, "tag=vip&tag=other") == []
        assert await people(house, "unread=true") == [_ANN]
        assert await people(house, "unread=false") == [_BEN]
        assert sorted(await people(house, "needs_reply=true")) == [_ANN, _BEN]
        assert await people(house, "needs_reply=false") == []
        (ann,) = (await get(house, "conversations?assignee=me"))["items"]
        contact = ann["participants"][0]["contact"]["id"]
        assert await people(house, f"contact_id={contact}") == [_ANN]
        assert (ann["unread"], ann["unread_count"], ann["assignee"]["name"]) == (True, 3, "Zoe")
        counted = await get(house, "conversations/counts?views=mine,unassigned,unread,closed")
        assert {view: count["count"] for view, count in counted["counts"].items()} == {
            "mine": 1,
            "unassigned": 1,
            "unread": 1,
            "closed": 0,
        }


async def test_a_key_without_agent_has_nothing_of_its_own(database_url: str) -> None:
    async with a_house(database_url) as house:
        for query in ("assignee=me", "unread=true"):
            refused = await get(house, f"conversations?{query}", "reader", 422)
            assert refused["errors"][0]["code"] == "no_agent"
        counted = await get(house, "conversations/counts", "reader")
        assert counted["counts"]["mine"] == counted["counts"]["unread"]
        assert counted["counts"]["unread"] == {"count": 0, "capped": False}


async def test_a_search_shows_where_it_found_what(database_url: str) -> None:
    async with a_house(database_url) as house:
        answer = await get(house, "conversations?q=PARCEL")
        (item,) = answer["items"]
        assert item["match"] == {
            "message_id": item["match"]["message_id"],
            "seq": 1,
            "snippet": "Where is my parcel?",
            "highlights": [[12, 18]],
        }
        assert answer["page"]["partial"] is False
        assert await people(house, "q=(415)%20555-0102") == [_BEN]
        assert await people(house, "q=refu&status=open") == [_BEN]
        assert await people(house, "q=refu&status=closed") == []
        assert (await get(house, "conversations?q=%21", status=422))["code"] == "validation_failed"


async def test_pages_are_linked(database_url: str) -> None:
    async with a_house(database_url) as house:
        for query in ("limit=1", "q=415555&limit=1"):
            first = await house.get(f"/api/conversations?{query}", "zoe")
            check_response(first)
            following = await house.get(first.links["next"]["url"], "zoe")
            check_response(following)
            found = [*first.json()["items"], *following.json()["items"]]
            assert len({item["id"] for item in found}) == 2
            assert "next" not in following.links


async def test_a_thread_opens_at_any_place(database_url: str) -> None:
    async with a_house(database_url) as house:
        (ann,) = (await get(house, "conversations?q=parcel"))["items"]
        path = f"conversations/{ann['id']}/messages"
        assert await seqs(house, f"{path}?around_seq=2&limit=2") == ([1, 2], True)
        assert await seqs(house, f"{path}?around_seq=9") == ([1, 2, 3], False)
        assert await seqs(house, f"{path}?before_seq=3&limit=1") == ([2], True)
        assert await seqs(house, f"{path}?after_seq=1") == ([2, 3], False)
        page = (await get(house, f"{path}?after_seq=0&limit=1"))["page"]
        rest = await seqs(house, f"{path}?after_seq=0&limit=2&cursor={page['next_cursor']}")
        assert rest == ([2, 3], False)


async def test_a_message_is_found_by_either_id(database_url: str) -> None:
    async with a_house(database_url) as house:
        (found,) = (await get(house, "messages?provider_message_id=m1"))["items"]
        assert found["body"] == "A refund, please"
        assert await get(house, f"messages/{found['id']}") == found
        assert (found["agent"], found["failure"]) == (None, None)
        assert (await get(house, "messages?provider_message_id=m9"))["items"] == []
        await get(house, f"messages/{_AGENT}", status=404)


async def seqs(house: House, path: str) -> tuple[list[int], bool]:
    answer = await get(house, path)
    return [item["seq"] for item in answer["items"]], answer["page"]["has_more"]
