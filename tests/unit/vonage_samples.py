"""What Vonage posts, as its pages show it, in each way that it may post it.

Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms (messages),
https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts (receipts),
https://developer.vonage.com/en/api/messages-olympus (Messages API)
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from samples import NOW, posted, read_back

from domain.channel import ChannelKind
from domain.delivery import Delivery
from domain.message import InboundMessage, MessagePart
from providers import vonage

SMS_KIND: ChannelKind = "sms"
TIME = str(int(NOW.timestamp()))
HOOK = "https://inlet.example/webhooks/vonage/tok"

# https://developer.vonage.com/en/messaging/sms/guides/inbound-sms
SMS = {
    "msisdn": "14155550100",
    "to": "14155550199",
    "messageId": "0A0000000123ABCD1",
    "text": "Hello world",
    "type": "text",
    "keyword": "HELLO",
    "api-key": "abcd1234",
    "message-timestamp": "2024-11-01 14:00:00",
    "timestamp": TIME,
    "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
}
# https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
RECEIPT = {
    "err-code": "0",
    "message-timestamp": "2024-11-01 14:00:00",
    "messageId": "0B00000127FDBC63",
    "msisdn": "447547232824",
    "network-code": "23410",
    "price": "0.03330000",
    "scts": "2411011400",
    "status": "delivered",
    "to": "Vonage",
}
# https://developer.vonage.com/en/api/messages-olympus#inbound-message
MESSAGE: dict[str, Any] = {
    "channel": "sms",
    "message_uuid": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    "to": "14155550199",
    "from": "14155550100",
    "timestamp": "2024-11-01T14:00:00.000Z",
    "message_type": "text",
    "text": "Hello From Vonage!",
}


def form(fields: Mapping[str, str]) -> Delivery:
    return posted(
        urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"}, HOOK
    )


def as_json(fields: Mapping[str, Any], **headers: str) -> Delivery:
    return posted(json.dumps(fields).encode(), {"content-type": "application/json"} | headers, HOOK)


def as_query(fields: Mapping[str, str]) -> Delivery:
    return posted(b"", {}, f"{HOOK}?{urlencode(fields)}", "GET")


WAYS = pytest.mark.parametrize("write", [form, as_json, as_query], ids=["form", "json", "query"])


def message(delivery: Delivery) -> InboundMessage:
    reading = read_back(vonage, delivery, SMS_KIND)
    assert isinstance(reading, InboundMessage)
    return reading


def part(delivery: Delivery) -> MessagePart:
    reading = read_back(vonage, delivery, SMS_KIND)
    assert isinstance(reading, MessagePart)
    return reading
