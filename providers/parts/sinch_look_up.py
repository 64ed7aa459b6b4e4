"""Finds a batch that was sent by the name that it was given: our id is its `client_reference`.

{"count": 1, "batches": [{"id": "01FC66621...", "client_reference": "0193...", "created_at":
 "2024-11-01T14:00:00.000Z", ...}]}
Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Batches/
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer
from domain.listing_provider import NOT_UNDERSTOOD, not_listed
from domain.look_up_provider import NO_LOOK_UP, LookUpStep, UnknownSend, found_or_not
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or
from providers.parts.sinch_conversation import is_conversation
from providers.parts.sinch_listing import LIST_HOSTS, api_request, as_date, service_url

NAME: Final = "sinch"
LOOK_UP_HOSTS: Final = LIST_HOSTS


class _Batch(msgspec.Struct, gc=False):
    id: str | None = None
    client_reference: str | None = None
    created_at: object = None


class _Page(msgspec.Struct, gc=False):
    batches: list[_Batch] | None = None


_PAGE = msgspec.json.Decoder(_Page)


def look_up(send: UnknownSend, channel: Channel, answers: Sequence[FetchAnswer]) -> LookUpStep:
    """Ask for the batches of our name; each attempt at a message has the same."""
    if is_conversation(channel):
        return NO_LOOK_UP
    if not answers:
        wanted = {"client_reference": send.id, "start_date": as_date(send.earliest)}
        return api_request(f"{service_url(channel)}/batches", wanted, channel)
    if answers[0].status != 200:
        return not_listed(answers[0])
    batches = decode_or(answers[0].body, _PAGE, _Page()).batches
    if batches is None:
        return NOT_UNDERSTOOD
    mine = [
        batch.id
        for batch in batches
        if batch.id
        and batch.client_reference == send.id
        and send.may_be_of(parse_timestamp(batch.created_at))
    ]
    return found_or_not(mine[::-1])
