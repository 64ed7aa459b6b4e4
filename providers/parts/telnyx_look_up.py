"""Finds a message that was sent by Telnyx' detail records, which have no text, and each message.

Source: https://developers.telnyx.com/api-reference/detail-records/search-detail-records
Source: https://developers.telnyx.com/api-reference/messages/retrieve-a-message
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Final
from urllib.parse import urlencode

import msgspec

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer
from domain.listing_provider import NOT_UNDERSTOOD, not_listed
from domain.look_up_provider import LookUpStep, UnknownSend, cannot_tell, found_or_not
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly_or
from providers.parts.telnyx_listing import LIST_HOSTS, RECORDS, api_request, retrieve

NAME: Final = "telnyx"
LOOK_UP_HOSTS: Final = LIST_HOSTS

_MOST = 50  # records of a page
_NOT_FOUND = 404


class _Record(msgspec.Struct, gc=False):
    uuid: str | None = None
    cli: str | None = None
    direction: object = None
    created_at: object = None


class _Records(msgspec.Struct, gc=False):
    data: list[_Record] | None = None


class _Message(msgspec.Struct, gc=False):
    text: str | None = None


class _Retrieved(msgspec.Struct, gc=False):
    data: _Message = msgspec.field(default_factory=_Message)


_RECORDS = msgspec.json.Decoder(_Records)
_RETRIEVED = msgspec.json.Decoder(_Retrieved)


def look_up(send: UnknownSend, channel: Channel, answers: Sequence[FetchAnswer]) -> LookUpStep:
    """Ask for what was sent to the recipient on that day, then for each that may be it."""
    if not answers:
        wanted = {"filter[record_type]": "messaging", "filter[direction]": "outbound"}
        day = send.earliest.astimezone(UTC).date().isoformat()
        wanted |= {"filter[created_at][gte]": day, "filter[cld]": send.to[0]}
        wanted |= {"sort": "created_at", "page[number]": "1", "page[size]": str(_MOST)}
        return api_request(f"{RECORDS}?{urlencode(wanted)}", channel)
    if answers[-1].status != 200 and (len(answers) == 1 or answers[-1].status != _NOT_FOUND):
        return not_listed(answers[-1])
    records = decode_or(answers[0].body, _RECORDS, _Records()).data
    if records is None:
        return NOT_UNDERSTOOD
    likely = [record.uuid for record in records if record.uuid and _may_be_it(record, send)]
    if len(answers) <= len(likely):
        return retrieve(likely[len(answers) - 1], channel)
    texts = [decode_tolerantly_or(each.body, _RETRIEVED, _Retrieved()) for each in answers[1:]]
    mine = [
        uuid
        for uuid, answer, found in zip(likely, answers[1:], texts, strict=True)
        if answer.status == 200 and send.has_text(found.data.text)
    ]
    if not mine and len(records) >= _MOST:
        return cannot_tell("more was sent to this recipient that day than the provider lists")
    return found_or_not(mine)


def _may_be_it(record: _Record, send: UnknownSend) -> bool:
    is_ours = record.direction == "outbound" and record.cli == send.own_address
    return is_ours and send.may_be_of(parse_timestamp(record.created_at))
