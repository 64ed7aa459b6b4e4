"""What Telnyx lists of messages that came in: detail records, without text, and each message alone.

{"data": [{"record_type": "message_detail_record", "uuid": "84cca175-...", "direction": "inbound",
 "cld": "+14155550199", "created_at": "2020-07-01T00:00:00Z"}], "meta": {"total_pages": 3, ...}}
Source: https://developers.telnyx.com/api-reference/detail-records/search-detail-records
{"data": {"record_type": "message", "direction": "inbound", "id": "84cca175-...", "text": "Hello",
 "from": {"phone_number": "+14155550100"}, "to": [...], "media": [...], "received_at": ...}}
Source: https://developers.telnyx.com/api-reference/messages/retrieve-a-message
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec

from domain.channel import Channel
from domain.event import message_event, unreadable_event
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.listing_provider import NOT_UNDERSTOOD, Listed, ListedEvent, not_listed
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly_or

NAME: Final = "telnyx"
LIST_HOSTS: Final = re.compile(r"api\.telnyx\.com")
LIST_WITHIN: Final = timedelta(days=10)  # what is older cannot be retrieved
LISTS_ONCE: Final = False

RECORDS: Final = "https://api.telnyx.com/v2/detail_records"
_MESSAGES = "https://api.telnyx.com/v2/messages"
_PAGE_SIZE = 50
_PAGE = "page[number]"
_NOT_FOUND = 404
_WEBHOOK = b'"event_type"'  # a text cannot hold it: its quotes are escaped


class _Record(msgspec.Struct, gc=False):
    uuid: str | None = None
    direction: object = None
    created_at: object = None


class _Records(msgspec.Struct, gc=False):
    data: list[_Record] | None = None


class _Kind(msgspec.Struct, gc=False):
    id: str | None = None
    direction: object = None


class _Retrieved(msgspec.Struct, gc=False):
    data: _Kind = msgspec.field(default_factory=_Kind)


_RECORDS_OF = msgspec.json.Decoder(_Records)
_RETRIEVED = msgspec.json.Decoder(_Retrieved)


def list_obstacle(channel: Channel) -> str | None:
    """Whatever can send can be asked for."""
    return None


def first_lists(channel: Channel, since: datetime) -> Sequence[FetchRequest]:
    """Ask for the records of what came to each own number, newest first, by whole days."""
    day = since.astimezone(UTC).date().isoformat()
    wanted = {"filter[record_type]": "messaging", "filter[direction]": "inbound"}
    wanted |= {"filter[created_at][gte]": day, "sort": "-created_at", "page[size]": str(_PAGE_SIZE)}
    return [
        api_request(f"{RECORDS}?{urlencode(wanted | {'filter[cld]': to, _PAGE: '1'})}", channel)
        for to in channel.own_addresses
    ]


def read_list(
    request: FetchRequest, answer: FetchAnswer, channel: Channel, since: datetime
) -> Listed | NotFetched:
    """Read a page of records, each of which leads to a message, or read a message."""
    is_page = request.url.startswith(f"{RECORDS}?")
    if not is_page and answer.status == _NOT_FOUND:
        return Listed()  # it was deleted, or is too old by now
    if answer.status != 200:
        return not_listed(answer)
    return _read_page(request, answer, channel, since) if is_page else _read_message(answer)


def is_retrieved(body: bytes) -> bool:
    """Say whether an event is a message that was retrieved: a webhook has the type of its event."""
    return _WEBHOOK not in body and _kind_of(body).direction == "inbound"


def _read_page(
    request: FetchRequest, answer: FetchAnswer, channel: Channel, since: datetime
) -> Listed | NotFetched:
    records = decode_or(answer.body, _RECORDS_OF, _Records()).data
    if records is None:
        return NOT_UNDERSTOOD
    moments = [parse_timestamp(record.created_at) for record in records]
    is_too_old = [moment is not None and moment < since for moment in moments]
    wanted = [
        record.uuid
        for record, is_old in zip(records, is_too_old, strict=True)
        if record.uuid and record.direction == "inbound" and not is_old
    ]
    is_last = len(records) < _PAGE_SIZE or any(is_too_old)
    return Listed(
        single={message_event(uuid, b"").dedup_key: retrieve(uuid, channel) for uuid in wanted},
        further=() if is_last else [api_request(_next_page(request.url), channel)],
    )


def _read_message(answer: FetchAnswer) -> Listed:
    kind = _kind_of(answer.body)
    if not kind.id:
        return Listed(events=[ListedEvent(event=unreadable_event(answer.body))])
    if kind.direction != "inbound":
        return Listed()
    return Listed(events=[ListedEvent(event=message_event(kind.id, answer.body))])


def _kind_of(body: bytes) -> _Kind:
    return decode_tolerantly_or(body, _RETRIEVED, _Retrieved()).data


def retrieve(uuid: str, channel: Channel) -> FetchRequest:
    """Write the request for one message."""
    return api_request(f"{_MESSAGES}/{quote(uuid, safe='')}", channel)


def _next_page(url: str) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    query[_PAGE] = str(int(query[_PAGE]) + 1)
    return f"{RECORDS}?{urlencode(query)}"


def api_request(url: str, channel: Channel) -> FetchRequest:
    """Write the request for a URL of Telnyx' API."""
    token = (channel.credential or "").strip()
    return FetchRequest(url=url, headers={"authorization": f"Bearer {token}"})
