"""`POST /api/text-segments`: counts what a text takes as SMS, before it is sent. Has no effects."""

import msgspec
from starlette.routing import BaseRoute

from domain.text_segments import SegmentEncoding, count_segments
from inbox.http.call import Answer, BodyCall, Endpoint, resource
from inbox.http.shared import Shared
from store.database import Connection

_MOST_BEYOND_GSM = 50


class SegmentsBody(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class Segments(msgspec.Struct, frozen=True, kw_only=True):
    """What a text takes; `units` are septets of GSM-7, or 16-bit units of UCS-2."""

    encoding: SegmentEncoding
    characters: int
    units: int
    segments: int
    units_left: int
    beyond_gsm: list[str]


def segment_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route that counts."""
    counting = Endpoint(
        "count_text_segments",
        "conversations:read",
        _count,
        body=SegmentsBody,
        response=Segments,
        takes_idempotency_key=True,
    )
    return [resource(shared, "/text-segments", {"POST": counting})]


async def _count(_conn: Connection, call: BodyCall[SegmentsBody]) -> Answer:
    counted = count_segments(call.body.text)
    shown = Segments(
        encoding=counted.encoding,
        characters=counted.characters,
        units=counted.units,
        segments=counted.segments,
        units_left=counted.units_left,
        beyond_gsm=list(counted.beyond_gsm[:_MOST_BEYOND_GSM]),
    )
    return Answer(value=shown)
