"""What Telnyx lists of messages that came in: records without texts, and each message alone.

Source: https://developers.telnyx.com/api-reference/detail-records/search-detail-records,
https://developers.telnyx.com/api-reference/messages/retrieve-a-message
"""

from typing import Any

import msgspec
import pytest
from samples import OWN_PHONE, posted
from test_listing import FURTHER, SINCE, answered, asks, events, listed, query, read

from domain.fetching_provider import FetchAnswer, FetchRequest
from domain.listing_provider import Listed
from providers import telnyx
from providers.parts import telnyx_listing

RETRIEVED: dict[str, Any] = {
    "record_type": "message",
    "direction": "inbound",
    "id": "84cca175-9755-4859-b67f-4730d7f58aa3",
    "type": "SMS",
    "from": {"phone_number": "+14155550100", "carrier": "T-Mobile USA", "line_type": "Wireless"},
    "to": [{"phone_number": OWN_PHONE, "status": "webhook_delivered"}],
    "cc": [],
    "text": 'Hello "event_type" 👋',
    "media": [],
    "received_at": "2024-11-01T13:30:00.000+00:00",
    "errors": [],
}


def test_telnyx_lists_records_and_hands_out_each_message_alone() -> None:
    asked = asks("telnyx")
    requests = telnyx_listing.first_lists(asked, SINCE)
    assert [query(request)["filter[cld]"] for request in requests] == [OWN_PHONE, FURTHER]
    assert query(requests[0]) == {
        "filter[record_type]": "messaging",
        "filter[direction]": "inbound",
        "filter[created_at][gte]": "2024-11-01",
        "filter[cld]": OWN_PHONE,
        "sort": "-created_at",
        "page[number]": "1",
        "page[size]": "50",
    }
    record = {"uuid": RETRIEVED["id"], "direction": "inbound", "created_at": "2024-11-01T13:30:00Z"}
    old = record | {"uuid": "old", "created_at": "2024-11-01T11:59:59Z"}
    sent = record | {"uuid": "sent", "direction": "outbound"}
    found = listed("telnyx", answered({"data": [record, sent, old], "meta": {}}))
    assert not found.events
    assert not found.further
    [(key, request)] = found.single.items()
    assert key == f"message:{RETRIEVED['id']}"
    assert request.url == f"https://api.telnyx.com/v2/messages/{RETRIEVED['id']}"
    assert request.headers == {"authorization": "Bearer a token"}
    whole = telnyx_listing.read_list(request, answered({"data": RETRIEVED}), asked, SINCE)
    assert isinstance(whole, Listed)
    [event] = events(whole)
    webhook = {"data": {"event_type": "message.received", "payload": RETRIEVED}}
    [by_webhook] = telnyx.split(posted(msgspec.json.encode(webhook)), "sms")
    assert event.dedup_key == by_webhook.dedup_key == key
    assert read("telnyx", event) == read("telnyx", by_webhook)
    assert read("telnyx", event).body == 'Hello "event_type" 👋'


def test_telnyx_goes_on_with_the_next_page() -> None:
    record = {"uuid": "1", "direction": "inbound", "created_at": "2024-11-01T13:30:00Z"}
    full = listed("telnyx", answered({"data": [record] * 50}))
    assert [query(request)["page[number]"] for request in full.further] == ["2"]
    assert query(full.further[0])["filter[cld]"] == OWN_PHONE
    assert not listed("telnyx", answered({"data": [record] * 49})).further


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        (answered({"errors": []}, 404), []),
        (answered({"data": RETRIEVED | {"direction": "outbound"}}), []),
        (answered({"data": {}}), ["unreadable"]),
        (answered("what"), ["unreadable"]),
    ],
)
def test_a_message_of_telnyx_that_is_gone_or_ours_is_none(
    answer: FetchAnswer, kinds: list[str]
) -> None:
    request = FetchRequest(url="https://api.telnyx.com/v2/messages/1", headers={})
    found = telnyx_listing.read_list(request, answer, asks("telnyx"), SINCE)
    assert isinstance(found, Listed)
    assert [event.kind for event in events(found)] == kinds
