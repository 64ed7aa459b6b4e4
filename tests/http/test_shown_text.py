"""The list shows the text of a mail, whatever mark-up stands before it; so does search."""

import pytest
from whole_house import ChannelPlan, House, KeyPlan, open_house, url_of

from store.database import connect
from worker.background.consumers import drain_consumer
from worker.background.search_index import search_consumer

_CHANNELS = (ChannelPlan(name="email", provider="generic", kind="email", own_address="help@x.org"),)
_SAID = "Where is my parcel 4711?"
_CSS = ".c{color:#112233;margin:0}\n" * 1_200
_DATA = "QUJD" * 10_000


async def _shown(house: House, body: str) -> tuple[str, int]:
    """Post a mail; return its preview, and how many conversations a search for its text finds."""
    fields = {"from": "kai@them.com", "to": "help@x.org", "provider_message_id": "m-1"}
    url = url_of(house.channels["email"])
    response = await house.client.post(url, json={**fields, "body": body, "body_type": "html"})
    assert response.status_code == 200
    await house.work()
    async with await connect(house.database_url, "tests") as conn:
        await drain_consumer(conn, search_consumer())
    (item,) = (await house.get("/api/conversations")).json()["items"]
    found = (await house.get("/api/conversations?q=parcel+4711")).json()["items"]
    return item["last_message"]["preview"], len(found)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(f"<html><head><style>{_CSS}</style></head><body>", id="CSS"),
        pytest.param(f"<body><style>{_CSS[:9_999]}</style><style>{_CSS}</style>", id="CSS twice"),
        pytest.param(f"<!--[if mso]><xml>{_CSS}</xml><![endif]--><body>", id="a comment"),
        pytest.param(f"<script>var a = '{_CSS}'.split(';')</script>", id="a script"),
        pytest.param(f"<title>{_CSS}</title>", id="a title"),
        pytest.param(f'<img src="data:image/png;base64,{_DATA}">', id="a picture in its tag"),
        pytest.param("<div>" + "&nbsp;&zwnj;" * 3_000 + "</div>", id="padding"),
        pytest.param("<table><tr><td>\n" * 300 + " " * 30_000, id="tables and white space"),
    ],
)
async def test_what_stands_before_the_text_hides_it_nowhere(database_url: str, before: str) -> None:
    assert len(before) > 5_000
    async with open_house(database_url, _CHANNELS, {"reader": KeyPlan(agent="Ann")}) as house:
        assert await _shown(house, f"{before}<p>{_SAID}</p></body></html>") == (_SAID, 1)


async def test_a_line_is_not_filled_with_what_nobody_sees(database_url: str) -> None:
    body = f"<p>Hi &zwnj;&nbsp;{'&#847; &zwnj; &#8203;&nbsp;' * 100}</p><p>{_SAID}</p>"
    async with open_house(database_url, _CHANNELS, {"reader": KeyPlan(agent="Ann")}) as house:
        assert await _shown(house, body) == (f"Hi {_SAID}", 1)
