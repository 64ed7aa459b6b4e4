"""Whether Telnyx has a message whose answer was lost: its records, then each that may be it.

Source: https://developers.telnyx.com/api-reference/detail-records/search-detail-records,
https://developers.telnyx.com/api-reference/messages/retrieve-a-message
"""

from dataclasses import replace
from typing import Any

from samples import OWN_PHONE
from test_look_up import ANN, SEND, TAKEN_AT, answered, first, look

from domain.fetching_provider import FetchRequest, NotFetched
from domain.look_up_provider import Found, NotFound

RECORD: dict[str, Any] = {
    "record_type": "message_detail_record",
    "uuid": "40385f64",
    "direction": "outbound",
    "cli": OWN_PHONE,
    "cld": ANN,
    "created_at": TAKEN_AT,
}


def test_each_message_that_may_be_it_is_asked_for() -> None:
    assert "filter%5Bcld%5D=%2B14155550101" in first("telnyx").url
    others = [
        RECORD | {"uuid": "in", "direction": "inbound"},
        RECORD | {"uuid": "other", "cli": "+14155550188"},
        RECORD | {"uuid": "old", "created_at": "2024-11-01T13:00:00Z"},
    ]
    page = answered(
        {"data": [*others, RECORD, RECORD | {"uuid": "second"}, RECORD | {"uuid": "x"}]}
    )
    texts = [
        answered({"data": {"text": "Another", "to": [{"phone_number": ANN}]}}),
        answered({"data": {"text": "Hello back 👋"}}),
        answered({"errors": []}, 404),
    ]
    asked: list[str] = []
    for count in range(3):
        step = look("telnyx", [page, *texts[:count]])
        assert isinstance(step, FetchRequest)
        asked.append(step.url.rpartition("/")[2])
    assert asked == ["40385f64", "second", "x"]
    assert look("telnyx", [page, *texts]) == Found(provider_message_ids=("second",))
    assert look("telnyx", [page, texts[0], texts[0], texts[2]]) == NotFound()
    assert isinstance(look("telnyx", [page, answered({}, 503)]), NotFetched)


def test_a_message_that_is_gone_is_none_without_text() -> None:
    page = answered({"data": [RECORD]})
    picture = replace(SEND, body="")
    assert look("telnyx", [page, answered({"errors": []}, 404)], picture) == NotFound()
    found = look("telnyx", [page, answered({"data": {"text": None}})], picture)
    assert found == Found(provider_message_ids=("40385f64",))


def test_more_records_than_a_page_has_tell_nothing() -> None:
    many = [RECORD | {"direction": "inbound"}] * 50
    assert isinstance(look("telnyx", [answered({"data": many})]), NotFetched)
    assert look("telnyx", [answered({"data": many[1:]})]) == NotFound()
