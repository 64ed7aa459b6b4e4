"""The list of the messages of all conversations: order, filters, pages, what it expands.

Every answer is held against the contract.
"""

import pytest
from test_reads import a_house, get
from whole_house import House, KeyPlan, open_house

_NOBODYS = "0198f2c1-7a0e-7c31-9b55-0f3b6a4e2dff"
_BODIES = ["!", "Hello?", "A refund, please", "Where is my parcel?"]
_OF_ANN = ["!", "Hello?", "Where is my parcel?"]


async def listed(house: House, query: str = "") -> list[str]:
    return [item["body"] for item in (await get(house, f"messages?{query}"))["items"]]


async def test_what_was_recorded_last_comes_first(database_url: str) -> None:
    """Whatever the provider says: here all were sent at the same time."""
    async with a_house(database_url) as house:
        assert await listed(house) == _BODIES


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("direction=inbound", _BODIES),
        ("direction=outbound", []),
        ("status=received,failed", _BODIES),
        ("status=queued", []),
        ("kind=sms,email", _BODIES),
        ("kind=email", []),
        ("has_attachments=false", _BODIES),
        ("has_attachments=true", []),
        ("provider_message_id=m1", ["A refund, please"]),
        ("provider_message_id=m1&direction=outbound", []),
        ("provider_message_id=m9", []),
        ("since=2024-01-01T00:00:00Z&until=9999-12-31T23:59:59Z", _BODIES),
        ("until=2024-01-01T00:00:00Z", []),
        ("since=9000-01-01T00:00:00Z", []),
        (f"channel_id={_NOBODYS}", []),
        (f"contact_id={_NOBODYS}", []),
        (f"conversation_id={_NOBODYS}", []),
    ],
)
async def test_a_filter_leaves_what_matches(
    database_url: str, query: str, found: list[str]
) -> None:
    async with a_house(database_url) as house:
        assert await listed(house, query) == found


async def test_a_person_and_a_place_have_their_messages(database_url: str) -> None:
    async with a_house(database_url) as house:
        (ann,) = (await get(house, "conversations?q=parcel"))["items"]
        contact = ann["participants"][0]["contact"]["id"]
        assert await listed(house, f"contact_id={contact}") == _OF_ANN
        assert await listed(house, f"conversation_id={ann['id']}") == _OF_ANN
        assert await listed(house, f"channel_id={ann['channel']['id']}") == _BODIES
        both = f"contact_id={contact}&conversation_id={ann['id']}&provider_message_id=m1"
        assert await listed(house, both) == []


@pytest.mark.parametrize("narrowed", [False, True])
async def test_pages_have_each_message_once(database_url: str, narrowed: bool) -> None:
    async with a_house(database_url) as house:
        (ann,) = (await get(house, "conversations?q=parcel"))["items"]
        query = f"limit=1&conversation_id={ann['id']}" if narrowed else "limit=1"
        found, page = list[str](), await get(house, f"messages?{query}")
        while True:
            found += [item["body"] for item in page["items"]]
            if not page["page"]["has_more"]:
                break
            cursor = page["page"]["next_cursor"]
            page = await get(house, f"messages?{query}&cursor={cursor}")
        assert found == (_OF_ANN if narrowed else _BODIES)


async def test_a_cursor_belongs_to_its_filters_but_not_to_what_is_expanded(
    database_url: str,
) -> None:
    async with a_house(database_url) as house:
        cursor = (await get(house, "messages?limit=1"))["page"]["next_cursor"]
        refused = await get(house, f"messages?kind=sms&cursor={cursor}", status=400)
        assert refused["code"] == "invalid_cursor"
        assert await listed(house, f"limit=3&cursor={cursor}&expand=conversation") == _BODIES[1:]


async def test_a_conversation_is_expanded_as_it_is_read_by_itself(database_url: str) -> None:
    async with a_house(database_url) as house:
        items = (await get(house, "messages?expand=conversation"))["items"]
        assert len({item["conversation"]["id"] for item in items}) == 2
        for item in items:
            alone = await get(house, f"conversations/{item['conversation_id']}")
            assert item["conversation"] == alone
            assert item["channel_id"] == alone["channel"]["id"]
        plain = (await get(house, "messages"))["items"]
        assert all("conversation" not in item for item in plain)


@pytest.mark.parametrize("query", ["expand=everything", "kind=fax", "status=", "direction=up"])
async def test_an_unknown_word_is_refused(database_url: str, query: str) -> None:
    async with a_house(database_url) as house:
        refused = await get(house, f"messages?{query}", status=422)
        assert refused["errors"][0]["code"] == "unknown_word"


async def test_another_customer_has_none_of_them(database_url: str) -> None:
    async with a_house(database_url):
        pass
    async with open_house(database_url, (), {"other": KeyPlan(customer=2)}) as house:
        answer = await get(house, "messages?expand=conversation", "other")
        assert answer["items"] == []
