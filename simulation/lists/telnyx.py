"""Plays Telnyx: detail records of what came in, and each message alone.

Source: https://developers.telnyx.com/api-reference/detail-records/search-detail-records
Source: https://developers.telnyx.com/api-reference/messages/retrieve-a-message
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage
from domain.timestamp import write_timestamp
from simulation.lists.listed import answered, came_to


def list_answer(
    url: str, came: Sequence[InboundMessage], channel: Channel, now: datetime
) -> FetchAnswer:
    """Answer with a page of records of what came to a number, newest first, or with a message."""
    path = urlsplit(url).path
    if not path.endswith("/detail_records"):
        return _message(path.rpartition("/")[2], came, now)
    query = parse_qs(urlsplit(url).query)
    number, size = int(query["page[number]"][0]), int(query["page[size]"][0])
    newest = came_to(query["filter[cld]"][0], came)
    records = [
        {
            "record_type": "message_detail_record",
            "uuid": message.provider_message_id,
            "direction": "inbound",
            "cli": message.sender,
            "cld": message.recipients[0].address,
            "created_at": write_timestamp(message.sent_at or now),
        }
        for message in newest[(number - 1) * size : number * size]
    ]
    meta = {"page_number": number, "page_size": size, "total_results": len(newest)}
    return answered({"data": records, "meta": meta})


def _message(identity: str, came: Sequence[InboundMessage], now: datetime) -> FetchAnswer:
    for message in came:
        if message.provider_message_id == identity:
            return answered({"data": _payload(message, now)})
    return answered({"errors": [{"code": "10005", "title": "Resource not found"}]}, status=404)


def _payload(message: InboundMessage, now: datetime) -> dict[str, object]:
    return {
        "record_type": "message",
        "direction": "inbound",
        "id": message.provider_message_id,
        "type": "MMS" if message.attachments else "SMS",
        "from": {"phone_number": message.sender, "status": "received"},
        "to": [
            {"phone_number": recipient.address, "status": "webhook_delivered"}
            for recipient in message.recipients
        ],
        "cc": [],
        "text": message.body,
        "media": [
            {"url": file.url, "content_type": file.content_type} for file in message.attachments
        ],
        "received_at": write_timestamp(message.sent_at or now),
        "errors": [],
    }
