"""What Sinch lists of messages that came in: the same JSON as its webhooks, in pages.

{"count": 2, "page": 0, "page_size": 2, "inbounds": [{"type": "mo_text", "id": "01FC66621...",
 "from": "15551231234", "to": "15551256344", "body": "Hello", "received_at": ...}]}
Newest first, of the last 14 days. Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Inbounds/
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec

from domain.channel import Channel
from domain.event import InboundEvent, message_event, unreadable_event
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.listing_provider import Listed, ListedEvent, listed_elements
from domain.tolerant_json import decode_or, decode_tolerantly_or
from providers.parts.sinch_conversation import is_conversation

NAME: Final = "sinch"
# The regions. Source: https://developers.sinch.com/docs/sms/api-reference/
LIST_HOSTS: Final = re.compile(r"(?:us|eu|au|br|ca)\.sms\.api\.sinch\.com")
LIST_WITHIN: Final = timedelta(days=14)
LISTS_ONCE: Final = False

_PAGE_SIZE = 100
_MOST_NUMBERS = 50  # of one request
_BATCHES = "/batches"


class _Inbound(msgspec.Struct, gc=False):
    id: str | int | None = None
    type: object = None


class _Page(msgspec.Struct, gc=False):
    count: int | None = None


_INBOUND = msgspec.json.Decoder(_Inbound)
_PAGE = msgspec.json.Decoder(_Page)


def service_url(channel: Channel) -> str:
    """Write where the resources of a service plan are: in the region that the channel sends by."""
    plan = quote((channel.account or "").strip(), safe="")
    url = channel.send_url or f"https://us.sms.api.sinch.com/xms/v1/{plan}{_BATCHES}"
    return url.partition("?")[0].rstrip("/").removesuffix(_BATCHES)


def as_date(moment: datetime) -> str:
    """Write a time as Sinch has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def list_obstacle(channel: Channel) -> str | None:
    """The Conversation API has lists of its own, of which messages are not read here."""
    return (
        "it sends by the Conversation API, whose lists are not read"
        if is_conversation(channel)
        else None
    )


def first_lists(channel: Channel, since: datetime) -> Sequence[FetchRequest]:
    """Ask for what came to the own numbers."""
    wanted = {"start_date": as_date(since), "page_size": str(_PAGE_SIZE), "page": "0"}
    own = channel.own_addresses
    chunks = [own[at : at + _MOST_NUMBERS] for at in range(0, len(own), _MOST_NUMBERS)]
    return [
        api_request(f"{service_url(channel)}/inbounds", wanted | {"to": ",".join(numbers)}, channel)
        for numbers in chunks
    ]


def read_list(
    request: FetchRequest, answer: FetchAnswer, channel: Channel, since: datetime
) -> Listed | NotFetched:
    """Read a page; what comes in meanwhile moves others to the next one, so none is left out."""
    elements = listed_elements(answer, "inbounds")
    if isinstance(elements, NotFetched):
        return elements
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
    page = int(query["page"]) + 1
    count = decode_or(answer.body, _PAGE, _Page()).count or 0
    goes_on = bool(elements) and page * _PAGE_SIZE < count
    url = request.url.partition("?")[0]
    return Listed(
        events=[ListedEvent(event=_event_of(element)) for element in elements],
        further=[api_request(url, query | {"page": str(page)}, channel)] if goes_on else (),
    )


def _event_of(element: bytes) -> InboundEvent:
    inbound = decode_tolerantly_or(element, _INBOUND, _Inbound())
    if inbound.id is None or not str(inbound.type or "").startswith("mo_"):
        return unreadable_event(element)
    return message_event(str(inbound.id), element)


def api_request(url: str, query: dict[str, str], channel: Channel) -> FetchRequest:
    """Write the request for a resource of a service plan."""
    token = (channel.credential or "").strip()
    return FetchRequest(
        url=f"{url}?{urlencode(query)}", headers={"authorization": f"Bearer {token}"}
    )
