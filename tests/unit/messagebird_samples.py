"""What MessageBird posts and asks for, as its pages and courier's tests show it.

Source: https://developers.messagebird.com/api/sms-messaging/ (receiving),
https://github.com/nyaruka/courier handlers/messagebird/handler_test.go (field by field),
https://support.messagebird.com/hc/en-us/articles/360001869258 (status reports)
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from samples import posted, read_back

from domain.channel import ChannelKind
from domain.delivery import Delivery
from domain.message import InboundMessage
from providers import messagebird

KIND: ChannelKind = "sms"
HOOK = "https://inlet.example/webhooks/messagebird/tok"

SMS = {
    "id": "3b53c137369242138120d6b0b2122607",
    "recipient": "14155550199",
    "originator": "14155550100",
    "body": "Hello world",
    "createdDatetime": "2024-11-01T14:00:00+00:00",
    "mms": "false",
}
# To a short code; handlers/messagebird/handler_test.go of courier.
SHORT = {
    "shortcode": "51515",
    "sender": "14155550100",
    "message": "Test again",
    "date": "1730469600",
    "date_utc": "1730469600",
    "reference": "1",
    "id": "b6aae1b5dfb2427a8f7ea6a717ba31a9",
    "mid": "3b53c137369242138120d6b0b2122607",
    "recipient": "14155550199",
    "originator": "14155550100",
    "body": "Test 3",
    "receive_datetime": "20241101140000",
    "mms": "false",
}
# https://support.messagebird.com/hc/en-us/articles/360001869258; further fields as in courier's.
REPORT = {
    "id": "e8077d803532c0b5937c639b60216938",
    "reference": "YourReference123",
    "recipient": "31612345678",
    "status": "delivered",
    "statusDatetime": "2024-11-01T14:00:00+00:00",
    "mccmnc": "310010",
    "ported": "0",
    "price[amount]": "0.000",
}


def form(fields: Mapping[str, str]) -> Delivery:
    return posted(
        urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"}, HOOK
    )


def as_json(fields: Mapping[str, Any]) -> Delivery:
    return posted(json.dumps(fields).encode(), {"content-type": "application/json"}, HOOK)


def as_query(fields: Mapping[str, str]) -> Delivery:
    return posted(b"", {}, f"{HOOK}?{urlencode(fields)}", "GET")


WAYS = pytest.mark.parametrize("write", [form, as_json, as_query], ids=["form", "json", "query"])


def message(delivery: Delivery) -> InboundMessage:
    reading = read_back(messagebird, delivery, KIND)
    assert isinstance(reading, InboundMessage)
    return reading
